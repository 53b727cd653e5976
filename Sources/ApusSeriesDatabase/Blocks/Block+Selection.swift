internal import ApusBytes
internal import ApusPlatform
package import ApusSelection

/// Finding series by their labels.
extension Block {
    /// The series that pass all `matchers` and have a chunk that overlaps `range`, ascending; no matchers: all of them.
    ///
    /// - Complexity: O(values of the matched labels that must be looked at + postings of those that pass).
    package func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) throws(StorageError) -> [UInt32] {
        do throws(StorageError) {
            guard range.lowerBound <= metadata.maxTime, range.upperBound >= metadata.minTime else { return [] }
            let series = try select(matchers)
            if range.lowerBound <= metadata.minTime && range.upperBound >= metadata.maxTime { return series }
            return try overlapping(series, range)
        } catch {
            throw StorageError(error.code, "block \(directory): \(error.message)", cause: error.cause)
        }
    }

    /// What a matcher asks of the postings: to be in one of some lists, or in none of them.
    private struct Condition {
        var isExclusion: Bool
        var lists: [Range<Int>]
        /// Series in the lists, summed.
        var count: Int
    }

    private func select(_ matchers: [Matcher]) throws(StorageError) -> [UInt32] {
        var conditions: [Condition] = []
        for matcher in matchers {
            let condition = try condition(of: matcher)
            if condition.isExclusion ? condition.lists.isEmpty : false { continue }
            if condition.lists.isEmpty { return [] }
            conditions.append(condition)
        }
        // The shortest first: what is left of it is then filtered by the others.
        conditions.sort { a, b in a.isExclusion != b.isExclusion ? b.isExclusion : a.count < b.count }
        var result: [UInt32]
        if let first = conditions.first, !first.isExclusion {
            result = try series(in: first.lists)
            conditions.removeFirst()
        } else {
            result = (0..<UInt32(seriesCount)).map { $0 }
        }
        for condition in conditions where !result.isEmpty {
            if condition.lists.count == 1 && !condition.isExclusion {
                result = try intersection(result, condition.lists[0])
            } else {
                let bits = try bits(of: condition.lists)
                result.removeAll { bits.contains($0) == condition.isExclusion }
            }
        }
        return result
    }

    /// A series without the label has the empty value: when that passes, it is those that have a value which does not pass that are
    /// taken out; else those that have one that passes are taken.
    private func condition(of matcher: Matcher) throws(StorageError) -> Condition {
        let mapped = index.mapped
        let all = try index.pairs(named: matcher.nameBytes)
        let isExclusion = matcher.matchesEmpty
        var lists: [Range<Int>] = []
        var count = 0
        let add = { (pair: Int) throws(StorageError) in
            let list = try self.index.postings(pair)
            lists.append(list)
            count += try self.decoding { () throws(DecodingError) in
                try Postings.count(mapped.span, list, seriesCount: self.seriesCount)
            }
        }
        // Whether the wanted values are those that the text or pattern of the matcher itself describes.
        let isDescribed = isExclusion == matcher.isNegative
        if isDescribed, let texts = Self.texts(of: matcher) {
            for text in texts where !text.isEmpty {
                let pair = try index.firstPair(in: all, notBelow: text)
                if pair < all.upperBound {
                    let value = try index.value(pair)
                    if bytesEqual(mapped.span, value, text.span, 0..<text.count) { try add(pair) }
                }
            }
        } else {
            var pairs = all
            if isDescribed && !matcher.prefixBytes.isEmpty {
                let first = try index.firstPair(in: all, notBelow: matcher.prefixBytes)
                pairs = first..<max(first, try index.firstPair(in: all, notBelow: matcher.prefixBytes, isPrefixEnd: true))
            }
            for pair in pairs where matcher.matches(mapped.span, try index.value(pair)) != isExclusion { try add(pair) }
        }
        return Condition(isExclusion: isExclusion, lists: lists, count: count)
    }

    /// The fixed texts that a matcher's value stands for, each once; nil when it is a true pattern.
    private static func texts(of matcher: Matcher) -> [[UInt8]]? {
        switch matcher.operation {
        case .equal, .notEqual: [matcher.valueBytes]
        case .matches, .doesNotMatch: matcher.alternatives.map { Set($0).map { Array($0.utf8) } }
        }
    }

    // MARK: Lists

    private func series(in lists: [Range<Int>]) throws(StorageError) -> [UInt32] {
        guard lists.count == 1 else { return try bits(of: lists).numbers() }
        let mapped = index.mapped
        var result: [UInt32] = []
        try decoding { () throws(DecodingError) in
            try Postings.forEachRun(mapped.span, lists[0], seriesCount: seriesCount) { run in
                result.append(contentsOf: UInt32(run.lowerBound)..<UInt32(run.upperBound))
            }
        }
        return result
    }

    private func bits(of lists: [Range<Int>]) throws(StorageError) -> SeriesSet {
        let mapped = index.mapped
        var bits = SeriesSet(count: seriesCount)
        try decoding { () throws(DecodingError) in
            for list in lists {
                try Postings.forEachRun(mapped.span, list, seriesCount: seriesCount) { bits.insert($0) }
            }
        }
        return bits
    }

    private func intersection(_ series: [UInt32], _ list: Range<Int>) throws(StorageError) -> [UInt32] {
        var result: [UInt32] = []
        let mapped = index.mapped
        var at = 0
        try decoding { () throws(DecodingError) in
            try Postings.forEachRun(mapped.span, list, seriesCount: seriesCount) { run in
                while at < series.count && series[at] < run.lowerBound { at += 1 }
                while at < series.count && series[at] < run.upperBound {
                    result.append(series[at])
                    at += 1
                }
            }
        }
        return result
    }

    private func overlapping(_ series: [UInt32], _ range: ClosedRange<Int64>) throws(StorageError) -> [UInt32] {
        guard let first = series.first else { return [] }
        var result: [UInt32] = []
        var cursor = try SeriesChunksCursor(index, before: try checked(first))
        for number in series {
            try cursor.advance(index, to: Int(number))
            var overlaps = false
            for _ in 0..<(try cursor.begin(index)) {
                let chunk = try cursor.nextChunk(index)
                if !overlaps { overlaps = try index.column(chunk.column).overlaps(range) }
            }
            if overlaps { result.append(number) }
        }
        return result
    }

    func decoding<Result>(_ body: () throws(DecodingError) -> Result) throws(StorageError) -> Result {
        do throws(DecodingError) { return try body() } catch {
            throw StorageError(.corruption, "index of a block: \(error)", cause: error)
        }
    }
}
