internal import ApusSelection

/// The grammar, by recursive descent with precedence climbing; types are checked afterwards.
///
/// Tokens are read one ahead and only when needed, so that faults appear in the order in which Prometheus's parser, driven by
/// tables, finds them.
struct SyntaxParser {
    var lexer: Lexer
    let options: ParserOptions
    private var lookahead: Token?
    /// How many aggregations are open: a token that fits nowhere is then unexpected "in aggregation".
    var openAggregationCount = 0
    private var nesting = 0

    init(_ text: String, options: ParserOptions) throws(ParseError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= options.byteCountMax else {
            throw ParseError("expression is longer than \(options.byteCountMax) bytes", at: 0..<bytes.count, in: bytes)
        }
        lexer = Lexer(bytes)
        self.options = options
    }

    /// An expression and how deep its tree is.
    struct Parsed {
        var expression: Expression
        var depth: Int
    }

    mutating func wholeExpression() throws(ParseError) -> Expression {
        if try peek().kind == .end { throw fault("no expression found in input", at: 0..<0) }
        let expression = try expression().expression
        if try peek().kind != .end { throw unexpected(try peek()) }
        return expression
    }

    mutating func wholeSelector() throws(ParseError) -> [Matcher] {
        let first = try peek()
        guard first.isMetricName || first.kind == .leftBrace else { throw unexpected(first) }
        let selector = try vectorSelector()
        if try peek().kind != .end { throw unexpected(try peek()) }
        return selector.matchers
    }

    // MARK: Tokens

    mutating func peek() throws(ParseError) -> Token {
        if let lookahead { return lookahead }
        let token = try lexer.next()
        lookahead = token
        return token
    }

    @discardableResult
    mutating func advance() throws(ParseError) -> Token {
        let token = try peek()
        lookahead = nil
        return token
    }

    /// Takes the next token when it is of this kind.
    mutating func accept(_ kind: Token.Kind) throws(ParseError) -> Token? {
        try peek().kind == kind ? try advance() : nil
    }

    func fault(_ message: String, at source: SourceRange) -> ParseError { ParseError(message, at: source, in: lexer.bytes) }

    func unexpected(_ token: Token, in context: String, expected: String? = nil) -> ParseError {
        let place = context.isEmpty ? "" : " in \(context)"
        let wish = expected.map { ", expected \($0)" } ?? ""
        return fault("unexpected \(token.description)\(place)\(wish)", at: token.source)
    }

    /// A token that no rule around expects.
    func unexpected(_ token: Token) -> ParseError { unexpected(token, in: openAggregationCount > 0 ? "aggregation" : "") }

    // MARK: Depth

    /// Counts one level of recursion for the length of `body`.
    mutating func nested<Result>(
        _ body: (inout SyntaxParser) throws(ParseError) -> Result
    ) throws(ParseError) -> Result {
        nesting += 1
        guard nesting <= options.nestingMax else {
            throw fault("expression is nested deeper than \(options.nestingMax) levels", at: try peek().source)
        }
        let result = try body(&self)
        nesting -= 1
        return result
    }

    func parsed(_ expression: Expression, over depths: Int...) throws(ParseError) -> Parsed {
        let depth = (depths.max() ?? 0) + 1
        guard depth <= options.depthMax else {
            throw fault("expression is deeper than \(options.depthMax) operations", at: expression.source)
        }
        return Parsed(expression: expression, depth: depth)
    }

    // MARK: Binary and unary operations

    /// An expression of operators that bind at least as tight as `precedence`.
    mutating func expression(from precedence: Int = 0) throws(ParseError) -> Parsed {
        try nested { parser throws(ParseError) in
            var left = try parser.operand()
            while case .operator(let operation) = try parser.peek().kind, operation.precedence >= precedence {
                try parser.advance()
                let modifiers = try parser.binaryModifiers()
                let right = try parser.expression(from: operation == .power ? operation.precedence : operation.precedence + 1)
                left = try parser.parsed(
                    .binary(
                        BinaryOperation(
                            operator: operation, left: left.expression, right: right.expression, matching: modifiers.matching,
                            returnsBool: modifiers.returnsBool,
                            source: left.expression.source.lowerBound..<right.expression.source.upperBound)),
                    over: left.depth, right.depth)
            }
            return left
        }
    }

