extension Expression {
    /// The expression on several lines where one would be longer than 100 bytes, with two spaces a level, as
    /// `/api/v1/format_query` answers.
    ///
    /// - Complexity: O(bytes × depth).
    public var prettyDescription: String { PrettyPrinter.text(of: self, level: 0) }
}

/// Splits what does not fit on a line at operators, arguments and parentheses; selectors are never split.
enum PrettyPrinter {
    static let lineByteCountMax = 100

    static func text(of expression: Expression, level: Int) -> String {
        let indent = String(repeating: "  ", count: level)
        if case .unary(let unary) = expression {
            return indent + (unary.isNegation ? "-" : "+") + text(of: unary.expression, level: level).drop { $0 == " " }
        }
        guard !Printer.fits(expression, in: lineByteCountMax) else {
            // Prometheus leaves a subquery that fits unindented.
            if case .subquery = expression { return expression.description }
            return indent + expression.description
        }
        switch expression {
        case .number, .string, .vector, .matrix, .unary: return indent + expression.description
        case .subquery(let subquery): return text(of: subquery.expression, level: level) + Printer.suffix(of: subquery)
        case .parenthesized(let inner): return "\(indent)(\n\(text(of: inner.expression, level: level + 1))\n\(indent))"
        case .call(let call):
            let arguments = call.arguments.map { text(of: $0, level: level + 1) }
            return "\(indent)\(call.function)(\n\(arguments.joined(separator: ",\n"))\n\(indent))"
        case .aggregation(let aggregation):
            let parameter = aggregation.parameter.map { text(of: $0, level: level + 1) + ",\n" } ?? ""
            let inner = text(of: aggregation.expression, level: level + 1)
            return "\(indent)\(Printer.prefix(of: aggregation))(\n\(parameter)\(inner)\n\(indent))"
        case .binary(let binary):
            let (left, right) = (text(of: binary.left, level: level + 1), text(of: binary.right, level: level + 1))
            return "\(left)\n\(indent)\(Printer.operation(of: binary))\n\(right)"
        }
    }
}
