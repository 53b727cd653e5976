public import CApusIntrinsics

/// Eight bytes at `offset`, little-endian.
@inlinable
public func loadLittleEndian64(_ bytes: borrowing Span<UInt8>, at offset: Int) -> UInt64 {
    precondition(offset >= 0 && bytes.count - offset >= 8, "eight bytes at the offset")
    // Safe: bounds were checked in the line above, and the read needs no alignment.
    return unsafe bytes.withUnsafeBufferPointer { buffer in
        UInt64(littleEndian: unsafe UnsafeRawPointer(buffer.baseAddress!).loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), with the processor's instruction where it has one: some 10 bytes a nanosecond.
///
/// - Parameter seed: The checksum of what came before, 0 at the start.
public func crc32c(_ bytes: borrowing Span<UInt8>, seed: UInt32 = 0) -> UInt32 {
    // Safe: C reads `count` bytes of the span and keeps no pointer.
    unsafe bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return seed }
        return unsafe capus_crc32c(seed, base, UInt64(buffer.count))
    }
}

/// Whether two runs hold the same bytes; `memcmp` under bounds checks.
@inlinable
public func bytesEqual(
    _ a: borrowing Span<UInt8>, _ aRange: Range<Int>, _ b: borrowing Span<UInt8>, _ bRange: Range<Int>
) -> Bool {
    guard aRange.count == bRange.count else { return false }
    return compareBytes(a, aRange, b, bRange) == 0
}

/// Order of two runs as unsigned bytes: negative, zero or positive.
@inlinable
public func compareBytes(
    _ a: borrowing Span<UInt8>, _ aRange: Range<Int>, _ b: borrowing Span<UInt8>, _ bRange: Range<Int>
) -> Int {
    precondition(aRange.lowerBound >= 0 && aRange.upperBound <= a.count, "range inside the first span")
    precondition(bRange.lowerBound >= 0 && bRange.upperBound <= b.count, "range inside the second span")
    let common = min(aRange.count, bRange.count)
    // Safe: both ranges were checked against their spans, and the pointers stay in the closures.
    let order = unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b -> Int in
            guard common > 0, let p = a.baseAddress, let q = b.baseAddress else { return 0 }
            return Int(unsafe capus_compare(p + aRange.lowerBound, q + bRange.lowerBound, UInt64(common)))
        }
    }
    return order != 0 ? order : aRange.count - bRange.count
}

/// Asks the processor for the element's cache line; a hint that costs about a nanosecond. An index out of bounds is ignored.
@inlinable
public func prefetch<Element>(_ elements: borrowing Span<Element>, at index: Int) {
    guard index >= 0, index < elements.count else { return }
    // Safe: the address lies in the span, and a prefetch neither faults nor keeps it.
    unsafe elements.withUnsafeBufferPointer { unsafe capus_prefetch($0.baseAddress! + index) }
}

/// A 64-bit hash of a run of bytes, some 10 bytes a nanosecond (wyhash's mixing, Wang Yi, final version 4).
///
/// - Parameter seed: Secret and random per process where input comes from outside, so that nobody can aim at collisions.
@inlinable
public func hash64(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, seed: UInt64) -> UInt64 {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "range inside the span")
    // Safe: the range was checked, C reads it and keeps no pointer.
    return unsafe bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return seed }
        return unsafe capus_hash(base + range.lowerBound, UInt64(range.count), seed)
    }
}

/// Appends a run of a span to an array in one copy.
@inlinable
public func append(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, to array: inout [UInt8]) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "range inside the span")
    // Safe: the range was checked and the slice does not leave the closure.
    unsafe bytes.withUnsafeBufferPointer { unsafe array.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
}

/// A run of UTF-8 as a string; nil when it is not valid UTF-8.
@inlinable
public func string(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> String? {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "range inside the span")
    // Safe: the range was checked and String copies the bytes.
    return unsafe bytes.withUnsafeBufferPointer { unsafe String(validating: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self) }
}
