import ApusModel
import ApusPlatform
import ApusRegex
import ApusSelection
import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

@Suite struct PropertyTests {
    static func matchers() throws -> [[Matcher]] {
        [
            [],
            [try Matcher("job", .equal, "odd")],
            [try Matcher("job", .notEqual, "odd")],
            [try Matcher("__name__", .matches, "metric_[123]")],
            [try Matcher("__name__", .matches, "metric_1|metric_2|nothing"), try Matcher("job", .equal, "even")],
            [try Matcher("__name__", .doesNotMatch, "metric_1.*"), try Matcher("instance", .matches, "host-1.*")],
            [try Matcher("instance", .doesNotMatch, "host-1|host-2"), try Matcher("job", .notEqual, "")],
            [try Matcher("missing", .equal, ""), try Matcher("job", .equal, "even")],
            [try Matcher("missing", .notEqual, "")],
            [try Matcher("job", .equal, "")],
            [try Matcher("job", .matches, ".*")],
            [try Matcher("missing", .matches, "a|"), try Matcher("job", .matches, "o.*|even")],
            [try Matcher("job", .matches, "odd"), try Matcher("job", .doesNotMatch, "even|")],
        ]
    }

    /// Random calls, each followed by the same question to the database and to a dictionary.
    @Test(arguments: seeds(24))
    func `a database answers as a dictionary does`(seed: UInt64) async throws {
        let disk = FaultyDisk()
        var workload = Workload(seed: seed)
        var made = options(disk, workload.clock)
        // Small enough that heads are cut and blocks merged in the middle of things.
        made.headSampleCountMax = 150
        made.headSpan = .seconds(1800)
        var database = try SeriesDatabase.open(made)
        var oracle = Oracle()
        let questions = try Self.matchers()
        for step in 0..<60 {
            switch Int.random(in: 0..<12, using: &workload.generator) {
            case 0: try await database.flush()
            case 1:
                let open = database
                try await open.merges.run { () throws(StorageError) in try open.compact() }
            case 2:
                try await database.close()
                database = try SeriesDatabase.open(made)
            case 3:
                let question = try #require(questions.randomElement(using: &workload.generator))
                let start = workload.time - Int64.random(in: 0..<100_000_000, using: &workload.generator)
                let range = start...start + Int64.random(in: 0..<100_000_000, using: &workload.generator)
                if Bool.random(using: &workload.generator) {
                    try await database.deleteSeries([question], in: range)
                    oracle.delete(question, in: range)
                }
            case 4: try await database.cleanTombstones()
            default:
                let batch = workload.batch()
                let result = try await database.append(batch)
                #expect(result.acceptedCount == batch.sampleCount)
                oracle.append(batch)
                let open = database
                try await open.changes.run { () throws(StorageError) in try open.maintainHead() }
            }
            let question = try #require(questions.randomElement(using: &workload.generator))
            let start = workload.time - Int64.random(in: 0..<200_000_000, using: &workload.generator)
            let range = start...start + Int64.random(in: 0..<200_000_000, using: &workload.generator)
            let replay: Comment = "step \(step): SEED=\(seed) swift test --filter PropertyTests"
            let isSame = try await read(database, question, in: range) == oracle.select(question, in: range)
            #expect(isSame, replay)
        }
        #expect(try await read(database) == oracle.select([], in: .min ... .max))
        let names = Set(oracle.select([], in: .min ... .max).keys.flatMap { $0.pairs.map(\.name) }).sorted()
        let jobs = Set(oracle.select([], in: .min ... .max).keys.compactMap { $0["job"] }).sorted()
        #expect(try await database.labelNames([[]], in: .min ... .max, limit: nil) == names)
        #expect(try await database.labelValues("job", [[]], in: .min ... .max, limit: nil) == jobs)
        try await database.close()
    }

    @Test(arguments: seeds(4))
    func `a selection stays as it was while everything behind it goes`(seed: UInt64) async throws {
        let disk = FaultyDisk()
        var workload = Workload(seed: seed)
        var made = options(disk, workload.clock)
        made.retentionTime = .seconds(400 * 86_400)
        let database = try SeriesDatabase.open(made)
        var oracle = Oracle()
        for step in 0..<20 {
            let batch = workload.batch()
            _ = try await database.append(batch)
            oracle.append(batch)
            if step % 6 == 5 { try await database.flush() }
        }
        let selection = try await database.select([], in: .min ... .max)
        try await database.flush()
        try await database.merges.run { () throws(StorageError) in try database.compact() }
        workload.clock.advance(byMilliseconds: 500 * 86_400_000)
        try await database.merges.run { () throws(StorageError) in try database.retire() }
        #expect(database.statistics().blockCount == 0)
        try await database.close()
        var found: [Labels: [Int64: UInt64]] = [:]
        for i in 0..<selection.count {
            var columns = SampleColumns()
            try selection.appendSamples(at: i, to: &columns)
            found[selection.labels(at: i)] = Dictionary(
                uniqueKeysWithValues: zip(columns.times, columns.values.map(\.bitPattern)))
        }
        #expect(found == oracle.series)
    }
}
