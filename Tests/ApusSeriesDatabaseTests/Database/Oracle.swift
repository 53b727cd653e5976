import ApusModel
import ApusPlatform
import ApusRegex
import ApusSelection
import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

/// What a database should hold: for each series a sorted dictionary.
struct Oracle {
    var series: [Labels: [Int64: UInt64]] = [:]

    mutating func append(_ batch: WriteBatch) {
        for entry in batch.entries {
            let labels = Labels(canonicalBytes: Array(batch.bytes[entry.labels]))
            for i in entry.samples { series[labels, default: [:]][batch.times[i]] = batch.values[i].bitPattern }
        }
    }

    mutating func delete(_ matchers: [Matcher], in range: ClosedRange<Int64>) {
        for labels in series.keys where matchers.allSatisfy({ $0.matches(labels) }) {
            series[labels]?.keys.filter(range.contains).forEach { series[labels]?[$0] = nil }
        }
    }

    /// The series that pass and have samples in the range.
    func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) -> [Labels: [Int64: UInt64]] {
        var result: [Labels: [Int64: UInt64]] = [:]
        for (labels, samples) in series where matchers.allSatisfy({ $0.matches(labels) }) {
            let inside = samples.filter { range.contains($0.key) }
            if !inside.isEmpty { result[labels] = inside }
        }
        return result
    }
}

/// Everything that a selection gives, with the checks that hold for all of them.
func read(
    _ source: some SeriesSource, _ matchers: [Matcher] = [], in range: ClosedRange<Int64> = .min ... .max
) async throws -> [Labels: [Int64: UInt64]] {
    let selection = try await source.select(matchers, in: range)
    var result: [Labels: [Int64: UInt64]] = [:]
    for i in 0..<selection.count {
        var columns = SampleColumns()
        try selection.appendSamples(at: i, to: &columns)
        #expect(zip(columns.times, columns.times.dropFirst()).allSatisfy { $0 < $1 }, "times increase")
        #expect(columns.times.allSatisfy(range.contains), "times are inside the range")
        let labels = selection.labels(at: i)
        #expect(result[labels] == nil, "each label set comes once")
        if columns.isEmpty { continue }
        result[labels] = Dictionary(
            uniqueKeysWithValues: zip(columns.times, columns.values.map(\.bitPattern)))
    }
    return result
}

func options(_ disk: any Disk, _ clock: SimulatedClock) -> SeriesDatabase.Options {
    var options = SeriesDatabase.Options(directory: "/data")
    options.disk = disk
    options.clock = clock
    options.retentionTime = nil
    return options
}

func labels(_ number: Int) -> Labels {
    ["__name__": "metric_\(number % 7)", "instance": "host-\(number)", "job": number % 2 == 0 ? "even" : "odd"]
}
