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
        var merged = SampleColumns()
        while var lowest = inputs.first?.labels {
            if isCancelled() { throw StorageError(.closed, "the merge was cancelled") }
            for input in inputs.dropFirst() where input.labels < lowest { lowest = input.labels }
            merged.removeAll()
            var runs: [Int] = []
            var isDone = false
            for position in inputs.indices where inputs[position].labels == lowest {
                let mark = merged.count
                try inputs[position].block.appendSamples(of: inputs[position].series, in: range, to: &merged)
                merged.noteRun(at: mark, from: 0, in: &runs)
                if try !inputs[position].advance() { isDone = true }
            }
            if isDone { inputs.removeAll { $0.isAtEnd } }
            merged.mergeRuns(runs)
            merged.remove(isDeleted(lowest))
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
}
