internal import ApusBytes
internal import ApusModel

/// What the head keeps at hand of each series: the end that grows. Its open slot lies beside it in `SlotStore`.
struct SeriesCell {
    static let none = UInt32.max

    /// The last in-order sample.
    var last = SampleState()
    /// The earliest time of all, milliseconds since 1970 UTC.
    var minTime = Int64.max
    /// The newest full slot, the start of the chain of them.
    var newestSlot = none
    /// The newest sample that came behind a later one, the start of the chain of them.
    var newestLate = none
    /// Bytes used and samples in the open slot; 0 samples only before the first one.
    var usedByteCount: UInt8 = 0
    var openCount: UInt8 = 0

    var isEmpty: Bool { openCount == 0 }
}

/// A slot holds up to 255 successive samples of one series in 128 bytes, readable without those before it:
///
///     0   first time, 8 bytes
///     8   first value, 8 bytes
///     16  step after the first sample, 4 bytes
///     20  the slot before it in the series, 4 bytes (set when full)
///     24  samples
///     25  bytes used
///     26  the other samples, `SampleCodec`
enum Slot {
    static let byteCount = 128
    static let headerByteCount = 26

    /// Decodes the slot that starts at `start`, appending the samples inside `range`; stops early at a fault.
    static func appendSamples(
        _ bytes: borrowing Span<UInt8>, at start: Int, count: Int, used: Int, in range: ClosedRange<Int64>,
        to columns: inout SampleColumns
    ) {
        var state = SampleState(
            time: Int64(bitPattern: loadLittleEndian64(bytes, at: start)),
            bits: loadLittleEndian64(bytes, at: start + 8),
            step: Int32(truncatingIfNeeded: loadLittleEndian64(bytes, at: start + 16)))
        var at = start + headerByteCount
        let end = min(start + used, bytes.count)
        var left = count
        while left > 0 {
            if state.time > range.upperBound { return }
            if state.time >= range.lowerBound {
                columns.times.append(state.time)
                columns.values.append(Double(bitPattern: state.bits))
            }
            left -= 1
            if left == 0 { return }
            guard let taken = SampleCodec.decode(bytes, at: at, end: end, after: &state) else { return }
            at += taken
        }
    }
}
