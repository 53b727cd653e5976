internal import CApusRE2

/// A regular expression in RE2's syntax, always matched against the whole text, as Prometheus does (`^(?s:…)$`).
///
/// Matching is linear in the text whatever the pattern (RE2), so nobody can hang the server with one.
@safe public final class RegularExpression: Sendable {
    public struct SyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
        public let pattern: String
        public let reason: String
        public var description: String { "regular expression \"\(pattern)\": \(reason)" }
    }

    public let pattern: String
    // Safe: RE2 is immutable once compiled and its matching is thread-safe; freed in `deinit`.
    private nonisolated(unsafe) let compiled: OpaquePointer

    /// - Throws: RE2's reason when the pattern does not compile or would take more than 16 MiB.
    public init(_ pattern: String) throws(SyntaxError) {
        self.pattern = pattern
        let bytes = Array(pattern.utf8)
        var reason = [CChar](repeating: 0, count: 256)
        // Safe: C copies the pattern and writes at most the given count into `reason`.
        let made = unsafe bytes.withUnsafeBufferPointer { pattern in
            unsafe reason.withUnsafeMutableBufferPointer { reason in
                let nothing: [UInt8] = [0]
                return unsafe nothing.withUnsafeBufferPointer { empty in
                    unsafe capus_re2_new(pattern.baseAddress ?? empty.baseAddress, pattern.count, reason.baseAddress, reason.count)
                }
            }
        }
        guard let made = unsafe made else {
            throw SyntaxError(
                pattern: pattern, reason: String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        unsafe compiled = made
    }

    deinit { unsafe capus_re2_free(compiled) }

    public var groupCount: Int { unsafe Int(capus_re2_group_count(compiled)) }

    /// The number of the named group `(?P<name>…)`, nil when there is none.
    public func group(named name: String) -> Int? {
        let bytes = Array(name.utf8)
        let found = unsafe bytes.withUnsafeBufferPointer { unsafe capus_re2_group_named(compiled, $0.baseAddress, $0.count) }
        return found < 0 ? nil : Int(found)
    }

    /// Whether the whole run matches.
    public func matches(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "range inside the span")
        // Safe: the range was checked; C reads it and keeps no pointer.
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return matchesEmpty() }
            return unsafe capus_re2_full_match(compiled, base + range.lowerBound, range.count)
        }
    }

    public func matches(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return matches(bytes.span, 0..<bytes.count)
    }

    /// The groups of a whole match, the match itself first; nil for a group that took no part; nil when the text does not match.
    public func captures(_ text: String) -> [Range<Int>?]? {
        let bytes = Array(text.utf8) + [0]
        let groups = groupCount + 1
        var offsets = [Int64](repeating: -1, count: 2 * groups)
        // Safe: `offsets` holds two numbers for each of the groups asked for; the text is one byte longer than matched.
        let matched = unsafe bytes.withUnsafeBufferPointer { text in
            unsafe offsets.withUnsafeMutableBufferPointer { offsets in
                unsafe capus_re2_captures(compiled, text.baseAddress, text.count - 1, offsets.baseAddress, Int32(groups))
            }
        }
        guard matched else { return nil }
        return (0..<groups).map { offsets[2 * $0] < 0 ? nil : Int(offsets[2 * $0])..<Int(offsets[2 * $0 + 1]) }
    }

    private func matchesEmpty() -> Bool {
        let nothing: [UInt8] = [0]
        return unsafe nothing.withUnsafeBufferPointer { unsafe capus_re2_full_match(compiled, $0.baseAddress, 0) }
    }
}
