import ApusModel
import ApusSelection
import ApusSeriesDatabase
import ApusTestKit
import Testing

@Suite struct BlockTests {
    @Test(arguments: UInt64(0)..<40)
    func `a block gives back what was written`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let disk = try SmallBlocks.disk()
        let series = SmallBlocks.series(Int.random(in: 1...80, using: &random), samplesMax: seed % 4 == 0 ? 1500 : 40, using: &random)
        let metadata = try SmallBlocks.write(series, disk, "/d/b")
        let block = try Block.open(disk: disk, directory: "/d/b")
        #expect(block.metadata == metadata)
        #expect(metadata.seriesCount == series.count)
        #expect(metadata.sampleCount == series.values.reduce(0) { $0 + $1.count })
        #expect(metadata.minTime == series.values.compactMap { $0.keys.min() }.min())
        #expect(metadata.maxTime == series.values.compactMap { $0.keys.max() }.max())
        #expect(metadata.generation == 3...7)
        #expect(metadata.byteCount == (try disk.list("/d/b").reduce(0) { try $0 + disk.byteCount(of: "/d/b/" + $1) }))
        try block.verify()
        #expect(try SmallBlocks.read(block) == series)
        #expect(try (0..<UInt32(block.seriesCount)).map { try block.labels(of: $0) } == series.keys.sorted())
    }

    @Test(arguments: UInt64(0)..<40)
    func `a range gives the samples inside it`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let disk = try SmallBlocks.disk()
        let series = SmallBlocks.series(10, samplesMax: 1200, using: &random)
        try SmallBlocks.write(series, disk, "/d/b")
        let block = try Block.open(disk: disk, directory: "/d/b")
        let times = series.values.flatMap(\.keys)
        for _ in 0..<20 {
            let a = (times.randomElement(using: &random) ?? 0) + Int64.random(in: -1...1, using: &random)
            let b = (times.randomElement(using: &random) ?? 0) + Int64.random(in: -1...1, using: &random)
            let range = min(a, b)...max(a, b)
            #expect(try SmallBlocks.read(block, in: range) == series.mapValues { $0.filter { range.contains($0.key) } })
        }
    }

    @Test(arguments: UInt64(0)..<60)
    func `select finds what a look at every series finds`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let disk = try SmallBlocks.disk()
        let series = SmallBlocks.series(Int.random(in: 1...150, using: &random), samplesMax: 8, using: &random)
        try SmallBlocks.write(series, disk, "/d/b")
        let block = try Block.open(disk: disk, directory: "/d/b")
        let sorted = series.keys.sorted()
        let texts = ["", "api", "api|web", "(api|x|)", "api.*", ".+", ".*", "/.*|x", "nothing", "[aw].*", "ap", "a(b)?.*", "api|api"]
        for _ in 0..<60 {
            let matchers = try (0..<Int.random(in: 0...3, using: &random)).map { _ in
                try Matcher(
                    ["__name__", "job", "path", "a", "zone", "missing"].randomElement(using: &random) ?? "",
                    [Matcher.Operation.equal, .notEqual, .matches, .doesNotMatch].randomElement(using: &random) ?? .equal,
                    (texts + ["up", "up|latency", "ü", "la.*"]).randomElement(using: &random) ?? "")
            }
            let passing = sorted.indices.filter { number in matchers.allSatisfy { $0.matches(sorted[number]) } }
            #expect(try block.select(matchers, in: .min ... .max) == passing.map { UInt32($0) }, "\(matchers)")

            let time = series[sorted[0]]?.keys.max() ?? 0
            let selected = try block.select(matchers, in: time...time)
            let inRange = passing.filter { number in
                let times = series[sorted[number]]?.keys ?? [:].keys
                return (times.min() ?? .max) <= time && (times.max() ?? .min) >= time
            }
            #expect(selected == inRange.map { UInt32($0) })
        }
    }

    @Test(arguments: UInt64(0)..<30)
    func `label names and values are those of the series`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let disk = try SmallBlocks.disk()
        let series = SmallBlocks.series(60, samplesMax: 3, using: &random)
        try SmallBlocks.write(series, disk, "/d/b")
        let block = try Block.open(disk: disk, directory: "/d/b")
        let sorted = series.keys.sorted()
        let chosen = sorted.indices.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        let byBytes = { (a: String, b: String) in a.utf8.lexicographicallyPrecedes(b.utf8) }
        let names = { (labels: [Labels]) in Set(labels.flatMap { $0.pairs.map(\.name) }).sorted(by: byBytes) }
        #expect(try block.labelNames() == names(sorted))
        #expect(try block.labels(of: chosen.map { UInt32($0) }) == chosen.map { sorted[$0] })
        #expect(try block.labelNames(among: chosen.map { UInt32($0) }) == names(chosen.map { sorted[$0] }))
        for name in ["__name__", "job", "zone", "missing"] {
            let values = { (labels: [Labels]) in Set(labels.compactMap { $0[name] }).sorted(by: byBytes) }
            #expect(try block.labelValues(of: name) == values(sorted))
            #expect(try block.labelValues(of: name, among: chosen.map { UInt32($0) }) == values(chosen.map { sorted[$0] }))
        }
    }

    @Test func `threads read one block side by side`() async throws {
        var random = SeededGenerator(seed: 3)
        let disk = try SmallBlocks.disk()
        let series = SmallBlocks.series(60, samplesMax: 600, using: &random)
        try SmallBlocks.write(series, disk, "/d/b")
        let block = try Block.open(disk: disk, directory: "/d/b")
        try await withThrowingTaskGroup(of: SeriesMap.self) { group in
            for _ in 0..<4 { group.addTask { try SmallBlocks.read(block) } }
            for try await read in group { #expect(read == series) }
        }
    }

    @Test func `an empty block is a block`() throws {
        let disk = try SmallBlocks.disk()
        let metadata = try SmallBlocks.write([:], disk, "/d/b")
        let block = try Block.open(disk: disk, directory: "/d/b")
        try block.verify()
        #expect(metadata.minTime > metadata.maxTime)
        #expect(try block.select([], in: .min ... .max) == [])
        #expect(try block.labelNames() == [])
    }

    @Test func `series of one target share their times`() throws {
        let disk = try SmallBlocks.disk()
        var series: SeriesMap = [:]
        var random = SeededGenerator(seed: 1)
        let times = RandomColumns.times(count: 300, using: &random)
        for number in 0..<100 { series[["__name__": "m\(number)"]] = Dictionary(uniqueKeysWithValues: times.map { ($0, 0) }) }
        try SmallBlocks.write(series, disk, "/d/b")
        #expect(try disk.byteCount(of: "/d/b/times") < 1500)
    }

    @Test func `series out of order, doubled or of no order in time are refused`() throws {
        let disk = try SmallBlocks.disk()
        let writer = try BlockWriter(disk: disk, directory: "/d/b", generation: 0...0, level: 0)
        var samples = SampleColumns()
        samples.append(time: 1, value: 1)
        try writer.add(["__name__": "b"], samples)
        #expect(throws: StorageError.self) { try writer.add(["__name__": "b"], samples) }
        #expect(throws: StorageError.self) { try writer.add(["__name__": "a"], samples) }
        samples.append(time: 1, value: 1)
        #expect(throws: StorageError.self) { try writer.add(["__name__": "c"], samples) }
        writer.abandon()
        #expect(disk.files.isEmpty)
    }

    @Test func `a series number that is not there is an error`() throws {
        let disk = try SmallBlocks.disk()
        try SmallBlocks.write([["__name__": "up"]: [1: 2]], disk, "/d/b")
        let block = try Block.open(disk: disk, directory: "/d/b")
        #expect(throws: StorageError.self) { try block.labels(of: 1) }
    }
}
