internal import ApusBytes

/// What a block says of itself; kept in its index.
package struct BlockMetadata: Sendable, Equatable {
    /// Of the samples, milliseconds since 1970 UTC, both inclusive. Of a block without samples, `minTime` lies behind `maxTime`.
    package var minTime: Int64
    package var maxTime: Int64
    package var seriesCount: Int
    package var sampleCount: Int
    /// Of all its files together.
    package var byteCount: Int
    /// The heads whose samples it holds.
    package var generation: ClosedRange<UInt64>
    /// 0 as written from a head, one more for each merge.
    package var level: Int
    package var formatVersion: Int

    package init(
        minTime: Int64, maxTime: Int64, seriesCount: Int, sampleCount: Int, byteCount: Int, generation: ClosedRange<UInt64>, level: Int,
        formatVersion: Int
    ) {
        self.minTime = minTime
        self.maxTime = maxTime
        self.seriesCount = seriesCount
        self.sampleCount = sampleCount
        self.byteCount = byteCount
        self.generation = generation
        self.level = level
        self.formatVersion = formatVersion
    }

    /// The form in the index; `byteCount` and `formatVersion` are known from the files themselves.
    func encode(into bytes: inout [UInt8]) {
        for number in [
            UInt64(bitPattern: minTime), UInt64(bitPattern: maxTime), UInt64(seriesCount), UInt64(sampleCount), generation.lowerBound,
            generation.upperBound, UInt64(level),
        ] { bytes.appendFixed64(number) }
    }

    static let encodedByteCount = 7 * 8

    init(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, byteCount: Int, formatVersion: Int
    ) throws(StorageError) {
        var reader = ByteReader(offset: range.lowerBound, end: range.upperBound)
        do throws(DecodingError) {
            let minTime = Int64(bitPattern: try reader.fixed64(bytes))
            let maxTime = Int64(bitPattern: try reader.fixed64(bytes))
            let series = try reader.fixed64(bytes)
            let samples = try reader.fixed64(bytes)
            let first = try reader.fixed64(bytes)
            let last = try reader.fixed64(bytes)
            let level = try reader.fixed64(bytes)
            guard first <= last, let seriesCount = Int(exactly: series), seriesCount <= UInt32.max, let sampleCount = Int(exactly: samples),
                let level = Int(exactly: level)
            else { throw DecodingError("impossible numbers", at: range.lowerBound) }
            self.init(
                minTime: minTime, maxTime: maxTime, seriesCount: seriesCount, sampleCount: sampleCount, byteCount: byteCount,
                generation: first...last, level: level, formatVersion: formatVersion)
        } catch {
            throw StorageError(.corruption, "metadata of block: \(error)", cause: error)
        }
    }
}
