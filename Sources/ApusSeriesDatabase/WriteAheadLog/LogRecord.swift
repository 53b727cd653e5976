internal import ApusBytes

/// The frame of one record, which holds one batch; drawn in `docs/formats/write-ahead-log.md`.
///
///     0   bytes of the payload, 4
///     4   CRC-32C of all that follows, 4
///     8   new series, 4
///     12  samples in order, 4
///     16  late samples, 4
///     20  payload: label runs, samples, late samples
///
/// All numbers little-endian.
enum LogRecord {
    static let headerByteCount = 20

    /// Adds an empty frame; where it starts.
    static func begin(_ bytes: inout [UInt8]) -> Int {
        let start = bytes.count
        for _ in 0..<5 { bytes.appendFixed32(0) }
        return start
    }

    /// Fills in the frame that starts at `start` and reaches to the end.
    static func finish(_ bytes: inout [UInt8], at start: Int, series: Int, samples: Int, late: Int) {
        bytes.storeFixed32(UInt32(bytes.count - start - headerByteCount), at: start)
        bytes.storeFixed32(UInt32(series), at: start + 8)
        bytes.storeFixed32(UInt32(samples), at: start + 12)
        bytes.storeFixed32(UInt32(late), at: start + 16)
        let checksum = crc32c(bytes.span.extracting((start + 8)..<bytes.count))
        bytes.storeFixed32(checksum, at: start + 4)
    }
}
