public import ApusModel
public import ApusSelection

extension SeriesDatabase {
    public func select(
        _ matchers: [Matcher], in range: ClosedRange<Int64>
    ) async throws -> any SeriesSelection {
        try await selection(matchers, in: range)
    }

    public func labelNames(
        _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
    ) async throws -> [String] {
        var names = LeastElements<String>(limit: limit)
        if selectors.isEmpty {
            let structure = self.structure
            for entry in structure.blocks where entry.overlaps(range) {
                names.insert(contentsOf: try entry.block.labelNames())
            }
            for head in structure.frozen + [structure.head] where head.overlaps(range) {
                names.insert(contentsOf: head.names())
            }
        }
        for selector in selectors {
            for source in try await sources(selector, in: range) { names.insert(contentsOf: try source.labelNames()) }
        }
        return names.sorted()
    }

    public func labelValues(
        _ name: String, _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
    ) async throws -> [String] {
        var values = LeastElements<String>(limit: limit)
        if selectors.isEmpty {
            let structure = self.structure
            for entry in structure.blocks where entry.overlaps(range) {
                try Task.checkCancellation()
                values.insert(contentsOf: try entry.block.labelValues(of: name))
            }
            for head in structure.frozen + [structure.head] where head.overlaps(range) {
                values.insert(contentsOf: head.values(of: name))
            }
        }
        for selector in selectors {
            for source in try await sources(selector, in: range) {
                values.insert(contentsOf: try source.labelValues(of: name))
            }
        }
        return values.sorted()
    }

    public func series(
        _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
    ) async throws -> [Labels] {
        var found = LeastElements<Labels>(limit: limit, by: <)
        for selector in selectors.isEmpty ? [[]] : selectors {
            for source in try await sources(selector, in: range) { found.insert(contentsOf: try source.labels()) }
        }
        return found.sorted()
    }

    private func selection(_ matchers: [Matcher], in range: ClosedRange<Int64>) async throws -> MergedSelection {
        try MergedSelection(try await sources(matchers, in: range), range: range)
    }

    /// The series that pass, by the block or head that holds them, the earliest written first.
    private func sources(_ matchers: [Matcher], in range: ClosedRange<Int64>) async throws -> [SelectionSource] {
        if isClosed { throw StorageError(.closed, "the database is closed") }
        let structure = self.structure
        var sources: [SelectionSource] = []
        for entry in structure.blocks where entry.overlaps(range) {
            // A pattern over a million values takes a tenth of a second in each block.
            try Task.checkCancellation()
            await Task.yield()
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
        return sources
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
