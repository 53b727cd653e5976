internal import ApusBytes
internal import ApusPlatform

/// Walks the chunks of a block's series one after another, from the first series of a group.
struct SeriesChunksCursor {
    /// Its values are `byteCount` bytes at `offset`, then a checksum; its times are column `column`.
    struct Chunk {
        var column: Int
        var offset: Int
        var byteCount: Int
    }

    /// The series that `begin` starts on.
    private(set) var series: Int
    private var reader = ByteReader(end: 0)
    private var column = 0
    private var valuesOffset = 0

    /// A cursor before `series`, which is one of the block's.
    init(_ index: BlockIndex, before series: Int) throws(StorageError) {
        self.series = series - series % BlockFormat.groupSeriesCount
        while self.series < series { try skip(index) }
    }

    /// Moves on to `series`, which does not lie behind.
    mutating func advance(_ index: BlockIndex, to series: Int) throws(StorageError) {
        self.series = max(self.series, series - series % BlockFormat.groupSeriesCount)
        while self.series < series { try skip(index) }
    }

    private mutating func skip(_ index: BlockIndex) throws(StorageError) {
        for _ in 0..<(try begin(index)) { _ = try nextChunk(index) }
    }

    /// Starts on the next series; `nextChunk` must then be called as often as the result says.
    ///
    /// - Returns: The number of its chunks.
    mutating func begin(_ index: BlockIndex) throws(StorageError) -> Int {
        if series % BlockFormat.groupSeriesCount == 0 {
            let group = try index.chunks(ofGroup: series / BlockFormat.groupSeriesCount)
            reader = ByteReader(offset: group.list.lowerBound, end: group.list.upperBound)
            valuesOffset = group.valuesOffset
            column = 0
        }
        series += 1
        do throws(DecodingError) {
            return try reader.count(index.mapped.span, itemByteCount: 2)
        } catch {
            throw damage(error)
        }
    }

    mutating func nextChunk(_ index: BlockIndex) throws(StorageError) -> Chunk {
        do throws(DecodingError) {
            return try readChunk(index.mapped.span)
        } catch {
            throw damage(error)
        }
    }

    private mutating func readChunk(_ bytes: borrowing Span<UInt8>) throws(DecodingError) -> Chunk {
        let step = try reader.zigzag(bytes)
        let byteCount = try reader.varint(bytes)
        guard byteCount <= UInt32.max, step.magnitude <= UInt64(UInt32.max) else {
            throw DecodingError("chunk of impossible size", at: reader.offset)
        }
        column &+= Int(step)
        let chunk = Chunk(column: column, offset: valuesOffset, byteCount: Int(byteCount))
        valuesOffset &+= Int(byteCount) &+ 4
        return chunk
    }

    private func damage(_ error: DecodingError) -> StorageError {
        StorageError(.corruption, "index of a block: chunks of series \(series - 1): \(error)", cause: error)
    }
}
