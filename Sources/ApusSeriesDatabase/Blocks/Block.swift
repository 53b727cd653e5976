internal import ApusBytes
package import ApusModel
package import ApusPlatform

/// An immutable run of series on disk, mapped into memory; drawn in `docs/formats/block.md`.
///
/// Series have numbers `0 ..< seriesCount` in ascending order of their labels. Everything may be called from several threads at a time.
/// Index and headers are checked when the block is opened, each chunk when it is read.
package final class Block: Sendable {
    package let directory: String
    package var metadata: BlockMetadata { index.metadata }
    package var seriesCount: Int { index.seriesCount }

    let index: BlockIndex
    private let values: MappedBytes
    private let columns: TimeColumns

    private init(directory: String, index: BlockIndex, values: MappedBytes, columns: TimeColumns) {
        self.directory = directory
        self.index = index
        self.values = values
        self.columns = columns
    }

    /// - Throws: `.corruption` when a file is damaged or of another version, or a disk error.
    /// - Complexity: O(bytes of the index), 10 bytes a nanosecond.
    package static func open(disk: any Disk, directory: String) throws(StorageError) -> Block {
        do throws(StorageError) {
            let values = try map(disk, directory, BlockFormat.valuesName)
            let times = try map(disk, directory, BlockFormat.timesName)
            let indexBytes = try map(disk, directory, BlockFormat.indexName)
            try BlockFormat.checkHeader(BlockFormat.valuesName, values)
            try BlockFormat.checkHeader(BlockFormat.timesName, times)
            let index = try BlockIndex(indexBytes, dataByteCount: values.count + times.count)
            return Block(directory: directory, index: index, values: values, columns: TimeColumns(times))
        } catch {
            throw StorageError(error.code, "block \(directory): \(error.message)", cause: error.cause ?? error)
        }
    }

    private static func map(_ disk: any Disk, _ directory: String, _ name: String) throws(StorageError) -> MappedBytes {
        do throws(DiskError) { return try disk.map(directory + "/" + name) } catch {
            // A missing file of a finished block is damage, not a passing fault.
            throw error.code == .notFound ? StorageError(.corruption, error.description, cause: error) : StorageError(error)
        }
    }

    /// - Complexity: O(16 entries + labels).
    package func labels(of series: UInt32) throws(StorageError) -> Labels {
        var cursor = try SeriesLabelsCursor(index, before: try checked(series))
        try cursor.next(index)
        return try labels(cursor.pairs)
    }

    /// Those of many series, ascending.
    ///
    /// - Complexity: O(series + entries of their groups before them).
    package func labels(of series: [UInt32]) throws(StorageError) -> [Labels] {
        guard let first = series.first else { return [] }
        var result: [Labels] = []
        result.reserveCapacity(series.count)
        var cursor = try SeriesLabelsCursor(index, before: try checked(first))
        for number in series {
            let number = try checked(number)
            guard number >= cursor.series else { throw StorageError(.invalid, "series numbers must ascend") }
            try cursor.advance(index, to: number)
            try cursor.next(index)
            result.append(try labels(cursor.pairs))
        }
        return result
    }

    func labels(_ pairs: [Int]) throws(StorageError) -> Labels {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32 * pairs.count)
        let mapped = index.mapped
        for pair in pairs { ApusBytes.append(mapped.span, try index.label(pair), to: &bytes) }
        return Labels(canonicalBytes: bytes)
    }

    /// Appends the samples of a series whose times lie in `range`, oldest first.
    ///
    /// - Throws: `.corruption`; `columns` are then as they were before.
    /// - Complexity: O(16 entries + samples of the chunks that overlap `range`), 1 to 3 ns a sample.
    package func appendSamples(
        of series: UInt32, in range: ClosedRange<Int64>, to samples: inout SampleColumns
    ) throws(StorageError) {
        let before = samples.times.count
        do throws(StorageError) {
            var cursor = try SeriesChunksCursor(index, before: try checked(series))
            for _ in 0..<(try cursor.begin(index)) {
                let chunk = try cursor.nextChunk(index)
                let column = try index.column(chunk.column)
                if column.overlaps(range) { try read(chunk, column, range, to: &samples) }
            }
        } catch {
            samples.times.removeLast(samples.times.count - before)
            samples.values.removeLast(samples.values.count - before)
            throw StorageError(error.code, "block \(directory): \(error.message)", cause: error.cause)
        }
    }

    private func read(
        _ chunk: SeriesChunksCursor.Chunk, _ column: BlockIndex.Column, _ range: ClosedRange<Int64>, to samples: inout SampleColumns
    ) throws(StorageError) {
        let times = try columns.times(chunk.column, column)
        let mapped = values
        let bytes = mapped.span
        guard let offset = UInt64(exactly: chunk.offset) else { throw BlockIndex.corruption("a chunk lies outside its file") }
        let run = try TimeColumns.checkedRange(bytes, offset, chunk.byteCount, "chunk")
        let start = samples.values.count
        try ChunkCodec.decodeValues(bytes, run, count: times.count, into: &samples.values)
        if column.minTime >= range.lowerBound && column.maxTime <= range.upperBound {
            samples.times.append(contentsOf: times)
        } else {
            let first = Self.firstIndex(times, notBelow: range.lowerBound)
            let end = range.upperBound == .max ? times.count : Self.firstIndex(times, notBelow: range.upperBound + 1)
            samples.times.append(contentsOf: times[first..<max(first, end)])
            samples.values.removeLast(times.count - max(first, end))
            samples.values.removeSubrange(start..<(start + first))
        }
    }

    private static func firstIndex(_ times: [Int64], notBelow time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// A series number, when it is one of the block's.
    func checked(_ series: UInt32) throws(StorageError) -> Int {
        guard series < seriesCount else {
            throw StorageError(.invalid, "block \(directory) has \(seriesCount) series, and number \(series) was asked for")
        }
        return Int(series)
    }
}
