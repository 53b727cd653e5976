/// Functions and aggregations.
extension SyntaxParser {
    /// Behind the name, at the parenthesis.
    mutating func call(_ name: Token) throws(ParseError) -> Parsed {
        let (arguments, end, depth) = try arguments()
        guard let function = Functions.all[name.text] else {
            throw fault("unknown function with name \(GoText.quoted(name.text))", at: name.source)
        }
        if function.isExperimental && !options.allowsExperimentalFunctions {
            throw fault("function \(GoText.quoted(name.text)) is not enabled", at: name.source)
        }
        return try parsed(
            .call(Call(function: name.text, arguments: arguments, source: name.source.lowerBound..<end)), over: depth)
    }

    private mutating func arguments() throws(ParseError) -> (arguments: [Expression], end: Int, depth: Int) {
        guard try accept(.leftParenthesis) != nil else { throw unexpected(try peek()) }
        if let end = try accept(.rightParenthesis) { return ([], end.source.upperBound, 0) }
        var arguments: [Expression] = []
        var depth = 0
        while true {
            let argument = try expression()
            arguments.append(argument.expression)
            depth = max(depth, argument.depth)
            if let end = try accept(.rightParenthesis) { return (arguments, end.source.upperBound, depth) }
            guard let comma = try accept(.comma) else { throw unexpected(try peek()) }
            if try !peek().startsExpression {
                throw fault("trailing commas not allowed in function call args", at: comma.source)
            }
        }
    }

    /// Behind the operator, at its arguments or at `by` or `without`.
    mutating func aggregation(_ aggregator: Aggregation.Operator, _ name: Token) throws(ParseError) -> Parsed {
        openAggregationCount += 1
        var grouping = try groupingClause()
        let (arguments, end, depth) = try arguments()
        openAggregationCount -= 1
        var source = name.source.lowerBound..<end
        if grouping == nil, let clause = try groupingClause() {
            grouping = clause
            source = name.source.lowerBound..<clause.end
        }

        if arguments.isEmpty { throw fault("no arguments for aggregate expression provided", at: source) }
        if aggregator.isExperimental && !options.allowsExperimentalFunctions {
            throw fault(
                "\(aggregator.rawValue)() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
                at: source)
        }
        let wanted = aggregator.takesParameter ? 2 : 1
        guard arguments.count == wanted else {
            throw fault(
                "wrong number of arguments for aggregate expression provided, expected \(wanted), got \(arguments.count)", at: source)
        }
        return try parsed(
            .aggregation(
                Aggregation(
                    operator: aggregator, expression: arguments[wanted - 1], parameter: wanted == 2 ? arguments[0] : nil,
                    grouping: grouping?.labels ?? [], isWithout: grouping?.isWithout ?? false, source: source)),
            over: depth)
    }

    private mutating func groupingClause() throws(ParseError) -> (labels: [String], isWithout: Bool, end: Int)? {
        let kind = try peek().kind
        guard kind == .keyword(.by) || kind == .keyword(.without) else { return nil }
        try advance()
        var end = 0
        let labels = try groupingLabels(end: &end)
        return (labels, kind == .keyword(.without), end)
    }

    mutating func groupingLabels() throws(ParseError) -> [String] {
        var end = 0
        return try groupingLabels(end: &end)
    }

    /// `(a, "b.c", …)`; a comma may stand behind the last.
    private mutating func groupingLabels(end: inout Int) throws(ParseError) -> [String] {
        let context = "grouping opts"
        guard try accept(.leftParenthesis) != nil else { throw unexpected(try peek(), in: context, expected: "\"(\"") }
        var labels: [String] = []
        while true {
            let token = try advance()
            switch token.kind {
            case .rightParenthesis:
                end = token.source.upperBound
                return labels
            case .string:
                let label = GoText.unquoted(token.text)
                if label.isEmpty { throw fault("invalid label name for grouping: \"\"", at: token.source) }
                labels.append(label)
            case _ where token.isLabelName: labels.append(token.text)
            default: throw unexpected(token, in: context, expected: "label")
            }
            switch try peek().kind {
            case .comma: try advance()
            case .rightParenthesis: break
            default: throw unexpected(try peek(), in: context, expected: "\",\" or \")\"")
            }
        }
    }
}

extension Aggregation.Operator {
    public var takesParameter: Bool {
        switch self {
        case .topk, .bottomk, .quantile, .countValues, .limitk, .limitRatio: true
        default: false
        }
    }

    public var isExperimental: Bool { self == .limitk || self == .limitRatio }
}

extension Token {
    /// Whether an expression may begin with it.
    var startsExpression: Bool {
        switch kind {
        case .number, .duration, .string, .leftBrace, .leftParenthesis, .operator(.add), .operator(.subtract): true
        default: isMetricName
        }
    }
}
