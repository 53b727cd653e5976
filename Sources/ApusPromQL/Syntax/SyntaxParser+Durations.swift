/// Durations in brackets and behind `offset`.
extension SyntaxParser {
    /// A duration in milliseconds, and the arithmetic it came from when it was more than a literal.
    struct ResolvedDuration {
        var milliseconds: Int64
        var expression: DurationExpression?
    }

    private static let disabled = "experimental duration expression is not enabled"
    /// The longest duration, in seconds: 64 bits of nanoseconds.
    private static let secondsMax = 0x1p63 / 1e9

    /// A range or a step.
    mutating func positiveDuration(in context: String, expected: String) throws(ParseError) -> ResolvedDuration {
        let start = try peek().source.lowerBound
        let expression = try duration(DurationContext(name: context, expected: expected))
        _ = try peek()
        if let number = expression.literal, number.value <= 0 {
            throw fault("duration must be greater than 0", at: number.source)
        }
        let resolved = try resolve(expression)
        if expression.literal == nil && resolved.seconds <= 0 {
            throw fault("duration must be greater than 0", at: start..<lexer.position)
        }
        return resolved.duration
    }

    /// Behind `offset`: a literal with or without a sign ends there, so that `a offset 2 ^ 2` is `(a offset 2) ^ 2`.
    mutating func offsetDuration() throws(ParseError) -> ResolvedDuration {
        let context = DurationContext(name: "offset", expected: "number or duration")
        let first = try peek()
        var sign: Token?
        if first.kind == .operator(.add) || first.kind == .operator(.subtract) { sign = try advance() }
        switch try peek().kind {
        case .number, .duration:
            var number = try numberLiteral()
            if sign?.kind == .operator(.subtract) { number.value *= -1 }
            try checkBounds(number, at: sign?.source ?? number.source)
            return try resolve(.literal(number)).duration
        case .leftParenthesis, .operator(.add), .operator(.subtract):
            // Neither a literal nor a signed one: arithmetic, to its end.
            var first: DurationExpression?
            if let sign { first = signed(try duration(context, from: BinaryOperation.Operator.multiply.precedence + 1), sign) }
            var expression = try duration(context, behind: first)
            // Printed, it must not begin like a literal, which would end the offset.
            if expression.literal == nil && expression.beginsWithLiteral { expression = .parenthesized(expression) }
            return try resolve(expression).duration
        default: break
        }
        throw unexpected(try peek(), in: context.name, expected: context.expected)
    }

    // MARK: Arithmetic

    /// How to call an unexpected token.
    struct DurationContext {
        var name: String
        var expected: String
    }

    /// - Parameter first: The leftmost operand when it was read already.
    private mutating func duration(
        _ context: DurationContext, from precedence: Int = 0, behind first: DurationExpression? = nil
    ) throws(ParseError) -> DurationExpression {
        try nested { parser throws(ParseError) in
            var left: DurationExpression
            if let first { left = first } else { left = try parser.durationOperand(context) }
            var count = 0
            while case .operator(let operation) = try parser.peek().kind, operation.isArithmetic, operation.precedence >= precedence {
                let sign = try parser.advance()
                count += 1
                let right = try parser.duration(
                    context, from: operation == .power ? operation.precedence : operation.precedence + 1)
                if !parser.options.allowsDurationExpressions { throw parser.fault(Self.disabled, at: left.start..<left.start) }
                if right.literal?.value == 0 && (operation == .divide || operation == .modulo) {
                    throw parser.fault("\(operation == .divide ? "division" : "modulo") by zero", at: sign.source)
                }
                // A negative literal lost its parentheses; here they matter.
                if operation == .power, let base = left.literal, base.value < 0 { left = .parenthesized(left) }
                left = .binary(operation, left, right)
                guard count <= parser.options.nestingMax else {
                    throw parser.fault("duration is longer than \(parser.options.nestingMax) operations", at: sign.source)
                }
            }
            return left
        }
    }

    private mutating func durationOperand(_ context: DurationContext) throws(ParseError) -> DurationExpression {
        let token = try peek()
        switch token.kind {
        case .number, .duration:
            let number = try numberLiteral()
            try checkBounds(number, at: number.source)
            return .literal(number)
        case .operator(.add), .operator(.subtract):
            try advance()
            return signed(try duration(context, from: BinaryOperation.Operator.multiply.precedence + 1), token)
        case .leftParenthesis:
            try advance()
            let inner = try duration(context)
            guard try accept(.rightParenthesis) != nil else { throw unexpected(try peek(), in: context.name, expected: context.expected) }
            if !options.allowsDurationExpressions { throw fault(Self.disabled, at: inner.start..<inner.start) }
            // A literal loses its parentheses, as in Prometheus.
            if case .literal = inner { return inner }
            return .parenthesized(inner)
        default: throw unexpected(token, in: context.name, expected: context.expected)
        }
    }

    private func signed(_ inner: DurationExpression, _ sign: Token) -> DurationExpression {
        if case .literal(var number) = inner {
            if sign.kind == .operator(.subtract) { number.value *= -1 }
            number.source = sign.source.lowerBound..<number.source.upperBound
            return .literal(number)
        }
        return sign.kind == .operator(.subtract) ? .negated(inner, start: sign.source.lowerBound) : inner
    }

    private func checkBounds(_ number: NumberLiteral, at source: SourceRange) throws(ParseError) {
        guard number.value.magnitude <= Self.secondsMax else { throw fault("duration out of range", at: source) }
    }

    // MARK: Value

    private func resolve(_ expression: DurationExpression) throws(ParseError) -> (duration: ResolvedDuration, seconds: Double) {
        let source = expression.start..<lexer.position
        let seconds: Double
        do throws(DurationExpression.Fault) {
            seconds = try expression.seconds()
        } catch {
            throw fault(error == .divisionByZero ? "division by zero" : "modulo by zero", at: source)
        }
        guard seconds.magnitude <= Self.secondsMax else { throw fault("duration is out of range", at: source) }
        if expression.literal != nil {
            // Rounded to nanoseconds, then cut to milliseconds, as Prometheus's durations are.
            let nanoseconds = Int64(clamping: (seconds * 1e9).rounded(.toNearestOrAwayFromZero))
            return (ResolvedDuration(milliseconds: nanoseconds / 1_000_000), seconds)
        }
        return (ResolvedDuration(milliseconds: Int64(clamping: seconds * 1000), expression: expression), seconds)
    }
}

extension BinaryOperation.Operator {
    var isArithmetic: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide, .modulo, .power: true
        default: false
        }
    }
}

extension Int64 {
    /// Cut toward zero; NaN is 0, and what does not fit becomes the nearest that does.
    init(clamping value: Double) {
        self = value.isNaN ? 0 : value >= 0x1p63 ? .max : value < -0x1p63 ? .min : Int64(value)
    }
}
