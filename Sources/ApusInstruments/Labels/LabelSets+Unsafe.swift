internal import ApusBytes

/// Hash and equality of label sets as callers hand them over: pairs of a name and a value, in any order.
enum LabelSets {
    /// Equal for equal sets in any order. Of the names only their lengths count: within a family they hardly ever differ.
    @inline(__always)
    static func hash(_ pairs: [(String, String)], seed: UInt64) -> UInt {
        // Safe: a struct of two strings lies in memory as a tuple of two strings does, and the buffer does not leave the closure.
        unsafe pairs.withUnsafeBufferPointer { pairs in
            guard let base = pairs.baseAddress else { return 0 }
            let pinned = unsafe UnsafeRawPointer(base).assumingMemoryBound(to: PinnedPair.self)
            var sum: UInt64 = 0
            for i in 0..<pairs.count { unsafe sum &+= pinned[i].hash(seed) }
            return UInt(truncatingIfNeeded: sum ^ (sum >> 32))
        }
    }

    @inline(__always)
    static func hash(_ text: borrowing String, seed: UInt64) -> UInt64 {
        let span = text.utf8Span.span
        return hash64(span, 0..<span.count, seed: seed)
    }

    /// The same names with the same values. Pairs in the same order are the quick case.
    @inline(__always)
    static func areEqual(_ a: [(String, String)], _ b: [(String, String)]) -> Bool {
        guard a.count == b.count else { return false }
        // Callers who keep their labels hand over the very array that the series keeps.
        if unsafe a.withUnsafeBufferPointer({ a in unsafe b.withUnsafeBufferPointer { b in unsafe a.baseAddress == b.baseAddress } }) { return true }
        for i in 0..<a.count where a[i].0 != b[i].0 || a[i].1 != b[i].1 { return areEqualInAnyOrder(a, b) }
        return true
    }

    /// Names are unique in `a`.
    @inline(never)
    private static func areEqualInAnyOrder(_ a: [(String, String)], _ b: [(String, String)]) -> Bool {
        for pair in a {
            guard let other = b.first(where: { $0.0 == pair.0 }), other.1 == pair.1 else { return false }
        }
        return true
    }
}

/// A pair that can only be read in place: a copy would count references to its strings, and threads that use the same
/// labels would wait for each other's counts.
private struct PinnedPair: ~Copyable {
    let name: String
    let value: String

    @inline(__always)
    borrowing func hash(_ seed: UInt64) -> UInt64 {
        LabelSets.hash(value, seed: seed &+ UInt64(truncatingIfNeeded: name.utf8.count) &* 0x9E37_79B9_7F4A_7C15)
    }
}
