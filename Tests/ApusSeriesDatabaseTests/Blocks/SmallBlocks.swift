import ApusModel
import ApusPlatform
import ApusSeriesDatabase
import ApusTestKit

/// Series and samples as a dictionary: the oracle that blocks are held against.
typealias SeriesMap = [Labels: [Int64: UInt64]]

enum SmallBlocks {
    /// An empty disk with the directory `/d`, which is sure to be there after a crash.
    static func disk() throws -> FaultyDisk {
        let disk = FaultyDisk()
        try disk.createDirectory("/d")
        disk.restart(losing: .process, seed: 0)
        return disk
    }

    /// Random series over a few names and values, most of them sharing their times with others.
    static func series(_ count: Int, samplesMax: Int = 60, using random: inout SeededGenerator) -> SeriesMap {
        var result: SeriesMap = [:]
        let shared = RandomColumns.times(count: samplesMax, using: &random)
        for _ in 0..<count {
            let times =
                Bool.random(using: &random)
                ? shared : RandomColumns.times(count: Int.random(in: 1...samplesMax, using: &random), using: &random)
            let values = RandomColumns.values(count: times.count, using: &random)
            result[labels(using: &random)] = Dictionary(uniqueKeysWithValues: zip(times, values.map(\.bitPattern)))
        }
        return result
    }

    static func labels(using random: inout SeededGenerator) -> Labels {
        var builder = LabelsBuilder()
        builder.set("__name__", ["up", "requests", "latency", "ü"].randomElement(using: &random) ?? "up")
        for name in ["job", "path", "a", "zone"] where Bool.random(using: &random) {
            builder.set(name, ["api", "web", "apix", "x", "/", "/login", "9", "long value with spaces"].randomElement(using: &random) ?? "")
        }
        return builder.build()
    }

    static func columns(_ samples: [Int64: UInt64]) -> SampleColumns {
        var columns = SampleColumns()
        for (time, bits) in samples.sorted(by: { $0.key < $1.key }) { columns.append(time: time, value: Double(bitPattern: bits)) }
        return columns
    }

    @discardableResult
    static func write(_ series: SeriesMap, _ disk: any Disk, _ directory: String, level: Int = 0) throws -> BlockMetadata {
        let writer = try BlockWriter(disk: disk, directory: directory, generation: 3...7, level: level)
        for labels in series.keys.sorted() { try writer.add(labels, columns(series[labels] ?? [:])) }
        return try writer.finish()
    }

    /// Everything in a block.
    static func read(_ block: Block, in range: ClosedRange<Int64> = .min ... .max) throws -> SeriesMap {
        var result: SeriesMap = [:]
        for series in 0..<UInt32(block.seriesCount) {
            var columns = SampleColumns()
            try block.appendSamples(of: series, in: range, to: &columns)
            result[try block.labels(of: series)] = Dictionary(uniqueKeysWithValues: zip(columns.times, columns.values.map(\.bitPattern)))
        }
        return result
    }
}
