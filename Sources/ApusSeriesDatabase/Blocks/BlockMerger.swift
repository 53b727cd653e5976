internal import ApusBytes
package import ApusModel

/// Makes one block of several.
package enum BlockMerger {
    /// Streams the series of `blocks` into `writer`, which the caller then finishes or abandons.
    ///
    /// - Parameters:
    ///   - blocks: In ascending priority: at equal times of one series, the later block's sample stays.
    ///   - isDeleted: The ranges of times that are dropped from a series.
    ///   - timeRange: What lies outside is dropped; nil keeps all.
    ///   - isCancelled: Asked once for each series.
    /// - Throws: `.closed` when cancelled; `.corruption` or a disk error. The writer is then to be abandoned.
    /// - Complexity: Time O(samples), memory O(samples of one series).
    package static func merge(
        _ blocks: [Block], into writer: BlockWriter, dropping isDeleted: (Labels) -> [ClosedRange<Int64>],
        within timeRange: ClosedRange<Int64>?, isCancelled: () -> Bool
    ) throws(StorageError) {
        let range = timeRange ?? .min ... .max
        var inputs: [Input] = []
        for block in blocks {
            if let input = try Input(block) { inputs.append(input) }
        }
        var own = SampleColumns()
        var merged = SampleColumns()
        var both = SampleColumns()
        while var lowest = inputs.first?.labels {
            if isCancelled() { throw StorageError(.closed, "the merge was cancelled") }
            for input in inputs.dropFirst() where input.labels < lowest { lowest = input.labels }
            merged.removeAll()
            var isDone = false
            for position in inputs.indices where inputs[position].labels == lowest {
                own.removeAll()
                try inputs[position].block.appendSamples(of: inputs[position].series, in: range, to: &own)
                join(merged, own, into: &both)
                swap(&merged, &both)
                if try !inputs[position].advance() { isDone = true }
            }
            if isDone { inputs.removeAll { $0.isAtEnd } }
            drop(isDeleted(lowest), from: &merged)
            if !merged.isEmpty { try writer.add(lowest, merged) }
        }
    }

    /// A block and the series in it that comes next.
    private struct Input {
        let block: Block
        private(set) var series: UInt32 = 0
        private(set) var labels = Labels()
        private(set) var isAtEnd = false
        private var cursor: SeriesLabelsCursor

        init?(_ block: Block) throws(StorageError) {
            guard block.seriesCount > 0 else { return nil }
            self.block = block
            cursor = try SeriesLabelsCursor(block.index, before: 0)
            try read()
        }

        /// False at the end.
        mutating func advance() throws(StorageError) -> Bool {
            series += 1
            guard series < block.seriesCount else {
                isAtEnd = true
                return false
            }
            let previous = labels
            try read()
            // An order that is not kept would end in series written twice.
            guard previous < labels else { throw StorageError(.corruption, "block \(block.directory): series \(series) is out of order") }
            return true
        }

        private mutating func read() throws(StorageError) {
            try cursor.next(block.index)
            labels = try block.labels(cursor.pairs)
        }
    }

    /// Both columns in order of time; at equal times the later's sample.
    private static func join(_ earlier: SampleColumns, _ later: SampleColumns, into result: inout SampleColumns) {
        result.removeAll()
        guard let firstLater = later.times.first, let lastEarlier = earlier.times.last, firstLater <= lastEarlier else {
            result.times.append(contentsOf: earlier.times)
            result.values.append(contentsOf: earlier.values)
            result.times.append(contentsOf: later.times)
            result.values.append(contentsOf: later.values)
            return
        }
        var (i, j) = (0, 0)
        while i < earlier.count || j < later.count {
            if j == later.count || (i < earlier.count && earlier.times[i] < later.times[j]) {
                result.append(time: earlier.times[i], value: earlier.values[i])
                i += 1
            } else {
                if i < earlier.count && earlier.times[i] == later.times[j] { i += 1 }
                result.append(time: later.times[j], value: later.values[j])
                j += 1
            }
        }
    }

    private static func drop(_ ranges: [ClosedRange<Int64>], from samples: inout SampleColumns) {
        guard !ranges.isEmpty else { return }
        var kept = SampleColumns()
        for (time, value) in zip(samples.times, samples.values) where !ranges.contains(where: { $0.contains(time) }) {
            kept.append(time: time, value: value)
        }
        samples = kept
    }
}
