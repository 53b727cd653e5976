import ApusModel
import ApusSeriesDatabase
import ApusTestKit
import Testing

@Suite struct BlockMergerTests {
    @Test(arguments: UInt64(0)..<60)
    func `a merge is the union, the later block first`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let disk = try SmallBlocks.disk()
        var oracle: SeriesMap = [:]
        var blocks: [Block] = []
        for number in 0..<Int.random(in: 1...4, using: &random) {
            var series = SmallBlocks.series(Int.random(in: 0...40, using: &random), using: &random)
            // Some samples at the very times of earlier blocks.
            for (labels, samples) in oracle where Int.random(in: 0..<3, using: &random) == 0 {
                for time in samples.keys.prefix(5) { series[labels, default: [:]][time] = random.next() }
            }
            try SmallBlocks.write(series, disk, "/d/in\(number)")
            blocks.append(try Block.open(disk: disk, directory: "/d/in\(number)"))
            for (labels, samples) in series { oracle[labels, default: [:]].merge(samples) { $1 } }
        }
        let times = oracle.values.flatMap(\.keys).sorted()
        let middle = times.isEmpty ? 0 : times[times.count / 2]
        let kept: ClosedRange<Int64>? = seed % 3 == 0 ? (middle - 100_000)...(middle + 400_000) : nil
        let dropped = (middle - 5000)...(middle + 5000)
        let isDeleted = { (labels: Labels) in seed % 2 == 0 && labels.metricName == "up" ? [dropped, .max ... .max] : [] }
        for (labels, samples) in oracle {
            let left = samples.filter { sample in
                (kept?.contains(sample.key) ?? true) && !isDeleted(labels).contains { $0.contains(sample.key) }
            }
            oracle[labels] = left.isEmpty ? nil : left
        }
        let writer = try BlockWriter(disk: disk, directory: "/d/out", generation: 1...4, level: 1)
        try BlockMerger.merge(blocks, into: writer, dropping: isDeleted, within: kept) { false }
        let metadata = try writer.finish()
        let merged = try Block.open(disk: disk, directory: "/d/out")
        try merged.verify()
        #expect(metadata.level == 1)
        #expect(try SmallBlocks.read(merged) == oracle)
    }

    @Test func `a cancelled merge says so`() throws {
        let disk = try SmallBlocks.disk()
        try SmallBlocks.write([["__name__": "up"]: [1: 2]], disk, "/d/b")
        let writer = try BlockWriter(disk: disk, directory: "/d/out", generation: 1...1, level: 1)
        let block = try Block.open(disk: disk, directory: "/d/b")
        #expect(throws: StorageError.self) { try BlockMerger.merge([block], into: writer, dropping: { _ in [] }, within: nil) { true } }
        writer.abandon()
        #expect(!disk.exists("/d/out"))
    }
}
