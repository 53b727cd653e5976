import ApusModel
import ApusPlatform
import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

@Suite struct LogTests {
    /// The bytes of a log with some batches, where each record ends, and the table that wrote it.
    static func log(seed: UInt64, batches: Int = 12) throws -> (bytes: [UInt8], ends: [Int], table: HeadTable) {
        let disk = FaultyDisk()
        try disk.createDirectory("/wal")
        let file = try LogFile.create(disk: disk, directory: "/wal", generation: 9)
        var workload = Workload(seed: seed)
        var table = HeadTable(seed: seed)
        table.logEnd = LogFile.headerByteCount
        var ends: [Int] = [table.logEnd]
        for _ in 0..<batches {
            let outcome = table.append(workload.batch(), limits: HeadTableTests.limits)
            try file.write(through: outcome.logEnd) { swap(&table.pending, &$0) }
            ends.append(outcome.logEnd)
        }
        return (disk.files[file.path] ?? [], ends, table)
    }

    static func replay(_ bytes: [UInt8]) throws -> (table: HeadTable, end: Int, ending: LogReader.Ending?) {
        let disk = FaultyDisk()
        try disk.createDirectory("/wal")
        let file = try disk.open("/wal/x", .createNew)
        try file.write(bytes.span, at: 0)
        var reader = try LogReader(file: file, path: "/wal/x", generation: 9)
        var table = HeadTable(seed: 5)
        while let record = try reader.next() {
            if !table.replay(reader.bytes.span, record) { reader.reject(record) }
        }
        return (table, reader.end, reader.ending)
    }

    static func content(_ table: HeadTable) -> [Labels: [Sample]] {
        var result: [Labels: [Sample]] = [:]
        for series in 0..<table.seriesCount {
            result[Labels(canonicalBytes: table.runs.copy(table.locations[series]))] = HeadTableTests.columns(table, series)
        }
        return result
    }

    @Test(arguments: seeds(20))
    func `a log gives back the head that wrote it`(seed: UInt64) throws {
        let (bytes, _, table) = try Self.log(seed: seed)
        let (again, end, ending) = try Self.replay(bytes)
        #expect(ending == .clean)
        #expect(end == bytes.count)
        #expect(Self.content(again) == Self.content(table))
        #expect(again.sampleCount == table.sampleCount)
        #expect(again.minTime == table.minTime && again.maxTime == table.maxTime)
        #expect(again.slots.open == table.slots.open)
    }

    @Test func `a log that is cut anywhere gives its whole records`() throws {
        let (bytes, ends, _) = try Self.log(seed: 2, batches: 6)
        for cut in 0..<bytes.count {
            let (_, end, ending) = try Self.replay(Array(bytes.prefix(cut)))
            #expect(end == ends.last { $0 <= cut } ?? 0)
            #expect(ending == (end == cut && cut > 0 ? .clean : .torn(byteCount: cut - end)))
        }
    }

    @Test func `a flipped bit ends the log there and is told from a cut`() throws {
        let (bytes, ends, _) = try Self.log(seed: 4, batches: 6)
        for at in LogFile.headerByteCount..<bytes.count {
            for bit in [0, 3, 7] {
                var bad = bytes
                bad[at] ^= 1 << UInt8(bit)
                let (_, end, ending) = try Self.replay(bad)
                let expected = ends.last { $0 <= at } ?? 0
                #expect(end == expected)
                if expected < ends[ends.count - 2] {
                    #expect(ending == .damaged(byteCount: bytes.count - end))
                } else {
                    #expect(ending == .torn(byteCount: bytes.count - end))
                }
            }
        }
    }

    @Test func `damage in a record of megabytes is told from a cut`() throws {
        let disk = FaultyDisk()
        try disk.createDirectory("/wal")
        let file = try LogFile.create(disk: disk, directory: "/wal", generation: 9)
        var table = HeadTable(seed: 1)
        table.logEnd = LogFile.headerByteCount
        var generator = SeededGenerator(seed: 1)
        for step in 0..<2 {
            var batch = WriteBatch()
            for i in 0..<150_000 {
                batch.append(labels(i % 10), time: Int64(step * 1_000_000 + i), value: .random(in: 0...1, using: &generator))
            }
            let outcome = table.append(batch, limits: HeadTableTests.limits)
            try file.write(through: outcome.logEnd) { swap(&table.pending, &$0) }
        }
        var bytes = disk.files[file.path] ?? []
        #expect(bytes.count > 2 << 20)
        bytes[1000] ^= 1
        #expect(try Self.replay(bytes).ending == .damaged(byteCount: bytes.count - LogFile.headerByteCount))
    }

    @Test(arguments: seeds(10))
    func `no bytes make reading trap`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let (bytes, ends, _) = try Self.log(seed: seed, batches: 4)
        for _ in 0..<1000 {
            var bad = generator.mutated(bytes)
            if Bool.random(using: &generator), bad.count > ends[1] {
                // With a right checksum over wrong content.
                bad = bytes
                let at = Int.random(in: ends[0] + 8..<ends[1], using: &generator)
                bad[at] = UInt8.random(in: 0...255, using: &generator)
                let whole = bad
                let checksum = crc(Array(whole[(ends[0] + 8)..<ends[1]]))
                bad.replaceSubrange((ends[0] + 4)..<(ends[0] + 8), with: checksum)
            }
            do {
                let (table, end, _) = try Self.replay(bad)
                #expect(end <= bad.count)
                _ = Self.content(table)
            } catch let error as StorageError {
                #expect(error.code == .corruption || error.code == .invalid)
            }
        }
    }
}
