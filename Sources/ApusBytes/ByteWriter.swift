/// The counterparts of `ByteReader`, on a plain array of bytes.
extension [UInt8] {
    @inlinable
    public mutating func appendVarint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(UInt8(truncatingIfNeeded: value))
    }

    @inlinable
    public mutating func appendZigzag(_ value: Int64) {
        appendVarint(UInt64(bitPattern: (value &<< 1) ^ (value &>> 63)))
    }

    /// Little-endian.
    @inlinable
    public mutating func appendFixed64(_ value: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { append(UInt8(truncatingIfNeeded: value &>> shift)) }
    }

    /// Little-endian.
    @inlinable
    public mutating func appendFixed32(_ value: UInt32) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { append(UInt8(truncatingIfNeeded: value &>> shift)) }
    }

    /// A length, then the bytes.
    @inlinable
    public mutating func appendRun(_ bytes: some Collection<UInt8>) {
        appendVarint(UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    /// Overwrites four bytes at `offset`, little-endian.
    @inlinable
    public mutating func storeFixed32(_ value: UInt32, at offset: Int) {
        for i in 0..<4 { self[offset + i] = UInt8(truncatingIfNeeded: value &>> UInt32(8 * i)) }
    }
}
