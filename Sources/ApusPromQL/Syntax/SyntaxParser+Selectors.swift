internal import ApusModel
internal import ApusRegex
internal import ApusSelection

/// Selectors, and what may follow them.
extension SyntaxParser {
    /// At the name or the brace.
    mutating func vectorSelector() throws(ParseError) -> VectorSelector {
        try peek().kind == .leftBrace ? try vectorSelector(named: nil) : try vectorSelector(named: try advance())
    }

    /// Behind the name, if there is one.
    mutating func vectorSelector(named name: Token?) throws(ParseError) -> VectorSelector {
        var selector = VectorSelector(name: name?.text ?? "", matchers: [], source: name?.source ?? 0..<0)
        if let brace = try accept(.leftBrace) {
            let (matchers, end) = try matchers()
            selector.matchers = matchers
            selector.source = (name?.source ?? brace.source).lowerBound..<end
        }
        if let name { selector.matchers.append(try matcher("__name__", .equal, name.text, at: name.source)) }
        return selector
    }

    private mutating func matchers() throws(ParseError) -> (matchers: [Matcher], end: Int) {
        let context = "label matching"
        var matchers: [Matcher] = []
        while true {
            let token = try advance()
            switch token.kind {
            // Only behind the brace itself or behind one comma.
            case .rightBrace: return (matchers, token.source.upperBound)
            case .identifier:
                guard let operation = Self.operation(try peek().kind) else {
                    throw unexpected(try peek(), in: context, expected: "label matching operator")
                }
                try advance()
                matchers.append(try matcher(token.text, operation, from: token.source.lowerBound))
            case .string:
                let name = GoText.unquoted(token.text)
                if let operation = Self.operation(try peek().kind) {
                    try advance()
                    matchers.append(try matcher(name, operation, from: token.source.lowerBound))
                } else {
                    matchers.append(try matcher("__name__", .equal, name, at: token.source))
                }
            default: throw unexpected(token, in: context, expected: "identifier or \"}\"")
            }
            switch try peek().kind {
            case .comma: try advance()
            case .rightBrace: break
            default: throw unexpected(try peek(), in: context, expected: "\",\" or \"}\"")
            }
        }
    }

    private static func operation(_ kind: Token.Kind) -> Matcher.Operation? {
        switch kind {
        case .assign: .equal
        case .operator(.notEqual): .notEqual
        case .matches: .matches
        case .doesNotMatch: .doesNotMatch
        default: nil
        }
    }

    /// Behind the operator, at the value.
    private mutating func matcher(_ name: String, _ operation: Matcher.Operation, from start: Int) throws(ParseError) -> Matcher {
        guard let value = try accept(.string) else { throw unexpected(try peek(), in: "label matching", expected: "string") }
        return try matcher(name, operation, GoText.unquoted(value.text), at: start..<value.source.upperBound)
    }

    private func matcher(
        _ name: String, _ operation: Matcher.Operation, _ value: String, at source: SourceRange
    ) throws(ParseError) -> Matcher {
        do throws(RegularExpression.SyntaxError) {
            return try Matcher(name, operation, value)
        } catch {
            throw fault(error.reasonInGo, at: source)
        }
    }

    // MARK: Modifiers

