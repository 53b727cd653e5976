public import ApusModel
public import ApusRegex
internal import ApusBytes

/// One condition on a label: `name="value"`, `name!="value"`, `name=~"pattern"` or `name!~"pattern"`.
///
/// A label that a series does not have counts as the empty string.
public struct Matcher: Sendable {
    public enum Operation: String, Sendable, Hashable {
        case equal = "="
        case notEqual = "!="
        case matches = "=~"
        case doesNotMatch = "!~"
    }

    public let name: String
    public let operation: Operation
    /// The text, or the regular expression's pattern.
    public let value: String
    /// UTF-8 of `name`.
    public let nameBytes: [UInt8]
    /// UTF-8 of `value`.
    public let valueBytes: [UInt8]
    /// When a pattern is only a choice of fixed texts (`a|b|c`), those texts: an index then looks them up.
    public let alternatives: [String]?
    /// Fixed bytes that each match of the pattern starts with; empty when there are none.
    public let prefixBytes: [UInt8]
    let expression: RegularExpression?

    /// - Throws: When the pattern of `=~` or `!~` is not a regular expression.
    public init(_ name: String, _ operation: Operation, _ value: String) throws(RegularExpression.SyntaxError) {
        self.name = name
        self.operation = operation
        self.value = value
        nameBytes = Array(name.utf8)
        valueBytes = Array(value.utf8)
        switch operation {
        case .equal, .notEqual:
            expression = nil
            alternatives = nil
            prefixBytes = valueBytes
        case .matches, .doesNotMatch:
            expression = try RegularExpression(value)
            alternatives = Self.alternatives(of: value)
            prefixBytes = Self.prefix(of: value)
        }
    }

    /// Whether the operation is `!=` or `!~`.
    public var isNegative: Bool { operation == .notEqual || operation == .doesNotMatch }

    /// Whether a series without the label passes.
    public var matchesEmpty: Bool { matches("") }

    /// Whether a label's value, a run of UTF-8, passes.
    public func matches(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        switch operation {
        case .equal: bytesEqual(bytes, range, valueBytes.span, 0..<valueBytes.count)
        case .notEqual: !bytesEqual(bytes, range, valueBytes.span, 0..<valueBytes.count)
        case .matches: expression?.matches(bytes, range) ?? false
        case .doesNotMatch: !(expression?.matches(bytes, range) ?? false)
        }
    }

    public func matches(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return matches(bytes.span, 0..<bytes.count)
    }

    /// Whether a series passes.
    public func matches(_ labels: Labels) -> Bool {
        guard let range = labels.range(of: nameBytes) else { return matchesEmpty }
        return matches(labels.bytes.span, range)
    }

    /// Patterns are taken apart by their bytes: a combining mark would make one character of itself and a special one.
    private static let special = Set("\\.+*?()|[]{}^$".utf8)

    /// The texts of `a|b|c` or `(a|b|c)` when no part has a special character.
    private static func alternatives(of pattern: String) -> [String]? {
        var inside = Array(pattern.utf8)[...]
        if inside.first == UInt8(ascii: "("), inside.last == UInt8(ascii: ")") { inside = inside.dropFirst().dropLast() }
        if inside.starts(with: "?:".utf8) { inside = inside.dropFirst(2) }
        let parts = inside.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        guard parts.count <= 1024, parts.allSatisfy({ !$0.contains(where: special.contains) }) else { return nil }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func prefix(of pattern: String) -> [UInt8] {
        let bytes = Array(pattern.utf8)
        guard !bytes.contains(UInt8(ascii: "|")) else { return [] }
        var plain = bytes.prefix { !special.contains($0) }
        guard plain.count < bytes.count else { return bytes }
        // The character before a quantifier is not fixed.
        if "*?{".utf8.contains(bytes[plain.endIndex]) {
            while let last = plain.popLast(), last & 0xc0 == 0x80 {}
        }
        return Array(plain)
    }
}

extension Matcher: Hashable {
    public static func == (a: Matcher, b: Matcher) -> Bool {
        a.name == b.name && a.operation == b.operation && a.value == b.value
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(operation)
        hasher.combine(value)
    }
}

extension Matcher: CustomStringConvertible {
    public var description: String {
        "\(LabelName.isLegacy(name) ? name : LabelName.quoted(name))\(operation.rawValue)\(LabelName.quoted(value))"
    }
}
