/// Where bytes could not be read as what they should be.
public struct DecodingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Offset in the input at which the fault was seen.
    public let offset: Int
    public let reason: StaticString

    public init(_ reason: StaticString, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public static func == (a: DecodingError, b: DecodingError) -> Bool {
        a.offset == b.offset && a.reason.description == b.reason.description
    }

    public var description: String { "\(reason) at byte \(offset)" }
}

/// A position in bytes that somebody else wrote. Every read is bounds-checked and throws; none traps.
///
/// The reader holds no bytes: each call is given the same span, so it can be kept in a struct without lifetimes.
public struct ByteReader: Sendable {
    public var offset: Int
    public var end: Int

    @inlinable
    public init(offset: Int = 0, end: Int) {
        self.offset = offset
        self.end = end
    }

    @inlinable public var isAtEnd: Bool { offset >= end }
    @inlinable public var remaining: Int { end - offset }

    @inlinable
    public mutating func byte(_ bytes: borrowing Span<UInt8>) throws(DecodingError) -> UInt8 {
        guard offset < end else { throw DecodingError("bytes end early", at: offset) }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// An unsigned LEB128 number of at most ten bytes.
    @inlinable
    public mutating func varint(_ bytes: borrowing Span<UInt8>) throws(DecodingError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        var at = offset
        while at < end {
            let byte = bytes[at]
            at += 1
            result |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 {
                if shift == 63 && byte > 1 { throw DecodingError("varint overflows 64 bits", at: offset) }
                offset = at
                return result
            }
            shift += 7
            if shift > 63 { throw DecodingError("varint longer than 10 bytes", at: offset) }
        }
        throw DecodingError("bytes end in a varint", at: offset)
    }

    /// A count or length: a varint that fits the bytes that are left when each item takes at least `itemByteCount`.
    @inlinable
    public mutating func count(
        _ bytes: borrowing Span<UInt8>, itemByteCount: Int = 1
    ) throws(DecodingError) -> Int {
        let at = offset
        let value = try varint(bytes)
        guard value <= UInt64(max(0, end - offset) / max(1, itemByteCount)) else {
            throw DecodingError("length passes the end", at: at)
        }
        return Int(value)
    }

    /// A length-delimited run: its range in the bytes.
    @inlinable
    public mutating func run(_ bytes: borrowing Span<UInt8>) throws(DecodingError) -> Range<Int> {
        let count = try self.count(bytes)
        let range = offset..<(offset + count)
        offset += count
        return range
    }

    @inlinable
    public mutating func zigzag(_ bytes: borrowing Span<UInt8>) throws(DecodingError) -> Int64 {
        let raw = try varint(bytes)
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    /// Little-endian.
    @inlinable
    public mutating func fixed64(_ bytes: borrowing Span<UInt8>) throws(DecodingError) -> UInt64 {
        guard end - offset >= 8 else { throw DecodingError("bytes end in a 64-bit number", at: offset) }
        let value = loadLittleEndian64(bytes, at: offset)
        offset += 8
        return value
    }

    /// Little-endian.
    @inlinable
    public mutating func fixed32(_ bytes: borrowing Span<UInt8>) throws(DecodingError) -> UInt32 {
        guard end - offset >= 4 else { throw DecodingError("bytes end in a 32-bit number", at: offset) }
        var value: UInt32 = 0
        for i in 0..<4 { value |= UInt32(bytes[offset &+ i]) &<< UInt32(8 &* i) }
        offset += 4
        return value
    }

    @inlinable
    public mutating func skip(_ count: Int) throws(DecodingError) {
        guard count >= 0, count <= end - offset else { throw DecodingError("bytes end early", at: offset) }
        offset += count
    }
}
