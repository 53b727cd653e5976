internal import ApusBytes

/// Where the labels at the beginning of a series end, nil when one of them is not in the form that `Labels` keeps:
/// shortest lengths, name before value, nothing else in it, a value that is not empty.
func canonicalLabelsEnd(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Int? {
    var offset = range.lowerBound
    let end = range.upperBound
    while offset < end && bytes[offset] == 0x0a {
        guard let next = shortLabelEnd(bytes, offset, end) ?? longLabelEnd(bytes, offset, end) else { return nil }
        offset = next
    }
    return offset
}

/// A label whose lengths all take one byte: `0a length 0a n name 12 v value` with length == n + v + 4.
@inline(__always)
private func shortLabelEnd(_ bytes: borrowing Span<UInt8>, _ offset: Int, _ end: Int) -> Int? {
    guard end &- offset >= 8 else { return nil }
    let head = loadLittleEndian64(bytes, at: offset)
    let length = Int(head >> 8 & 0xff)
    let nameCount = Int(head >> 24 & 0xff)
    let next = offset &+ 2 &+ length
    let valueAt = offset &+ 4 &+ nameCount
    // The second line keeps the reads in bounds and makes `nameCount < length < 128`.
    guard head & 0xff_00ff == 0x0a_000a, length < 0x80, next <= end, valueAt &+ 2 < next,
        bytes[valueAt] == 0x12, Int(bytes[valueAt &+ 1]) == next &- valueAt &- 2
    else { return nil }
    return next
}

/// A label of any length.
@inline(never)
private func longLabelEnd(_ bytes: borrowing Span<UInt8>, _ offset: Int, _ end: Int) -> Int? {
    var reader = ByteReader(offset: offset &+ 1, end: end)
    do throws(DecodingError) {
        let label = try reader.canonicalRun(bytes)
        reader.offset = label.lowerBound
        reader.end = label.upperBound
        guard try reader.byte(bytes) == 0x0a else { return nil }
        _ = try reader.canonicalRun(bytes)
        guard try reader.byte(bytes) == 0x12 else { return nil }
        let value = try reader.canonicalRun(bytes)
        guard !value.isEmpty && reader.isAtEnd else { return nil }
        return label.upperBound
    } catch {
        return nil
    }
}

/// Appends `0a length 0a n name 12 v value`.
func appendCanonicalLabel(
    _ bytes: borrowing Span<UInt8>, name: Range<Int>, value: Range<Int>, to output: inout [UInt8]
) {
    output.append(0x0a)
    output.appendVarint(
        UInt64(2 + varintByteCount(name.count) + name.count + varintByteCount(value.count) + value.count))
    output.append(0x0a)
    output.appendVarint(UInt64(name.count))
    append(bytes, name, to: &output)
    output.append(0x12)
    output.appendVarint(UInt64(value.count))
    append(bytes, value, to: &output)
}

/// Bytes of the shortest varint of a length.
func varintByteCount(_ value: Int) -> Int { max(1, (70 - UInt64(value).leadingZeroBitCount) / 7) }

/// A sample as every sender writes it, `12 length 09 value 10 time`, at the reader's offset; nil leaves the reader there.
@inline(__always)
func plainSample(_ bytes: borrowing Span<UInt8>, _ reader: inout ByteReader) -> (time: Int64, value: Double)? {
    let offset = reader.offset
    // Twenty bytes: up to the end of an eight-byte time. The last sample of a request has fewer behind it.
    guard bytes.count &- offset >= 20 else { return nil }
    let head = loadLittleEndian64(bytes, at: offset)
    let length = Int(head >> 8 & 0xff)
    guard head & 0xff_00ff == 0x09_0012, length >= 11, length <= 18, bytes[offset &+ 11] == 0x10,
        offset &+ 2 &+ length <= reader.end
    else { return nil }
    let raw = loadLittleEndian64(bytes, at: offset &+ 12)
    // The first byte without a continuation bit ends the number, and has to be the last of the message.
    let stops = ~raw & 0x8080_8080_8080_8080
    guard stops.trailingZeroBitCount >> 3 == length &- 11 else { return nil }
    var bits = raw & (stops ^ (stops &- 1)) & 0x7f7f_7f7f_7f7f_7f7f
    bits = (bits & 0x007f_007f_007f_007f) | (bits & 0x7f00_7f00_7f00_7f00) >> 1
    bits = (bits & 0x0000_3fff_0000_3fff) | (bits & 0x3fff_0000_3fff_0000) >> 2
    bits = (bits & 0x0fff_ffff) | (bits & 0x0fff_ffff_0000_0000) >> 4
    reader.offset = offset &+ 2 &+ length
    return (Int64(bitPattern: bits), Double(bitPattern: loadLittleEndian64(bytes, at: offset &+ 3)))
}
