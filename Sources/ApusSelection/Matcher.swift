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

    private static let special = Set("\\.+*?()|[]{}^$")

    /// The texts of `a|b|c` or `(a|b|c)` when no part has a special character.
    private static func alternatives(of pattern: String) -> [String]? {
        var inside = Substring(pattern)
        if inside.hasPrefix("(") && inside.hasSuffix(")") { inside = inside.dropFirst().dropLast() }
        if inside.hasPrefix("?:") { inside = inside.dropFirst(2) }
        let parts = inside.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count <= 1024, parts.allSatisfy({ !$0.contains(where: special.contains) }) else { return nil }
        return parts.map(String.init)
    }

    private static func prefix(of pattern: String) -> [UInt8] {
        guard !pattern.contains("|") else { return [] }
        let plain = pattern.prefix { !special.contains($0) }
        guard plain.endIndex < pattern.endIndex else { return Array(plain.utf8) }
        // The character before a quantifier is not fixed.
        let next = pattern[plain.endIndex]
        return Array((next == "*" || next == "?" || next == "{" ? plain.dropLast() : plain).utf8)
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
