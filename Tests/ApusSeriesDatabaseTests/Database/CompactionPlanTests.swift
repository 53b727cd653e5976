import Testing

@testable import ApusSeriesDatabase

@Suite struct CompactionPlanTests {
    /// Generation, first and last time (in windows of 100), bytes.
    static func items(_ rows: [(UInt64, Int64, Int64, Int)], tombstones: [UInt64: Set<UInt64>] = [:])
        -> [CompactionPlan.Item]
    {
        rows.map { row in
            CompactionPlan.Item(
                name: "\(row.0)", minTime: row.1, maxTime: row.2, generation: row.0...row.0, byteCount: row.3,
                tombstones: tombstones[row.0] ?? [])
        }
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rows: [(UInt64, Int64, Int64, Int)]
        var tombstones: [UInt64: Set<UInt64>] = [:]
        var expected: [String]?
    }

    static let examples = [
        Example(testDescription: "nothing", rows: [], expected: nil),
        Example(
            testDescription: "three in one window are too few",
            rows: [(1, 0, 9, 10), (2, 10, 19, 10), (3, 20, 29, 10)], expected: nil),
        Example(
            testDescription: "four in one window",
            rows: [(1, 0, 9, 10), (2, 10, 19, 10), (3, 20, 29, 10), (4, 30, 39, 10)], expected: ["1", "2", "3", "4"]),
        Example(
            testDescription: "four windows next to each other, in one of the next size",
            rows: [(1, 0, 99, 10), (2, 100, 199, 10), (3, 200, 299, 10), (4, 300, 399, 10)],
            expected: ["1", "2", "3", "4"]),
        Example(
            testDescription: "four windows across a border of the sizes up to sixteen",
            rows: [(1, 1500, 1599, 10), (2, 1600, 1699, 10), (3, 1700, 1799, 10), (4, 1800, 1899, 10)],
            expected: ["1", "2", "3", "4"]),
        Example(
            testDescription: "the large one is not written again for three small ones",
            rows: [(1, 0, 9, 1000), (2, 10, 19, 10), (3, 20, 29, 10), (4, 30, 39, 10)], expected: nil),
        Example(
            testDescription: "small ones behind a large one",
            rows: [(1, 0, 9, 1000), (2, 10, 19, 10), (3, 20, 29, 10), (4, 30, 39, 10), (5, 40, 49, 10)],
            expected: ["2", "3", "4", "5"]),
        Example(
            testDescription: "an overlapping block of a generation in between stands in the way",
            rows: [(1, 0, 9, 10), (2, 10, 19, 10), (3, 5, 1_000_000, 10), (4, 20, 29, 10), (5, 30, 39, 10)],
            expected: nil),
        Example(
            testDescription: "one of a generation in between that shares no times does not",
            rows: [(1, 0, 9, 10), (2, 10, 19, 10), (3, 700, 1_000_000, 10), (4, 20, 29, 10), (5, 30, 39, 10)],
            expected: ["1", "2", "4", "5"]),
        Example(
            testDescription: "a deletion that means only some goes first",
            rows: [(1, 0, 9, 10), (2, 10, 19, 10), (3, 20, 29, 10), (4, 30, 39, 10)],
            tombstones: [2: [7]], expected: ["2"]),
        Example(
            testDescription: "a deletion that means all of them is carried out on the way",
            rows: [(1, 0, 9, 10), (2, 10, 19, 10), (3, 20, 29, 10), (4, 30, 39, 10)],
            tombstones: [1: [7], 2: [7], 3: [7], 4: [7]], expected: ["1", "2", "3", "4"]),
        Example(
            testDescription: "long ones, as a load of old data leaves them, in a window of their own size",
            rows: [(1, 0, 25_000, 10), (2, 100, 25_500, 10), (3, 0, 25_599, 10), (4, 5000, 25_000, 10)],
            expected: ["1", "2", "3", "4"]),
        Example(
            testDescription: "blocks of the largest usual window stay as they are",
            rows: [(1, 0, 6399, 10), (2, 6400, 12_799, 10), (3, 12_800, 19_199, 10), (4, 19_200, 25_599, 10)],
            expected: nil),
        Example(
            testDescription: "one that spans all of time",
            rows: (1...4).map { ($0, -(1 << 53), 1 << 53, 10) }, expected: nil),
        Example(
            testDescription: "before 1970",
            rows: [(1, -99, -90, 10), (2, -89, -80, 10), (3, -79, -70, 10), (4, -5, -1, 10)],
            expected: ["1", "2", "3", "4"]),
    ]

    @Test(arguments: examples)
    func `blocks are chosen`(_ example: Example) {
        let items = Self.items(example.rows, tombstones: example.tombstones)
        #expect(CompactionPlan.next(items, base: 100) == example.expected)
    }

    /// A month of flushes: what is written in all stays a small multiple, and few blocks stay.
    @Test func `a month of flushes is rewritten a few times and leaves few blocks`() {
        var items: [CompactionPlan.Item] = []
        var written = 0
        var generation: UInt64 = 0
        for window in Int64(0)..<360 {
            // A flush at the end of each window, and what came late for the one before.
            for (start, size) in [(window, 1000), (window - 1, 20)] where start >= 0 {
                generation += 1
                items += Self.items([(generation, start * 100, start * 100 + 99, size)])
            }
            while let names = CompactionPlan.next(items, base: 100) {
                let chosen = items.filter { names.contains($0.name) }
                items.removeAll { names.contains($0.name) }
                var merged = chosen[0]
                for item in chosen.dropFirst() {
                    merged.minTime = min(merged.minTime, item.minTime)
                    merged.maxTime = max(merged.maxTime, item.maxTime)
                    merged.generation =
                        min(merged.generation.lowerBound, item.generation.lowerBound)...max(merged.generation.upperBound, item.generation.upperBound)
                    merged.byteCount += item.byteCount
                }
                written += merged.byteCount
                items.append(merged)
            }
        }
        #expect(written < 6 * 360 * 1020)
        #expect(items.count < 40)
    }
}

@Suite struct FlushWindowsTests {
    @Test func `few windows keep the smallest length`() {
        let windows = FlushWindows(base: 100, indexes: [-1, 0, 700])
        #expect(windows.length == 100)
        #expect(windows.starts == [-100, 0, 70_000])
        #expect(windows.range(at: 0) == -100 ... -1)
    }

    @Test func `many windows become longer ones, at most thirty-two`() {
        let windows = FlushWindows(base: 100, indexes: Set(-50..<1000))
        #expect(windows.length == 6400)
        #expect(windows.starts.count <= FlushWindows.countMax)
        #expect(windows.starts.first == -6400)
    }

    @Test(
        arguments: [
            (0, "19700101T000000Z"), (1_700_000_000_000, "20231114T221320Z"), (951_782_400_000, "20000229T000000Z"),
            (4_107_542_399_999, "21000228T235959Z"), (-1, "19691231T235959Z"),
        ] as [(Int64, String)])
    func `a time has a name`(_ example: (Int64, String)) {
        #expect(SeriesDatabase.timeName(example.0) == example.1)
    }
}
