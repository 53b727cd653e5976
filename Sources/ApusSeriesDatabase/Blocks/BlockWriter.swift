internal import ApusBytes
package import ApusModel
package import ApusPlatform

/// Writes a block, series by series in ascending order of their labels, each once.
///
/// Samples go to disk as they come; in memory stay the index (some 100 bytes a series) and the columns of times lately seen (32 MiB at
/// most), with which equal ones are found. Until `finish` has returned, the block is a directory with the suffix `.tmp`, which means nothing.
package final class BlockWriter {
    private let disk: any Disk
    private let directory: String
    private var temporary: String { directory + ".tmp" }
    private let generation: ClosedRange<UInt64>
    private let level: Int
    private let values: AppendedFile
    private var columns: TimeColumnWriter
    private var index = BlockIndexWriter()
    private var previous: Labels?
    private var minTime = Int64.max
    private var maxTime = Int64.min
    private var sampleCount = 0
    private var isOpen = true
    /// What `abandon` removes.
    private var leftover: String?

    /// - Parameters:
    ///   - directory: Must not exist; what an earlier writer left at its temporary name is removed.
    ///   - generation: The heads whose samples come.
    package init(disk: any Disk, directory: String, generation: ClosedRange<UInt64>, level: Int) throws(StorageError) {
        guard !disk.exists(directory) else { throw StorageError(.invalid, "block \(directory) is there already") }
        self.disk = disk
        self.directory = directory
        self.generation = generation
        self.level = level
        let temporary = directory + ".tmp"
        do throws(DiskError) {
            try disk.removeTree(temporary)
            try disk.createDirectory(temporary)
        } catch {
            throw StorageError(error)
        }
        leftover = temporary
        values = try AppendedFile(disk, temporary + "/" + BlockFormat.valuesName)
        columns = TimeColumnWriter(try AppendedFile(disk, temporary + "/" + BlockFormat.timesName))
        values.buffer = BlockFormat.header(BlockFormat.valuesName)
    }

    /// Adds a series with its samples, times strictly increasing. One without samples is left out.
    ///
    /// - Throws: `.invalid` when the labels do not come after those before, or a disk error; then `abandon`.
    package func add(_ labels: Labels, _ samples: borrowing SampleColumns) throws(StorageError) {
        guard isOpen else { throw StorageError(.closed, "the block is written") }
        let times = samples.times
        let numbers = samples.values
        let count = times.count
        guard count == numbers.count else { throw StorageError(.invalid, "columns of different lengths") }
        guard count > 0 else { return }
        if let previous, Labels.compare(previous, labels) >= 0 {
            throw StorageError(.invalid, "series \(labels) comes after \(previous)")
        }
        previous = labels
        try index.begin(labels, valuesOffset: values.byteCount)
        let timeSpan = times.span
        let valueSpan = numbers.span
        // Pieces of even length, the same for all series of that many samples, so that they share columns of times.
        var chunk: [UInt8] = []
        let pieceCount = (count + BlockFormat.chunkSampleCountTarget - 1) / BlockFormat.chunkSampleCountTarget
        for piece in 0..<pieceCount {
            let range = (count * piece / pieceCount)..<(count * (piece + 1) / pieceCount)
            let column = try columns.number(of: timeSpan.extracting(range))
            chunk.removeAll(keepingCapacity: true)
            ChunkCodec.encodeValues(valueSpan.extracting(range), into: &chunk)
            try values.appendChecked(chunk)
            index.addChunk(column: column, byteCount: chunk.count)
        }
        minTime = min(minTime, timeSpan[0])
        maxTime = max(maxTime, timeSpan[count - 1])
        sampleCount += count
    }

    /// Completes the block: when it returns, the block is there under its name, whatever happens then. When it throws, `abandon`.
    package func finish() throws(StorageError) -> BlockMetadata {
        guard isOpen else { throw StorageError(.closed, "the block is written") }
        isOpen = false
        let indexFile = try AppendedFile(disk, temporary + "/" + BlockFormat.indexName)
        var metadata = BlockMetadata(
            minTime: minTime, maxTime: maxTime, seriesCount: index.seriesCount, sampleCount: sampleCount, byteCount: 0,
            generation: generation, level: level, formatVersion: Int(BlockFormat.version))
        indexFile.buffer = try index.encode(metadata: metadata, columns: columns.records)
        metadata.byteCount = values.byteCount + columns.file.byteCount + indexFile.byteCount
        try values.finish()
        try columns.file.finish()
        try indexFile.finish()
        do throws(DiskError) {
            try disk.syncDirectory(temporary)
            try disk.rename(temporary, to: directory)
            leftover = directory
            try disk.syncDirectory(Self.parent(of: directory))
        } catch {
            throw StorageError(error)
        }
        leftover = nil
        return metadata
    }

    /// Removes what was written, also what a `finish` that threw left; nothing once `finish` has returned.
    package func abandon() {
        isOpen = false
        values.close()
        columns.file.close()
        // What cannot be removed now is removed by the next writer of this name.
        if let leftover { try? disk.removeTree(leftover) }
        leftover = nil
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