    /// `@ 12.5`, `@ start()`, `@ end()`.
    mutating func at(_ expression: inout Expression) throws(ParseError) {
        try advance()
        let context = "@"
        var sign = 1.0
        var token = try peek()
        let modifier: AtModifier
        switch token.kind {
        case .start, .finish:
            try advance()
            for kind in [Token.Kind.leftParenthesis, .rightParenthesis] where try accept(kind) == nil {
                throw unexpected(try peek(), in: context, expected: "timestamp")
            }
            modifier = token.kind == .start ? .start : .end
        case .operator(.add), .operator(.subtract):
            try advance()
            if token.kind == .operator(.subtract) { sign = -1 }
            token = try peek()
            fallthrough
        case .number, .duration:
            guard token.kind == .number || token.kind == .duration else { throw unexpected(token, in: context, expected: "timestamp") }
            let seconds = sign * (try numberLiteral().value)
            guard seconds.isFinite, seconds.magnitude < 0x1p63 else {
                throw fault("timestamp out of bounds for @ modifier: \(GoText.fixed(seconds, digits: 6))", at: expression.source)
            }
            modifier = .time(Int64(clamping: (seconds * 1000).rounded(.toNearestOrAwayFromZero)))
        default: throw unexpected(token, in: context, expected: "timestamp")
        }
        let end = lexer.position
        switch expression {
        case .vector(var selector):
            try set(modifier, &selector.at, &selector.source, end)
            expression = .vector(selector)
        case .matrix(var matrix):
            try set(modifier, &matrix.selector.at, &matrix.source, end)
            expression = .matrix(matrix)
        case .subquery(var subquery):
            try set(modifier, &subquery.at, &subquery.source, end)
            expression = .subquery(subquery)
        default:
            throw fault(
                "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                at: expression.source)
        }
    }

    private func set(
        _ modifier: AtModifier, _ at: inout AtModifier?, _ source: inout SourceRange, _ end: Int
    ) throws(ParseError) {
        if at != nil { throw fault("@ <timestamp> may not be set multiple times", at: source) }
        at = modifier
        source = source.lowerBound..<end
    }

    /// `offset 5m`, `offset -5m`, and with duration expressions `offset (…)`.
    mutating func offset(_ expression: inout Expression) throws(ParseError) {
        try advance()
        let duration = try offsetDuration()
        let end = lexer.position
        switch expression {
        case .vector(var selector):
            try set(duration, &selector.offsetMilliseconds, &selector.offsetExpression, &selector.source, end)
            expression = .vector(selector)
        case .matrix(var matrix):
            try set(duration, &matrix.selector.offsetMilliseconds, &matrix.selector.offsetExpression, &matrix.source, end)
            expression = .matrix(matrix)
        case .subquery(var subquery):
            try set(duration, &subquery.offsetMilliseconds, &subquery.offsetExpression, &subquery.source, end)
            expression = .subquery(subquery)
        default:
            throw fault(
                "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                at: expression.source)
        }
    }

    private func set(
        _ duration: ResolvedDuration, _ milliseconds: inout Int64, _ expression: inout DurationExpression?, _ source: inout SourceRange,
        _ end: Int
    ) throws(ParseError) {
        if milliseconds != 0 || expression != nil { throw fault("offset may not be set multiple times", at: source) }
        milliseconds = duration.milliseconds
        expression = duration.expression
        source = source.lowerBound..<end
    }

    /// `[5m]`, `[5m:]`, `[5m:30s]`.
    mutating func range(of inner: Parsed) throws(ParseError) -> Parsed {
        let bracket = try advance()
        let range = try positiveDuration(in: "subquery selector", expected: "number or duration")
        if let end = try accept(.rightBracket) {
            let source = bracket.source.lowerBound..<end.source.upperBound
            guard case .vector(let selector) = inner.expression else {
                throw fault("ranges only allowed for vector selectors", at: source)
            }
            if selector.offsetMilliseconds != 0 { throw fault("no offset modifiers allowed before range", at: source) }
            if case .time = selector.at { throw fault("no @ modifiers allowed before range", at: source) }
            return try parsed(
                .matrix(
                    MatrixSelector(
                        selector: selector, rangeMilliseconds: range.milliseconds,
                        source: selector.source.lowerBound..<end.source.upperBound, rangeExpression: range.expression)),
                over: inner.depth)
        }
        guard try accept(.colon) != nil else { throw unexpected(try peek(), in: "subquery or range", expected: "\":\" or \"]\"") }
        var step: ResolvedDuration?
        if try peek().kind != .rightBracket {
            step = try positiveDuration(in: "subquery selector", expected: "number or duration or \"]\"")
        }
        guard let end = try accept(.rightBracket) else { throw unexpected(try peek(), in: "subquery selector", expected: "\"]\"") }
        let source = inner.expression.source.lowerBound..<end.source.upperBound
        return try parsed(
            .subquery(
                Subquery(
                    expression: inner.expression, rangeMilliseconds: range.milliseconds, stepMilliseconds: step?.milliseconds ?? 0,
                    source: source, rangeExpression: range.expression, stepExpression: step?.expression)),
            over: inner.depth)
    }
}
