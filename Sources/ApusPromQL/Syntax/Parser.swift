public import ApusSelection

/// What the parser accepts beyond Prometheus's defaults, and how much of it.
public struct ParserOptions: Sendable, Equatable {
    /// `mad_over_time`, `info`, `limitk` and their kin.
    public var allowsExperimentalFunctions = false
    /// Arithmetic in the place of durations.
    public var allowsDurationExpressions = false
    /// The longest text, in UTF-8 bytes.
    public var byteCountMax = 1 << 20
    /// How deep the tree may be, a chain of binary operations included; whoever walks it recursively relies on it.
    public var depthMax = 1000
    /// How deep parentheses, calls and signs may nest; the parser itself recurses so deep and takes less than 2 MiB of stack for it.
    public var nestingMax = 250

    public init() {}
}

/// Reads PromQL as Prometheus 3.5 does, its messages for faults included.
public enum Parser {
    /// The checked tree of a query.
    ///
    /// - Throws: The first fault, of syntax before types. No text traps or exhausts the stack.
    /// - Complexity: O(bytes).
    public static func parse(_ text: String, options: ParserOptions = ParserOptions()) throws(ParseError) -> Expression {
        var parser = try SyntaxParser(text, options: options)
        var expression = try parser.wholeExpression()
        try TypeChecker(bytes: parser.lexer.bytes).check(&expression)
        return expression
    }

    /// The matchers of a lone selector, as in `match[]`: `up{job="a"}`, without a range, `offset` or `@`.
    ///
    /// A selector that matches every series is accepted here, as by Prometheus's own parser; see `isUnbounded`.
    ///
    /// - Throws: The first fault.
    public static func parseSelector(_ text: String, options: ParserOptions = ParserOptions()) throws(ParseError) -> [Matcher] {
        var parser = try SyntaxParser(text, options: options)
        return try parser.wholeSelector()
    }

    /// Whether a series without any labels would pass, so that the selector may name all series there are; the API refuses such a
    /// `match[]` with "match[] must contain at least one non-empty matcher".
    public static func isUnbounded(_ matchers: [Matcher]) -> Bool { matchers.allSatisfy(\.matchesEmpty) }
}
