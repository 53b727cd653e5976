import ApusModel
import ApusPlatform
import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

@Suite struct FaultTests {
    let clock = SimulatedClock()

    func batch(_ step: Int) -> WriteBatch {
        var batch = WriteBatch()
        for i in 0..<5 {
            batch.append(labels(i + step), time: clock.nowMilliseconds + Int64(step) * 1000, value: Double(step * 10 + i))
        }
        return batch
    }

    @Test(arguments: 1..<12)
    func `a full disk refuses writes, loses nothing, and works again`(step: Int) async throws {
        let disk = FaultyDisk()
        let database = try SeriesDatabase.open(options(disk, clock))
        var oracle = Oracle()
        for i in 0..<12 {
            if i == step { disk.runOutOfSpace(at: 0) }
            let batch = batch(i)
            do {
                _ = try await database.append(batch)
                #expect(i < step)
                oracle.append(batch)
            } catch {
                #expect(i >= step)
                #expect(error.code == .noSpace)
            }
        }
        #expect(database.statistics().failedAppendCount == 12 - step)
        await #expect(throws: StorageError.self) { try await database.flush() }
        disk.runOutOfSpace(at: nil)
        let last = batch(20)
        _ = try await database.append(last)
        oracle.append(last)
        let found = try await read(database)
        for (labels, samples) in oracle.series {
            for (time, bits) in samples { #expect(found[labels]?[time] == bits) }
        }
        // What was refused may be there: it was applied, and the log has it behind what it could not write before.
        let again = try SeriesDatabase.open(options(disk.restarted(losing: .process, seed: 1), clock))
        #expect(try await read(again) == found)
        try await again.flush()
        #expect(try await read(again) == found)
        #expect(again.statistics().flushFailureCount == 0)
    }

    @Test func `too much that waits for the disk refuses batches before it changes anything`() async throws {
        let disk = FaultyDisk()
        var made = options(disk, clock)
        made.logBacklogByteCountMax = 300_000
        let database = try SeriesDatabase.open(made)
        disk.runOutOfSpace(at: 0)
        var large = WriteBatch()
        for i in 0..<40 {
            let text = String(repeating: "x", count: 100) + "\(i)"
            large.append(["__name__": "wide", "a": text], time: clock.nowMilliseconds, value: 1)
        }
        var codes: [StorageError.Code] = []
        for i in 0..<100 {
            var batch = WriteBatch()
            for j in 0..<40 {
                let text = String(repeating: "x", count: 100) + "\(i)-\(j)"
                batch.append(["__name__": "wide", "a": text], time: clock.nowMilliseconds, value: 1)
            }
            do {
                _ = try await database.append(batch)
            } catch {
                if codes.last != error.code { codes.append(error.code) }
            }
        }
        #expect(codes == [.noSpace, .unavailable])
        let seriesCount = database.statistics().headSeriesCount
        #expect(seriesCount < 100 * 40)
        disk.runOutOfSpace(at: nil)
        try await database.syncs.run { () throws(StorageError) in try database.syncLogs() }
        #expect(try await database.append(large).acceptedCount == 40)
        let again = try SeriesDatabase.open(options(disk.restarted(losing: .process, seed: 0), clock))
        #expect(again.statistics().headSeriesCount == seriesCount + 40)
    }

    @Test func `after a failed sync the samples move to other files`() async throws {
        let disk = FaultyDisk()
        var made = options(disk, clock)
        made.syncPolicy = .everyWrite
        let database = try SeriesDatabase.open(made)
        var oracle = Oracle()
        let first = batch(1)
        _ = try await database.append(first)
        oracle.append(first)
        disk.failSyncs(ofPathsWith: "/wal/")
        await #expect(throws: StorageError.self) { _ = try await database.append(batch(2)) }
        disk.failSyncs(ofPathsWith: nil)
        // The file is not trusted again, although its sync would succeed now.
        try await database.changes.run { () throws(StorageError) in try database.maintainHead() }
        let third = batch(3)
        _ = try await database.append(third)
        oracle.append(third)
        oracle.append(batch(2))
        #expect(try await read(database) == oracle.series)
        let again = try SeriesDatabase.open(options(disk.restarted(losing: .power, seed: 3), clock))
        #expect(try await read(again) == oracle.series)
    }

    @Test func `a second opening of a directory is refused until the first is closed`() async throws {
        let disk = FaultyDisk()
        let database = try SeriesDatabase.open(options(disk, clock))
        let error = #expect(throws: StorageError.self) { try SeriesDatabase.open(options(disk, clock)) }
        #expect(error?.code == .locked)
        try await database.close()
        try await database.close()
        let again = try SeriesDatabase.open(options(disk, clock))
        try await again.close()
        await #expect(throws: StorageError.self) { _ = try await again.append(batch(1)) }
        await #expect(throws: StorageError.self) { _ = try await again.select([], in: 0...1) }
    }

    @Test(arguments: ["manifest", "wal/00000000000000000001"])
    func `files of a later version are refused with a clear word`(name: String) async throws {
        let disk = FaultyDisk()
        let database = try SeriesDatabase.open(options(disk, clock))
        _ = try await database.append(batch(1))
        try await database.close()
        disk.damage("/data/" + name) { $0[7] += 1 }
        let error = #expect(throws: StorageError.self) { try SeriesDatabase.open(options(disk, clock)) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("later version") == true)
        // And the lock is free again.
        disk.damage("/data/" + name) { $0[7] -= 1 }
        try await SeriesDatabase.open(options(disk, clock)).close()
    }

    @Test func `damage in the middle of a log keeps what stands before it and a copy of the file`() async throws {
        let disk = FaultyDisk()
        let database = try SeriesDatabase.open(options(disk, clock))
        var oracle = Oracle()
        let path = "/data/wal/00000000000000000001"
        var middle = 0
        for i in 0..<20 {
            if i == 10 { middle = disk.files[path]?.count ?? 0 }
            let batch = batch(i)
            _ = try await database.append(batch)
            if i < 10 { oracle.append(batch) }
        }
        try await database.close()
        disk.damage(path) { $0[middle + 30] ^= 1 }
        let again = try SeriesDatabase.open(options(disk, clock))
        #expect(try await read(again) == oracle.series)
        #expect(disk.exists(path + ".damaged"))
        let next = batch(30)
        _ = try await again.append(next)
        oracle.append(next)
        try await again.flush()
        try await again.close()
        let third = try SeriesDatabase.open(options(disk, clock))
        #expect(try await read(third) == oracle.series)
        #expect(disk.exists(path + ".damaged"))
    }

    @Test func `a damaged block is set aside and the rest is served`() async throws {
        let disk = FaultyDisk()
        let database = try SeriesDatabase.open(options(disk, clock))
        _ = try await database.append(batch(1))
        try await database.flush()
        let second = batch(2)
        _ = try await database.append(second)
        try await database.flush()
        try await database.close()
        let directory = "/data/blocks/00000000000000000001"
        for path in disk.files.keys.sorted() where path.hasPrefix(directory) {
            disk.damage(path) { bytes in for i in bytes.indices { bytes[i] = 0xff } }
        }
        let again = try SeriesDatabase.open(options(disk, clock))
        #expect(again.statistics().blockCount == 1)
        #expect(disk.exists(directory + ".damaged"))
        var oracle = Oracle()
        oracle.append(second)
        #expect(try await read(again) == oracle.series)
        try await again.close()
        try await SeriesDatabase.open(options(disk, clock)).close()
        #expect(disk.exists(directory + ".damaged"))
    }

    @Test func `writes are refused while two heads are full`() async throws {
        let disk = FaultyDisk()
        var made = options(disk, clock)
        made.headSampleCountMax = 10
        let database = try SeriesDatabase.open(made)
        var code: StorageError.Code?
        for i in 0..<10 where code == nil {
            do {
                _ = try await database.append(batch(i))
            } catch {
                code = error.code
            }
        }
        #expect(code == .unavailable)
        try await database.changes.run { () throws(StorageError) in try database.maintainHead() }
        _ = try await database.append(batch(11))
    }

    @Test func `a block that cannot be read for now is neither lost nor moved`() async throws {
        let disk = FaultyDisk()
        let database = try SeriesDatabase.open(options(disk, clock))
        var oracle = Oracle()
        for i in 0..<2 {
            let batch = batch(i)
            oracle.append(batch)
            _ = try await database.append(batch)
            try await database.flush()
        }
        try await database.close()
        disk.failMaps(ofPathsWith: "0001/values")
        #expect(throws: StorageError.self) { try SeriesDatabase.open(options(disk, clock)) }
        disk.failMaps(ofPathsWith: nil)
        #expect(try await read(try SeriesDatabase.open(options(disk, clock))) == oracle.series)
    }

    @Test func `a block that cannot be merged does not keep others from it`() async throws {
        let disk = FaultyDisk()
        let database = try SeriesDatabase.open(options(disk, clock))
        for window in 0..<8 {
            _ = try await database.append(batch(window))
            try await database.flush()
            if window == 3 { clock.advance(byMilliseconds: 1_000_000_000) }
        }
        try await database.close()
        disk.damage("/data/blocks/00000000000000000002/values") { $0[$0.count - 10] ^= 1 }
        let again = try SeriesDatabase.open(options(disk, clock))
        #expect(again.statistics().blockCount == 8)
        await #expect(throws: StorageError.self) {
            try await again.merges.run { () throws(StorageError) in try again.compact() }
        }
        #expect(again.statistics().blockCount == 5)
        // It is not tried again and again.
        try await again.merges.run { () throws(StorageError) in try again.compact() }
        #expect(again.statistics().compactionFailureCount == 1)
    }
}
