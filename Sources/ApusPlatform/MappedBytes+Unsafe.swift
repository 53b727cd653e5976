internal import Glibc

/// Bytes that do not change while this object lives: a mapped file, or an array in tests.
@safe public final class MappedBytes: Sendable {
    public let count: Int
    // Safe: points to `count` readable bytes owned by this object: a private mapping or an allocation, freed in `deinit`.
    private nonisolated(unsafe) let base: UnsafeRawPointer
    private let isMapping: Bool

    /// - Parameter mapping: From `mmap`, `count` bytes, handed over.
    init(mapping: UnsafeRawPointer, count: Int) {
        unsafe base = mapping
        self.count = count
        isMapping = true
    }

    /// A copy of the bytes.
    public init(_ bytes: [UInt8]) {
        count = bytes.count
        let copy = UnsafeMutableRawPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
        // Safe: both runs hold `count` bytes.
        unsafe bytes.withUnsafeBytes { source in
            if let from = source.baseAddress { unsafe copy.copyMemory(from: from, byteCount: source.count) }
        }
        unsafe base = UnsafeRawPointer(copy)
        isMapping = false
    }

    deinit {
        if isMapping {
            if count > 0 { unsafe munmap(UnsafeMutableRawPointer(mutating: base), count) }
        } else {
            unsafe base.deallocate()
        }
    }

    /// All the bytes, for as long as this object is borrowed.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // Safe: the memory lives as long as self, which the span's lifetime depends on.
            let buffer = unsafe UnsafeBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: count)
            let span = unsafe Span(_unsafeElements: buffer)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Tells the system that the pages are not needed soon; they are read again on the next use.
    public func release() {
        if isMapping && count > 0 { unsafe _ = madvise(UnsafeMutableRawPointer(mutating: base), count, Int32(MADV_DONTNEED)) }
    }
}
