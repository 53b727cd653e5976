import ApusModel
import ApusPlatform
import ApusRegex
import ApusSelection
import ApusTestKit
import Foundation
import Testing

@testable import ApusSeriesDatabase

@Suite struct SeriesDatabaseTests {
    let disk = FaultyDisk()
    let clock = SimulatedClock()

    func batch(_ count: Int, at time: Int64, value: Double = 1) -> WriteBatch {
        var batch = WriteBatch()
        for i in 0..<count { batch.append(labels(i), time: time, value: value + Double(i)) }
        return batch
    }

    @Test func `what is appended is read from the head, from blocks and after a reopening`() async throws {
        let database = try SeriesDatabase.open(options(disk, clock))
        var oracle = Oracle()
        for step in 0..<50 {
            let batch = batch(20, at: clock.nowMilliseconds + Int64(step) * 15_000, value: Double(step) * 1.25)
            oracle.append(batch)
            let result = try await database.append(batch)
            #expect(result.acceptedCount == 20)
        }
        #expect(try await read(database) == oracle.series)
        try await database.close()

        let again = try SeriesDatabase.open(options(disk, clock))
        #expect(try await read(again) == oracle.series)
        try await again.flush()
        #expect(again.statistics().blockCount == 1)
        #expect(again.statistics().headSampleCount == 0)
        #expect(try await read(again) == oracle.series)
        try await again.close()

        let third = try SeriesDatabase.open(options(disk, clock))
        #expect(try await read(third) == oracle.series)
        try await third.close()
    }

    @Test func `a real directory keeps samples through blocks, merges and reopenings`() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/apus-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var made = options(PosixDisk(), clock)
        made.directory = directory + "/deep/data"
        made.syncPolicy = .everyWrite
        var database = try SeriesDatabase.open(made)
        var oracle = Oracle()
        for step in 0..<12 {
            let batch = batch(200, at: clock.nowMilliseconds + Int64(step) * 15_000, value: Double(step) / 8)
            oracle.append(batch)
            #expect(try await database.append(batch).acceptedCount == 200)
            if step % 2 == 1 { try await database.flush() }
        }
        let error = #expect(throws: StorageError.self) { try SeriesDatabase.open(made) }
        #expect(error?.code == .locked)
        try await database.merges.run { [database] () throws(StorageError) in try database.compact() }
        #expect(database.statistics().blockCount == 1)
        #expect(try await read(database) == oracle.series)
        _ = try await database.snapshot(skipHead: true)
        try await database.close()
        database = try SeriesDatabase.open(made)
        #expect(try await read(database) == oracle.series)
        try await database.close()
    }
}
