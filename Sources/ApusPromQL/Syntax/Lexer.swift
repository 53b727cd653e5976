/// Splits a query into tokens, one at a time, without the spaces and comments between.
///
/// What a character means depends on the brackets it stands in: between braces there are no keywords, and right behind `[` only
/// durations and their arithmetic. A fault ends the text: the parser asks for no token behind it.
struct Lexer {
    let bytes: [UInt8]
    var position = 0
    /// Where the current token starts.
    var start = 0
    private var parenthesisDepth = 0
    private var isInBraces = false
    private var isInBrackets = false
    /// Right behind `[`, before the first number.
    private var isAtDuration = false
    private var hasColon = false
    private var hasDuration = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next token; at the end of the text always `.end`.
    mutating func next() throws(ParseError) -> Token {
        while true {
            if isAtDuration {
                if let token = try durationToken() { return token }
                continue
            }
            skipSpaces()
            start = position
            if peek == UInt8(ascii: "#") {
                while let byte = peek, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { position += 1 }
                continue
            }
            return isInBraces ? try tokenInBraces() : try token()
        }
    }

    // MARK: Outside braces

    private mutating func token() throws(ParseError) -> Token {
        guard let byte = peek else {
            if parenthesisDepth != 0 { throw fault("unclosed left parenthesis") }
            if isInBrackets { throw fault("unclosed left bracket") }
            return make(.end)
        }
        if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && peek(1).map(Self.isDigit) == true) { return try numberOrDuration() }
        if Self.isLetter(byte) || byte == UInt8(ascii: ":") {
            guard isInBrackets else { return word() }
            // As in Prometheus, any letter here is taken for a colon.
            if hasColon { throw fault("unexpected colon \(GoText.quoted(Unicode.Scalar(byte)))") }
            hasColon = true
            position += 1
            return make(.colon)
        }
        if let quote = Self.quotes.first(where: { $0 == byte }) { return try string(quote) }
        position += 1
        switch byte {
        case UInt8(ascii: ","): return make(.comma)
        case UInt8(ascii: "@"): return make(.at)
        case UInt8(ascii: "("), UInt8(ascii: ")"): return try parenthesis(byte)
        case UInt8(ascii: "{"):
            isInBraces = true
            return make(.leftBrace)
        case UInt8(ascii: "["):
            if isInBrackets { throw fault("unexpected left bracket '['") }
            (isInBrackets, isAtDuration, hasColon) = (true, true, false)
            return make(.leftBracket)
        case UInt8(ascii: "]"):
            guard isInBrackets else { throw fault("unexpected right bracket ']'") }
            isInBrackets = false
            return make(.rightBracket)
        case UInt8(ascii: "="):
            if peek == UInt8(ascii: "~") { throw fault("unexpected character after '=': '~'") }
            return accept("=") ? make(.operator(.equal)) : make(.assign)
        case UInt8(ascii: "!"):
            if accept("=") { return make(.operator(.notEqual)) }
            throw fault("unexpected character after '!': \(quotedNext())")
        case UInt8(ascii: "<"): return accept("=") ? make(.operator(.lessOrEqual)) : make(.operator(.less))
        case UInt8(ascii: ">"): return accept("=") ? make(.operator(.greaterOrEqual)) : make(.operator(.greater))
        default:
            if let operation = Self.arithmetic(byte) { return make(.operator(operation)) }
            position -= 1
            throw fault("unexpected character: \(quotedNext())")
        }
    }

    private static func arithmetic(_ byte: UInt8) -> BinaryOperation.Operator? {
        switch byte {
        case UInt8(ascii: "+"): .add
        case UInt8(ascii: "-"): .subtract
        case UInt8(ascii: "*"): .multiply
        case UInt8(ascii: "/"): .divide
        case UInt8(ascii: "%"): .modulo
        case UInt8(ascii: "^"): .power
        default: nil
        }
    }

    private mutating func parenthesis(_ byte: UInt8) throws(ParseError) -> Token {
        if byte == UInt8(ascii: "(") {
            parenthesisDepth += 1
            return make(.leftParenthesis)
        }
        parenthesisDepth -= 1
        if parenthesisDepth < 0 {
            start = position
            throw fault("unexpected right parenthesis ')'")
        }
        return make(.rightParenthesis)
    }

    /// A keyword in any case, or a name.
    private mutating func word() -> Token {
        var hasColon = false
        while let byte = peek, Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: ":") {
            if byte == UInt8(ascii: ":") { hasColon = true }
            position += 1
        }
        let token = make(hasColon ? .metricIdentifier : .identifier)
        guard !hasColon, let kind = Token.words[token.text.lowercased()] else { return token }
        return make(kind)
    }

    // MARK: In braces

    private mutating func tokenInBraces() throws(ParseError) -> Token {
        guard let byte = peek else { throw fault("unexpected end of input inside braces") }
        if Self.isLetter(byte) {
            while let byte = peek, Self.isLetter(byte) || Self.isDigit(byte) { position += 1 }
            return make(.identifier)
        }
        if let quote = Self.quotes.first(where: { $0 == byte }) { return try string(quote) }
        position += 1
        switch byte {
        case UInt8(ascii: ","): return make(.comma)
        case UInt8(ascii: "="): return accept("~") ? make(.matches) : make(.assign)
        case UInt8(ascii: "!"):
            if accept("~") { return make(.doesNotMatch) }
            if accept("=") { return make(.operator(.notEqual)) }
            throw fault("unexpected character after '!' inside braces: \(quotedNext())")
        case UInt8(ascii: "{"): throw fault("unexpected left brace '{'")
        case UInt8(ascii: "}"):
            isInBraces = false
            return make(.rightBrace)
        default:
            position -= 1
            throw fault("unexpected character inside braces: \(quotedNext())")
        }
    }

    // MARK: Behind a bracket

    /// - Returns: Nil when a number comes next, which ends this mode.
    private mutating func durationToken() throws(ParseError) -> Token? {
        skipSpaces()
        start = position
        guard let byte = peek else { throw fault("unexpected end of input in duration expression") }
        if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && peek(1).map(Self.isDigit) == true) {
            (isAtDuration, hasDuration) = (false, true)
            return nil
        }
        position += 1
        switch byte {
        case UInt8(ascii: "]"):
            (isInBrackets, isAtDuration, hasColon) = (false, false, false)
            return make(.rightBracket)
        case UInt8(ascii: ":"):
            let token = make(.colon)
            if !hasDuration || hasColon { start = position }
            if !hasDuration { throw fault("unexpected colon before duration in duration expression") }
            if hasColon { throw fault("unexpected repeated colon in duration expression") }
            hasColon = true
            return token
        case UInt8(ascii: "("), UInt8(ascii: ")"): return try parenthesis(byte)
        default:
            if let operation = Self.arithmetic(byte) { return make(.operator(operation)) }
            position -= 1
            throw fault("unexpected character in duration expression: \(quotedNext())")
        }
    }

    // MARK: Helpers

    static let quotes: [UInt8] = [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`")]

    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    func peek(_ distance: Int) -> UInt8? { position + distance < bytes.count ? bytes[position + distance] : nil }

    /// Takes the next byte when it is one of `set`.
    mutating func accept(_ set: StaticString) -> Bool {
        guard let byte = peek, set.description.utf8.contains(byte) else { return false }
        position += 1
        return true
    }

    /// The character at `position`, which starts one; nil at the end.
    var nextScalar: Unicode.Scalar? {
        guard position < bytes.count else { return nil }
        return String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self).unicodeScalars.first
    }

    /// The next character as Go prints one; the end of the text is U+FFFD there.
    func quotedNext() -> String { GoText.quoted(nextScalar ?? "\u{fffd}") }

    func make(_ kind: Token.Kind) -> Token {
        Token(kind: kind, source: start..<position, text: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func skipSpaces() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    /// A fault that starts where the current token does.
    func fault(_ message: String) -> ParseError { ParseError(message, at: start..<bytes.count, in: bytes) }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    static func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
    }
}

extension ParseError {
    /// Line and column come from the text; an empty text has none.
    init(_ message: String, at source: SourceRange, in bytes: [UInt8]) {
        let before = bytes.prefix(min(source.lowerBound, bytes.count))
        let line = bytes.isEmpty ? 0 : before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
        self.init(message: message, source: source, line: line, column: column)
    }
}
