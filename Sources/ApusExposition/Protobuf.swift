internal import ApusBytes

/// How a protobuf field's value is written.
enum ProtobufWireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case groupStart = 3
    case groupEnd = 4
    case fixed32 = 5
}

/// The tag in front of a value.
struct ProtobufField {
    var number: UInt32
    var wireType: ProtobufWireType

    /// Known fields with another wire type than their schema's are refused, as Prometheus does.
    @inline(__always)
    func expect(_ wireType: ProtobufWireType, at offset: Int) throws(DecodingError) {
        guard self.wireType == wireType else { throw DecodingError("field has another wire type", at: offset) }
    }
}

extension ByteReader {
    @inline(__always)
    mutating func field(_ bytes: borrowing Span<UInt8>) throws(DecodingError) -> ProtobufField {
        let at = offset
        let tag = try varint(bytes)
        guard let wireType = ProtobufWireType(rawValue: UInt8(tag & 7)), let number = UInt32(exactly: tag >> 3),
            number > 0, number < 1 << 29
        else { throw DecodingError("not a protobuf tag", at: at) }
        return ProtobufField(number: number, wireType: wireType)
    }

    /// The range of a length-delimited field.
    @inline(__always)
    mutating func message(_ bytes: borrowing Span<UInt8>, of field: ProtobufField) throws(DecodingError) -> Range<Int> {
        try field.expect(.lengthDelimited, at: offset)
        return try run(bytes)
    }

    /// A string field.
    mutating func text(_ bytes: borrowing Span<UInt8>, of field: ProtobufField) throws(DecodingError) -> String {
        let range = try message(bytes, of: field)
        guard let text = string(bytes, range) else { throw DecodingError("text is not UTF-8", at: range.lowerBound) }
        return text
    }

    /// Passes over the value of a field; groups, which nobody writes any more, with all that is in them.
    mutating func skip(_ bytes: borrowing Span<UInt8>, _ field: ProtobufField) throws(DecodingError) {
        var field = field
        var depth = 0
        while true {
            switch field.wireType {
            case .varint: _ = try varint(bytes)
            case .fixed64: try skip(8)
            case .lengthDelimited: _ = try run(bytes)
            case .fixed32: try skip(4)
            case .groupStart: depth += 1
            case .groupEnd:
                guard depth > 0 else { throw DecodingError("group ends that did not begin", at: offset) }
                depth -= 1
            }
            if depth == 0 { return }
            field = try self.field(bytes)
        }
    }

    /// A run whose length is written in as few bytes as it can be.
    mutating func canonicalRun(_ bytes: borrowing Span<UInt8>) throws(DecodingError) -> Range<Int> {
        let at = offset
        let range = try run(bytes)
        guard range.lowerBound - at == varintByteCount(range.count) else {
            throw DecodingError("length is padded", at: at)
        }
        return range
    }
}