    private mutating func binaryModifiers() throws(ParseError) -> (returnsBool: Bool, matching: VectorMatching) {
        var matching = VectorMatching()
        let returnsBool = try accept(.keyword(.bool)) != nil
        switch try peek().kind {
        case .keyword(.on): matching.isOn = true
        case .keyword(.ignoring): break
        default: return (returnsBool, matching)
        }
        try advance()
        matching.labels = try groupingLabels()
        switch try peek().kind {
        case .keyword(.groupLeft): matching.cardinality = .manyToOne
        case .keyword(.groupRight): matching.cardinality = .oneToMany
        default: return (returnsBool, matching)
        }
        try advance()
        // Without parentheses the right side follows; what can be neither is missed parentheses.
        let token = try peek()
        if token.kind == .leftParenthesis || !token.startsExpression { matching.include = try groupingLabels() }
        return (returnsBool, matching)
    }

    /// A sign with what it applies to, or a primary with its modifiers.
    private mutating func operand() throws(ParseError) -> Parsed {
        let token = try peek()
        guard token.kind == .operator(.subtract) || token.kind == .operator(.add) else { return try modified(try primary()) }
        try advance()
        // A sign binds like a product: `-a ^ b` is `-(a ^ b)`.
        let inner = try expression(from: BinaryOperation.Operator.multiply.precedence + 1)
        let isNegation = token.kind == .operator(.subtract)
        let source = token.source.lowerBound..<inner.expression.source.upperBound
        if case .number(var number) = inner.expression {
            if isNegation { number.value *= -1 }
            number.source = source
            return Parsed(expression: .number(number), depth: inner.depth)
        }
        return try parsed(
            .unary(UnaryOperation(isNegation: isNegation, expression: inner.expression, source: source)), over: inner.depth)
    }

    private mutating func modified(_ first: Parsed) throws(ParseError) -> Parsed {
        var result = first
        while true {
            switch try peek().kind {
            case .leftBracket: result = try range(of: result)
            case .keyword(.offset): try offset(&result.expression)
            case .at: try at(&result.expression)
            default: return result
            }
        }
    }

    // MARK: Primaries

    private mutating func primary() throws(ParseError) -> Parsed {
        let token = try peek()
        switch token.kind {
        case .number, .duration: return Parsed(expression: .number(try numberLiteral()), depth: 1)
        case .string:
            try advance()
            let bytes = GoText.unquotedBytes(token.text)
            let value = String(validating: bytes, as: UTF8.self)
            let literal = StringLiteral(
                value: value ?? String(decoding: bytes, as: UTF8.self), source: token.source, invalidBytes: value == nil ? bytes : nil)
            return Parsed(expression: .string(literal), depth: 1)
        case .leftBrace: return Parsed(expression: .vector(try vectorSelector()), depth: 1)
        case .leftParenthesis:
            try advance()
            let inner = try expression()
            guard let end = try accept(.rightParenthesis) else { throw unexpected(try peek()) }
            let source = token.source.lowerBound..<end.source.upperBound
            return try parsed(.parenthesized(Parenthesized(expression: inner.expression, source: source)), over: inner.depth)
        case .identifier:
            try advance()
            if try peek().kind == .leftParenthesis { return try call(token) }
            return Parsed(expression: .vector(try vectorSelector(named: token)), depth: 1)
        case .aggregator(let aggregator):
            try advance()
            switch try peek().kind {
            case .leftParenthesis, .keyword(.by), .keyword(.without): return try aggregation(aggregator, token)
            default: return Parsed(expression: .vector(try vectorSelector(named: token)), depth: 1)
            }
        case _ where token.isMetricName: return Parsed(expression: .vector(try vectorSelector()), depth: 1)
        default: throw unexpected(token)
        }
    }

    mutating func numberLiteral() throws(ParseError) -> NumberLiteral {
        let token = try advance()
        if token.kind == .number {
            let (value, reason) = GoText.number(token.text)
            guard let value else { throw fault("error parsing number: \(reason)", at: token.source) }
            return NumberLiteral(value: value, source: token.source)
        }
        do throws(DurationText.Fault) {
            let milliseconds = try DurationText.milliseconds(token.text)
            let value = Double(milliseconds / 1000) + Double(milliseconds % 1000) / 1000
            return NumberLiteral(value: value, source: token.source, isDuration: true)
        } catch {
            throw fault(error.description, at: token.source)
        }
    }
}

extension BinaryOperation.Operator {
    /// Higher binds tighter; `^` alone groups from the right.
    var precedence: Int {
        switch self {
        case .or: 0
        case .and, .unless: 1
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: 2
        case .add, .subtract: 3
        case .multiply, .divide, .modulo, .atan2: 4
        case .power: 5
        }
    }
}
