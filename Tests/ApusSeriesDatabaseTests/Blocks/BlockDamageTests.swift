import ApusModel
import ApusSelection
import ApusSeriesDatabase
import ApusTestKit
import Testing

/// What the disk or a crash may do to a block.
@Suite struct BlockDamageTests {
    private static func small() throws -> (disk: FaultyDisk, series: SeriesMap) {
        var random = SeededGenerator(seed: 11)
        let disk = try SmallBlocks.disk()
        let series = SmallBlocks.series(5, samplesMax: 12, using: &random)
        try SmallBlocks.write(series, disk, "/d/b")
        return (disk, series)
    }

    /// Equal data, or an error.
    private static func expectHonest(_ disk: FaultyDisk, _ series: SeriesMap, _ what: String) throws {
        let matcher = try Matcher("__name__", .matches, ".+")
        do {
            let block = try Block.open(disk: disk, directory: "/d/b")
            #expect(try block.select([matcher], in: .min ... .max).count == series.count, "\(what)")
            #expect(try SmallBlocks.read(block) == series, "\(what)")
        } catch let error as StorageError {
            #expect(error.code == .corruption, "\(what)")
        }
    }

    @Test(arguments: ["values", "times", "index"])
    func `every flipped bit is noticed or harmless`(name: String) throws {
        let (disk, series) = try Self.small()
        let path = "/d/b/" + name
        let good = try #require(disk.files[path])
        for bit in 0..<(good.count * 8) {
            var bytes = good
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            disk.damage(path) { $0 = bytes }
            try Self.expectHonest(disk, series, "bit \(bit) of \(name)")
        }
    }

    @Test(arguments: ["values", "times", "index"])
    func `every cut is noticed or harmless`(name: String) throws {
        let (disk, series) = try Self.small()
        let path = "/d/b/" + name
        let good = try #require(disk.files[path])
        for count in 0..<good.count {
            disk.damage(path) { $0 = Array(good[..<count]) }
            try Self.expectHonest(disk, series, "\(name) cut to \(count)")
        }
        try disk.remove(path)
        #expect(throws: StorageError.self) { try Block.open(disk: disk, directory: "/d/b") }
    }

    /// Checksums do not protect from who can compute them.
    @Test(arguments: UInt64(0)..<200)
    func `an index with damage under right checksums does not trap`(seed: UInt64) throws {
        let (disk, _) = try Self.small()
        var random = SeededGenerator(seed: seed)
        let good = try #require(disk.files["/d/b/index"])
        for _ in 0..<20 {
            let bytes = IndexForgery.damaged(good, using: &random)
            disk.damage("/d/b/index") { $0 = bytes }
            do {
                let block = try Block.open(disk: disk, directory: "/d/b")
                for matcher in [try Matcher("job", .notEqual, "api"), try Matcher("a", .matches, "a.*|x")] {
                    _ = try? block.select([matcher], in: 0...1_700_000_050_000)
                }
                _ = try? block.labelNames()
                _ = try? block.labelValues(of: "job")
                _ = try? block.labelNames(among: [0, 1])
                _ = try? block.verify()
                for series in 0..<UInt32(min(block.seriesCount, 20)) {
                    var columns = SampleColumns()
                    _ = try? block.labels(of: series).description
                    _ = try? block.appendSamples(of: series, in: 0 ... .max, to: &columns)
                    #expect(columns.times.count == columns.values.count)
                }
            } catch let error as StorageError {
                #expect(error.code == .corruption)
            }
        }
    }

    @Test(arguments: FaultyDisk.Loss.allCases)
    func `a crash at any change leaves no block or a whole one`(loss: FaultyDisk.Loss) throws {
        let (reference, series) = try Self.small()
        for change in 1...(reference.changeCount + 1) {
            for seed in UInt64(0)..<8 {
                let disk = try SmallBlocks.disk()
                disk.stop(at: disk.changeCount + change)
                let isWritten = (try? SmallBlocks.write(series, disk, "/d/b")) != nil
                disk.restart(losing: loss, seed: seed)
                #expect(disk.exists("/d/b") || !isWritten, "change \(change), seed \(seed)")
                if !disk.exists("/d/b") {
                    // The next attempt is not disturbed by what was left.
                    try SmallBlocks.write(series, disk, "/d/b")
                }
                #expect(try SmallBlocks.read(Block.open(disk: disk, directory: "/d/b")) == series, "change \(change), seed \(seed)")
            }
        }
    }

    @Test func `a writer that fails and is abandoned leaves nothing`() throws {
        let (reference, series) = try Self.small()
        for change in 1...reference.changeCount {
            let disk = try SmallBlocks.disk()
            let writer = try BlockWriter(disk: disk, directory: "/d/b", generation: 0...0, level: 0)
            disk.runOutOfSpace(at: change)
            for labels in series.keys.sorted() { try writer.add(labels, SmallBlocks.columns(series[labels] ?? [:])) }
            if (try? writer.finish()) != nil { continue }
            writer.abandon()
            #expect(disk.files.isEmpty)
        }
        for name in ["values", "times", "index", "b.tmp"] {
            let disk = try SmallBlocks.disk()
            disk.failSyncs(ofPathsWith: name)
            let writer = try BlockWriter(disk: disk, directory: "/d/b", generation: 0...0, level: 0)
            #expect(throws: StorageError.self) { try writer.finish() }
            writer.abandon()
            #expect(disk.files.isEmpty)
        }
    }
}
