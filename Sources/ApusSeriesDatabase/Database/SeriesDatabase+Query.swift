public import ApusModel
public import ApusSelection

extension SeriesDatabase {
    public func select(
        _ matchers: [Matcher], in range: ClosedRange<Int64>
    ) async throws -> any SeriesSelection {
        try selection(matchers, in: range)
    }

    public func labelNames(
        _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
    ) async throws -> [String] {
        var names = Set<String>()
        if selectors.isEmpty {
            let structure = self.structure
            for entry in structure.blocks where entry.overlaps(range) { names.formUnion(try entry.block.labelNames()) }
            for head in structure.frozen + [structure.head] where head.overlaps(range) { names.formUnion(head.names()) }
        } else {
            for selector in selectors {
                try await forEachLabels(selector, in: range) { labels in
                    for pair in labels.pairs { names.insert(pair.name) }
                }
            }
        }
        return names.sortedByBytes(limit: limit)
    }

    public func labelValues(
        _ name: String, _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
    ) async throws -> [String] {
        var values = Set<String>()
        if selectors.isEmpty {
            let structure = self.structure
            for entry in structure.blocks where entry.overlaps(range) {
                values.formUnion(try entry.block.labelValues(of: name))
            }
            for head in structure.frozen + [structure.head] where head.overlaps(range) {
                values.formUnion(head.values(of: name))
            }
        } else {
            for selector in selectors {
                try await forEachLabels(selector, in: range) { labels in
                    if let value = labels[name] { values.insert(value) }
                }
            }
        }
        return values.sortedByBytes(limit: limit)
    }

    public func series(
        _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
    ) async throws -> [Labels] {
        var found = Set<Labels>()
        for selector in selectors.isEmpty ? [[]] : selectors {
            try await forEachLabels(selector, in: range) { found.insert($0) }
        }
        let sorted = found.sorted()
        return limit.map { Array(sorted.prefix(max(0, $0))) } ?? sorted
    }

    private func forEachLabels(
        _ matchers: [Matcher], in range: ClosedRange<Int64>, _ body: (Labels) -> Void
    ) async throws {
        let selection = try selection(matchers, in: range)
        for i in 0..<selection.count {
            if i % 4096 == 0 { try Task.checkCancellation() }
            body(selection.labels(at: i))
        }
    }

    private func selection(
        _ matchers: [Matcher], in range: ClosedRange<Int64>
    ) throws(StorageError) -> MergedSelection {
        if isClosed { throw StorageError(.closed, "the database is closed") }
        let structure = self.structure
        var sources: [SelectionSource] = []
        for entry in structure.blocks where entry.overlaps(range) {
            let tombstones = structure.pendingTombstones(of: entry)
            var numbers = try entry.block.select(matchers, in: range)
            if !tombstones.isEmpty {
                let read = entry.metadata.timeRange.clamped(to: range)
                var kept: [UInt32] = []
                for number in numbers where !tombstones.covers(read, of: try entry.block.labels(of: number)) {
                    kept.append(number)
                }
                numbers = kept
            }
            sources.append(SelectionSource(store: .block(entry.block, numbers), tombstones: tombstones))
        }
        for head in structure.frozen + [structure.head] {
            let tombstones = structure.pendingTombstones(of: head)
            var numbers = head.select(matchers, in: range)
            if !tombstones.isEmpty && !numbers.isEmpty {
                let measure = head.measure
                let held = (measure.minTime...measure.maxTime).clamped(to: range)
                let labels = head.labels(of: numbers)
                numbers = numbers.indices.filter { !tombstones.covers(held, of: labels[$0]) }.map { numbers[$0] }
            }
            let reader = HeadReader(head: head, series: numbers, range: range)
            sources.append(SelectionSource(store: .head(reader), tombstones: tombstones))
        }
        return try MergedSelection(sources, range: range)
    }
}

extension Structure.BlockEntry {
    func overlaps(_ range: ClosedRange<Int64>) -> Bool { metadata.timeRange.overlaps(range) }
}

extension BlockMetadata {
    var timeRange: ClosedRange<Int64> { minTime...max(minTime, maxTime) }
}

extension Head {
    func overlaps(_ range: ClosedRange<Int64>) -> Bool {
        let measure = self.measure
        return measure.minTime <= range.upperBound && measure.maxTime >= range.lowerBound
    }
}

extension [Tombstone] {
    /// Whether one of them deletes all of a range.
    func covers(_ range: ClosedRange<Int64>, of labels: Labels) -> Bool {
        contains {
            $0.range.lowerBound <= range.lowerBound && $0.range.upperBound >= range.upperBound && $0.concerns(labels)
        }
    }
}

extension Set<String> {
    /// In the order of their UTF-8, as Prometheus has it; at most `limit`.
    func sortedByBytes(limit: Int?) -> [String] {
        let sorted = self.sorted { a, b in a.utf8.lexicographicallyPrecedes(b.utf8) }
        return limit.map { Array(sorted.prefix(Swift.max(0, $0))) } ?? sorted
    }
}
