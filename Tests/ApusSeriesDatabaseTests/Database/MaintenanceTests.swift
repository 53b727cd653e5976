import ApusModel
import ApusPlatform
import ApusSelection
import ApusTestKit
import Synchronization
import Testing

@testable import ApusSeriesDatabase

/// Batches that each writer was told are stored.
private final class Acknowledged: Sendable {
    let counts = Mutex<[Int]>([0, 0, 0])
}

@Suite struct MaintenanceTests {
    let disk = FaultyDisk()
    let clock = SimulatedClock()

    func batch(_ count: Int, at time: Int64, value: Double = 1) -> WriteBatch {
        var batch = WriteBatch()
        for i in 0..<count { batch.append(labels(i), time: time, value: value + Double(i)) }
        return batch
    }

    @Test func `samples outside the retention or far ahead are refused one by one`() async throws {
        var made = options(disk, clock)
        made.retentionTime = .seconds(3600)
        let database = try SeriesDatabase.open(made)
        let now = clock.nowMilliseconds
        var batch = WriteBatch()
        for time in [now - 3_600_001, now - 3_600_000, now, now + 86_400_000, now + 86_400_001] {
            batch.append(labels(1), time: time, value: 1)
        }
        let result = try await database.append(batch)
        #expect(result.acceptedCount == 3)
        #expect(
            result.rejections == [.init(entry: 0, reason: .tooOld), .init(entry: 4, reason: .tooFarAhead)])
        #expect(database.statistics().rejectedSampleCount == 2)
    }

    @Test func `data of any age is taken when all is kept, each in its own window`() async throws {
        let database = try SeriesDatabase.open(options(disk, clock))
        var oracle = Oracle()
        for time in [-5, 0, 1_000_000_000_000, clock.nowMilliseconds] {
            let batch = batch(3, at: time)
            #expect(try await database.append(batch).acceptedCount == 3)
            oracle.append(batch)
        }
        try await database.flush()
        #expect(database.statistics().blockCount == 4)
        #expect(try await read(database) == oracle.series)
    }

    @Test func `blocks go when they are old, and the oldest when there are too many bytes`() async throws {
        var made = options(disk, clock)
        made.retentionTime = .seconds(86_400)
        let events = Mutex<[String]>([])
        made.events = { event in events.withLock { $0.append(event.message) } }
        var database = try SeriesDatabase.open(made)
        for day in 0..<3 {
            _ = try await database.append(batch(5, at: clock.nowMilliseconds, value: Double(day)))
            try await database.flush()
            if day < 2 { clock.advance(byMilliseconds: 50_000_000) }
        }
        #expect(database.statistics().blockCount == 3)
        try await database.merges.run { [database] () throws(StorageError) in try database.retire() }
        #expect(database.statistics().blockCount == 2)
        #expect(database.statistics().retiredBlockCount == 1)
        #expect(events.withLock { $0.contains { $0.hasPrefix("removed blocks past the retention") } })
        let byteCount = database.statistics().blockByteCount
        try await database.close()
        made.retentionByteCount = byteCount - 1
        database = try SeriesDatabase.open(made)
        try await database.merges.run { [database] () throws(StorageError) in try database.retire() }
        #expect(database.statistics().blockCount == 1)
        #expect(database.statistics().minTime == clock.nowMilliseconds)
        #expect(disk.files.keys.filter { $0.contains("/blocks/") }.allSatisfy { $0.contains("0003/") })
    }

    @Test func `a head is cut when the clock passes a window, and when it is full`() async throws {
        var made = options(disk, clock)
        made.headSampleCountMax = 10
        let database = try SeriesDatabase.open(made)
        let step = { try await database.changes.run { () throws(StorageError) in try database.maintainHead() } }
        _ = try await database.append(batch(5, at: clock.nowMilliseconds))
        try await step()
        #expect(database.statistics().blockCount == 0)
        _ = try await database.append(batch(5, at: clock.nowMilliseconds + 1000))
        try await step()
        #expect(database.statistics().blockCount == 1)
        _ = try await database.append(batch(5, at: clock.nowMilliseconds + 2000))
        clock.advance(byMilliseconds: 7_300_000)
        try await step()
        #expect(database.statistics().blockCount == 2)
        #expect(database.statistics().flushCount == 2)
    }

    @Test func `a deletion means what was written before it, and only that`() async throws {
        let database = try SeriesDatabase.open(options(disk, clock))
        let now = clock.nowMilliseconds
        _ = try await database.append(batch(4, at: now))
        let even = try Matcher("job", .equal, "even")
        try await database.deleteSeries([[even]], in: now...now)
        #expect(try await read(database).count == 2)
        #expect(try await database.series([[]], in: .min ... .max, limit: nil).count == 2)
        _ = try await database.append(batch(4, at: now, value: 50))
        #expect(try await read(database).count == 4)
        let before = database.statistics()
        #expect(before.tombstoneCount == 1)
        try await database.cleanTombstones()
        #expect(database.statistics().tombstoneCount == 0)
        #expect(try await read(database).count == 4)
        try await database.deleteSeries([[]], in: .min ... .max)
        #expect(try await read(database).isEmpty)
        try await database.cleanTombstones()
        #expect(database.statistics().blockCount == 0)
        #expect(try await database.labelNames([], in: .min ... .max, limit: nil).isEmpty)
    }

    @Test func `a snapshot is a database of its own and does not change with the first`() async throws {
        let database = try SeriesDatabase.open(options(disk, clock))
        _ = try await database.append(batch(4, at: clock.nowMilliseconds))
        try await database.flush()
        _ = try await database.append(batch(4, at: clock.nowMilliseconds + 1000))
        let whole = try await read(database)
        let without = try await database.snapshot(skipHead: true)
        let with = try await database.snapshot(skipHead: false)
        #expect(with.hasPrefix("20231114T221320Z-"))
        _ = try await database.append(batch(4, at: clock.nowMilliseconds + 2000))
        try await database.deleteSeries([[]], in: .min ... .max)
        try await database.cleanTombstones()
        for (name, count) in [(without, 1), (with, 2)] {
            var made = options(disk, clock)
            made.directory = "/data/snapshots/" + name
            let copy = try SeriesDatabase.open(made)
            #expect(copy.statistics().blockCount == count)
            if name == with { #expect(try await read(copy) == whole) }
            try await copy.close()
        }
        // Also without its manifest, as when only blocks were kept.
        try disk.remove("/data/snapshots/\(with)/manifest")
        var made = options(disk, clock)
        made.directory = "/data/snapshots/" + with
        #expect(try await read(try SeriesDatabase.open(made)) == whole)
    }

    @Test func `label queries see heads and blocks, selectors, ranges and limits`() async throws {
        let database = try SeriesDatabase.open(options(disk, clock))
        let now = clock.nowMilliseconds
        _ = try await database.append(batch(2, at: now - 100_000_000))
        try await database.flush()
        var other = WriteBatch()
        other.append(["__name__": "new", "zone": "é"], time: now, value: 1)
        other.append(["__name__": "new", "zone": "z"], time: now, value: 1)
        _ = try await database.append(other)
        let all = Int64.min...Int64.max
        #expect(
            try await database.labelNames([], in: all, limit: nil) == ["__name__", "instance", "job", "zone"])
        #expect(try await database.labelNames([], in: all, limit: 2) == ["__name__", "instance"])
        #expect(try await database.labelNames([], in: now...now, limit: nil) == ["__name__", "zone"])
        #expect(
            try await database.labelNames([[Matcher("job", .equal, "odd")]], in: all, limit: nil)
                == ["__name__", "instance", "job"])
        #expect(try await database.labelValues("zone", [], in: all, limit: nil) == ["z", "é"])
        #expect(try await database.labelValues("__name__", [], in: all, limit: nil) == ["metric_0", "metric_1", "new"])
        #expect(
            try await database.labelValues("__name__", [[Matcher("zone", .notEqual, "")]], in: all, limit: nil) == ["new"])
        #expect(
            try await database.series([[Matcher("zone", .equal, "z")], [Matcher("job", .equal, "odd")]], in: all, limit: nil)
                == [labels(1), ["__name__": "new", "zone": "z"]])
        #expect(try await database.series([], in: all, limit: 1).count == 1)
    }

    @Test func `cardinality names the largest`() async throws {
        let database = try SeriesDatabase.open(options(disk, clock))
        _ = try await database.append(batch(70, at: clock.nowMilliseconds))
        let result = database.cardinality(limit: 2)
        #expect(result.seriesCount == 70)
        #expect(result.labelPairCount == 70 + 7 + 2)
        #expect(
            result.seriesByMetricName == [.init(name: "metric_0", count: 10), .init(name: "metric_1", count: 10)]
                || result.seriesByMetricName.allSatisfy { $0.count == 10 })
        #expect(result.valuesByLabelName == [.init(name: "instance", count: 70), .init(name: "__name__", count: 7)])
        #expect(result.seriesByLabelPair.map(\.name).sorted() == ["job=even", "job=odd"])
        #expect(result.bytesByLabelName.first == .init(name: "instance", count: 10 * 6 + 60 * 7))
    }

    @Test func `metadata is kept by family up to a bound`() async throws {
        var made = options(disk, clock)
        made.metadataMax = 2
        let database = try SeriesDatabase.open(made)
        var batch = batch(1, at: clock.nowMilliseconds)
        for name in ["b", "a", "c"] { batch.metadata.append((name, MetricMetadata(kind: .counter, help: name))) }
        _ = try await database.append(batch)
        #expect(database.metadata(metric: nil).map(\.0) == ["a", "b"])
        #expect(database.metadata(metric: "a").first?.1.help == "a")
        #expect(database.metadata(metric: "c").isEmpty)
    }

    /// Writers, readers and the background work at once; what was acknowledged is there at every moment.
    @Test func `concurrent writers and readers see whole batches`() async throws {
        var made = options(disk, clock)
        made.headSampleCountMax = 400
        made.syncPolicy = .everyWrite
        let database = try SeriesDatabase.open(made)
        let start = clock.nowMilliseconds
        let acknowledged = Acknowledged()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    for step in 0..<60 {
                        var batch = WriteBatch()
                        for i in 0..<10 {
                            batch.append(
                                ["__name__": "m", "writer": "\(writer)", "i": "\(i)"], time: start + Int64(step) * 1000,
                                value: Double(step))
                        }
                        while true {
                            do {
                                _ = try await database.append(batch)
                                break
                            } catch let error as StorageError where error.code == .unavailable {
                                try await database.changes.run { () throws(StorageError) in try database.maintainHead() }
                            }
                        }
                        acknowledged.counts.withLock { $0[writer] = step + 1 }
                    }
                }
            }
            group.addTask {
                for _ in 0..<60 {
                    try await database.changes.run { () throws(StorageError) in try database.maintainHead() }
                    try await database.merges.run { () throws(StorageError) in try database.compact() }
                }
            }
            group.addTask {
                for _ in 0..<40 {
                    let known = acknowledged.counts.withLock { $0 }
                    let found = try await read(database)
                    for writer in 0..<3 {
                        for i in 0..<10 {
                            let samples = found[["__name__": "m", "writer": "\(writer)", "i": "\(i)"]] ?? [:]
                            #expect(samples.count >= known[writer])
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let found = try await read(database)
        #expect(found.count == 30)
        #expect(found.values.allSatisfy { $0.count == 60 })
        let statistics = database.statistics()
        #expect(statistics.appendedSampleCount == 1800)
        #expect(statistics.createdSeriesCount >= 30)
        let again = try SeriesDatabase.open(options(disk.restarted(losing: .power, seed: 1), clock))
        #expect(try await read(again) == found)
    }

    @Test func `the background work ends when its task is cancelled`() async throws {
        let database = try SeriesDatabase.open(options(disk, clock))
        let task = Task { await database.run() }
        _ = try await database.append(batch(1, at: clock.nowMilliseconds))
        task.cancel()
        await task.value
        try await database.close()
    }
}
