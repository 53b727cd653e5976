/// Writes eight bytes at `offset`, little-endian.
@inlinable
public func storeLittleEndian64(_ value: UInt64, in bytes: inout MutableSpan<UInt8>, at offset: Int) {
    precondition(offset >= 0 && bytes.count - offset >= 8, "room for eight bytes at the offset")
    // Safe: bounds were checked in the line above, and the write needs no alignment.
    unsafe bytes.withUnsafeMutableBufferPointer { buffer in
        unsafe UnsafeMutableRawPointer(buffer.baseAddress!).storeBytes(
            of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
}

/// Copies a run of one span over the bytes of another from `offset` on; `memcpy` under bounds checks.
@inlinable
public func copyBytes(
    _ source: borrowing Span<UInt8>, _ range: Range<Int>, to bytes: inout MutableSpan<UInt8>, at offset: Int
) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count, "range inside the source")
    precondition(offset >= 0 && bytes.count - offset >= range.count, "room for the run at the offset")
    guard !range.isEmpty else { return }
    // Safe: both ranges were checked, and exclusive access to the target means that they do not overlap.
    unsafe source.withUnsafeBufferPointer { from in
        unsafe bytes.withUnsafeMutableBufferPointer { to in
            unsafe UnsafeMutableRawPointer(to.baseAddress! + offset).copyMemory(
                from: UnsafeRawPointer(from.baseAddress! + range.lowerBound), byteCount: range.count)
        }
    }
}
