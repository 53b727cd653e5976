public import ApusModel
public import ApusSelection
internal import Synchronization

/// A source that holds its series in memory: for tests and measurements of what reads from one.
public final class MemorySource: SeriesSource {
    private let series: Mutex<[Labels: SampleColumns]>

    public init(_ series: [(labels: Labels, samples: SampleColumns)] = []) {
        self.series = Mutex(Dictionary(series.map { ($0.labels, $0.samples) }, uniquingKeysWith: { _, later in later }))
    }

    /// Replaces the samples of a series; times must be strictly increasing.
    public func set(_ labels: Labels, _ samples: SampleColumns) { series.withLock { $0[labels] = samples } }

    public func removeAll() { series.withLock { $0.removeAll() } }

    public func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) async throws -> any SeriesSelection {
        Selection(series: matching([matchers], range), range: range)
    }

    public func labelNames(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [String] {
        let names = Set(matching(selectors, range).flatMap { $0.labels.pairs.map(\.name) }).sorted()
        return Array(names.prefix(limit ?? names.count))
    }

    public func labelValues(
        _ name: String, _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
    ) async throws -> [String] {
        let values = Set(matching(selectors, range).compactMap { $0.labels[name] }).sorted()
        return Array(values.prefix(limit ?? values.count))
    }

    public func series(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [Labels] {
        let labels = matching(selectors, range).map(\.labels)
        return Array(labels.prefix(limit ?? labels.count))
    }

    /// Sorted by labels.
    private func matching(
        _ selectors: [[Matcher]], _ range: ClosedRange<Int64>
    ) -> [(labels: Labels, samples: SampleColumns)] {
        let all = series.withLock { $0 }
        return all.filter { labels, samples in
            guard let first = samples.times.first, let last = samples.times.last else { return false }
            guard first <= range.upperBound, last >= range.lowerBound else { return false }
            return selectors.isEmpty || selectors.contains { matchers in matchers.allSatisfy { $0.matches(labels) } }
        }.map { (labels: $0.key, samples: $0.value) }.sorted { $0.labels < $1.labels }
    }

    private struct Selection: SeriesSelection {
        let series: [(labels: Labels, samples: SampleColumns)]
        let range: ClosedRange<Int64>

        var count: Int { series.count }

        func labels(at index: Int) -> Labels { series[index].labels }

        func appendSamples(at index: Int, to columns: inout SampleColumns) {
            let samples = series[index].samples
            let low = Self.firstIndex(samples.times, atOrAbove: range.lowerBound)
            let high = range.upperBound == .max ? samples.count : Self.firstIndex(samples.times, atOrAbove: range.upperBound + 1)
            columns.times.append(contentsOf: samples.times[low..<high])
            columns.values.append(contentsOf: samples.values[low..<high])
        }

        private static func firstIndex(_ times: [Int64], atOrAbove time: Int64) -> Int {
            var (low, high) = (0, times.count)
            while low < high {
                let middle = (low + high) / 2
                if times[middle] < time { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }
}
