internal import ApusBytes

/// Lists of the series that have a label pair: ascending series numbers, as gaps or, where they lie together, as runs.
enum Postings {
    private static let gaps: UInt8 = 0
    private static let runs: UInt8 = 1

    /// Sorts the pairs of all series into one list for each pair.
    struct Builder {
        private var starts: [Int]
        private var series: [UInt32]

        init(pairCount: Int, pairs: [UInt32], starts seriesStarts: [Int], rankOf: [UInt32]) {
            starts = [Int](repeating: 0, count: pairCount + 1)
            for pair in pairs { starts[Int(rankOf[Int(pair)]) + 1] += 1 }
            for rank in 0..<pairCount { starts[rank + 1] += starts[rank] }
            var next = starts
            series = [UInt32](repeating: 0, count: pairs.count)
            for number in seriesStarts.indices {
                let end = number + 1 < seriesStarts.count ? seriesStarts[number + 1] : pairs.count
                for pair in pairs[seriesStarts[number]..<end] {
                    let rank = Int(rankOf[Int(pair)])
                    series[next[rank]] = UInt32(number)
                    next[rank] += 1
                }
            }
        }

        func list(_ rank: Int) -> ArraySlice<UInt32> { series[starts[rank]..<starts[rank + 1]] }
    }

    static func encode(_ list: ArraySlice<UInt32>, into bytes: inout [UInt8]) {
        var runCount = 0
        var expected = UInt64.max
        for series in list {
            if UInt64(series) != expected { runCount += 1 }
            expected = UInt64(series) + 1
        }
        bytes.appendVarint(UInt64(list.count))
        var next: UInt64 = 0
        if 2 * runCount >= list.count {
            bytes.append(gaps)
            for series in list {
                bytes.appendVarint(UInt64(series) - next)
                next = UInt64(series) + 1
            }
        } else {
            bytes.append(runs)
            var index = list.startIndex
            while index < list.endIndex {
                var end = index + 1
                while end < list.endIndex && list[end] == list[end - 1] + 1 { end += 1 }
                bytes.appendVarint(UInt64(list[index]) - next)
                bytes.appendVarint(UInt64(end - index - 1))
                next = UInt64(list[end - 1]) + 1
                index = end
            }
        }
    }

    /// The number of series in a list.
    static func count(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, seriesCount: Int) throws(DecodingError) -> Int {
        var reader = ByteReader(offset: range.lowerBound, end: range.upperBound)
        let count = try reader.varint(bytes)
        guard count <= UInt64(seriesCount) else { throw DecodingError("more postings than series", at: range.lowerBound) }
        return Int(count)
    }

    /// Calls `body` with the runs of a list, ascending; every number is below `seriesCount`.
    @inline(__always)
    static func forEachRun(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, seriesCount: Int, _ body: (Range<Int>) -> Void
    ) throws(DecodingError) {
        var reader = ByteReader(offset: range.lowerBound, end: range.upperBound)
        var left = try count(bytes, range, seriesCount: seriesCount)
        _ = try reader.varint(bytes)
        let form = try reader.byte(bytes)
        guard form <= runs else { throw DecodingError("unknown form of postings", at: reader.offset) }
        var next = 0
        while left > 0 {
            let gap = try reader.varint(bytes)
            let more = form == runs ? try reader.varint(bytes) : 0
            guard gap < UInt64(seriesCount - next), more < UInt64(left), more < UInt64(seriesCount - next) - gap else {
                throw DecodingError("posting passes the last series", at: reader.offset)
            }
            let first = next + Int(gap)
            next = first + Int(more) + 1
            left -= Int(more) + 1
            body(first..<next)
        }
    }
}
