import ApusModel
import ApusPlatform
import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

@Suite struct HeadTableTests {
    static let limits = AppendLimits(
        backlogByteCountMax: .max, sampleByteCountMax: .max, sampleCountMax: .max, minTime: 0, maxTime: 1 << 50,
        seriesMax: 1000, labels: LabelLimits())

    static func columns(_ table: HeadTable, _ series: Int, _ range: ClosedRange<Int64> = .min ... .max) -> [Sample] {
        var columns = SampleColumns()
        table.appendSamples(of: series, in: range, to: &columns)
        return zip(columns.times, columns.values).map { Sample(time: $0, value: $1) }
    }

    static func batch(_ samples: [(Int, Int64, Double)]) -> WriteBatch {
        var batch = WriteBatch()
        for (series, time, value) in samples { batch.append(labels(series), time: time, value: value) }
        return batch
    }

    @Test func `late samples count before those in order, and the latest of them first`() {
        var table = HeadTable(seed: 1)
        let batch = Self.batch([(0, 10, 1), (0, 20, 2), (0, 10, 3), (0, 15, 4), (0, 10, 5), (0, 30, 6), (0, 20, 2)])
        let outcome = table.append(batch, limits: Self.limits)
        #expect(outcome.result.acceptedCount == 7)
        #expect(outcome.lateCount == 4)
        #expect(outcome.newSeriesCount == 1)
        #expect(
            Self.columns(table, 0)
                == [
                    Sample(time: 10, value: 5), Sample(time: 15, value: 4), Sample(time: 20, value: 2),
                    Sample(time: 30, value: 6),
                ])
        #expect(Self.columns(table, 0, 11...20) == [Sample(time: 15, value: 4), Sample(time: 20, value: 2)])
    }

    @Test func `a sample that is there already changes nothing and writes nothing`() {
        var table = HeadTable(seed: 1)
        _ = table.append(Self.batch([(0, 10, 1)]), limits: Self.limits)
        let end = table.logEnd
        let outcome = table.append(Self.batch([(0, 10, 1)]), limits: Self.limits)
        #expect(outcome.result.acceptedCount == 1)
        #expect(outcome.duplicateCount == 1)
        #expect(table.logEnd == end)
        #expect(outcome.logEnd == end)
    }

    @Test func `a value that comes back after another one counts again`() {
        var table = HeadTable(seed: 1)
        for value in [1.0, 2.0, 1.0] { _ = table.append(Self.batch([(0, 10, value)]), limits: Self.limits) }
        #expect(Self.columns(table, 0) == [Sample(time: 10, value: 1)])
    }

    @Test func `a bad entry costs only itself`() {
        var batch = WriteBatch()
        batch.append(labels(0), time: 10, value: 1)
        batch.append(["job": "no name"], time: 10, value: 2)
        batch.append(labels(1), time: -5, value: 3)
        batch.append(labels(2), time: 1 << 51, value: 4)
        batch.append(labels(3), time: 10, value: 5)
        batch.bytes.append(contentsOf: [1, 2, 3])
        batch.entries.append(
            WriteBatch.Entry(labels: batch.bytes.count - 3..<batch.bytes.count, firstSample: 0, sampleCount: 1))
        var limits = Self.limits
        limits.seriesMax = 3
        var table = HeadTable(seed: 1)
        let outcome = table.append(batch, limits: limits)
        #expect(outcome.result.acceptedCount == 1)
        #expect(outcome.result.rejectedCount == 5)
        #expect(
            outcome.result.rejections.map(\.entry).sorted() == [1, 2, 3, 4, 5])
        #expect(outcome.result.rejections.contains(.init(entry: 1, reason: .invalidLabels(.nameMissing))))
        #expect(outcome.result.rejections.contains(.init(entry: 2, reason: .tooOld)))
        #expect(outcome.result.rejections.contains(.init(entry: 3, reason: .tooFarAhead)))
        #expect(outcome.result.rejections.contains(.init(entry: 4, reason: .seriesLimit)))
        #expect(table.seriesCount == 3)
    }

    @Test func `the order of a sender is found again whatever it is`() {
        var generator = SeededGenerator(seed: 7)
        var table = HeadTable(seed: 1)
        for round in 0..<20 {
            var order = Array(0..<50)
            if round % 2 == 1 { order.shuffle(using: &generator) }
            let batch = Self.batch(order.map { ($0, Int64(round), Double($0 * 100 + round)) })
            #expect(table.append(batch, limits: Self.limits).result.acceptedCount == 50)
        }
        #expect(table.seriesCount == 50)
        for series in 0..<50 {
            let name = Labels(canonicalBytes: table.runs.copy(table.locations[series]))
            let number = (0..<50).first { labels($0) == name } ?? -1
            #expect(
                Self.columns(table, series)
                    == (0..<20).map { Sample(time: Int64($0), value: Double(number * 100 + $0)) })
        }
    }

    /// Slots fill, chains grow, and every window of times gives what a dictionary gives.
    @Test(arguments: seeds(20))
    func `any samples are read back in any window`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = HeadTable(seed: seed)
        var oracle: [Int: [Int64: Double]] = [:]
        var time: Int64 = 1_000_000
        for _ in 0..<60 {
            var samples: [(Int, Int64, Double)] = []
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                time += Int64.random(in: 0...20, using: &generator)
                let at = Int.random(in: 0..<10, using: &generator) == 0 ? time - Int64.random(in: 0...900, using: &generator) : time
                let value = Bool.random(using: &generator) ? 1.5 : Double(bitPattern: generator.next() >> 2)
                let series = Int.random(in: 0..<3, using: &generator)
                samples.append((series, at, value))
                oracle[series, default: [:]][at] = value
            }
            _ = table.append(Self.batch(samples), limits: Self.limits)
        }
        for number in 0..<table.seriesCount {
            let name = Labels(canonicalBytes: table.runs.copy(table.locations[number]))
            let series = (0..<3).first { labels($0) == name } ?? -1
            for _ in 0..<50 {
                let start = Int64.random(in: 999_000...time, using: &generator)
                let range = start...start + Int64.random(in: 0...(time - 999_000), using: &generator)
                let expected = (oracle[series] ?? [:]).filter { range.contains($0.key) }.sorted { $0.key < $1.key }
                    .map { Sample(time: $0.key, value: $0.value) }
                let isSame = Self.columns(table, number, range) == expected
                #expect(isSame, "SEED=\(seed) swift test --filter HeadTableTests, series \(series) in \(range)")
            }
        }
    }

    @Test func `a series that comes back in windows is sorted by its labels`() {
        var generator = SeededGenerator(seed: 3)
        var table = HeadTable(seed: 1)
        _ = table.append(
            Self.batch(Array(0..<200).shuffled(using: &generator).map { ($0, 5, 1) }), limits: Self.limits)
        let order = table.sortedSeries().map { Labels(canonicalBytes: table.runs.copy(table.locations[Int($0)])) }
        #expect(order == order.sorted())
        #expect(order.count == 200)
    }
}
