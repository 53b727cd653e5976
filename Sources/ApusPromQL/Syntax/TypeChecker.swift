internal import ApusSelection

/// Prometheus's rules on types, in its order and words, applied to a tree whose syntax is right.
struct TypeChecker {
    let bytes: [UInt8]

    /// Checks, and settles what depends on types: vector matching is dropped where a side is no vector, and of a set operation
    /// is many-to-many.
    ///
    /// The cases have functions of their own so that this one, of which as many are on the stack as the tree is deep, stays small.
    func check(_ expression: inout Expression) throws(ParseError) {
        switch expression {
        case .number, .string: break
        case .vector, .matrix: try checkSelector(expression)
        case .parenthesized: try checkParenthesized(&expression)
        case .unary: try checkUnary(&expression)
        case .subquery: try checkSubquery(&expression)
        case .aggregation: try checkAggregation(&expression)
        case .call: try checkCall(&expression)
        case .binary: try checkBinary(&expression)
        }
    }

    private func checkSelector(_ expression: Expression) throws(ParseError) {
        if case .vector(let selector) = expression { try check(selector, mayBeUnbounded: false) }
        if case .matrix(let matrix) = expression { try check(matrix.selector, mayBeUnbounded: false) }
    }

    private func checkParenthesized(_ expression: inout Expression) throws(ParseError) {
        guard case .parenthesized(var node) = expression else { return }
        try check(&node.expression)
        expression = .parenthesized(node)
    }

    private func checkUnary(_ expression: inout Expression) throws(ParseError) {
        guard case .unary(var node) = expression else { return }
        try check(&node.expression)
        let type = node.expression.valueType
        guard type == .scalar || type == .vector else {
            let got = GoText.quoted(type.documentedName)
            throw fault("unary expression only allowed on expressions of type scalar or instant vector, got \(got)", node.source)
        }
        expression = .unary(node)
    }

    private func checkSubquery(_ expression: inout Expression) throws(ParseError) {
        guard case .subquery(var node) = expression else { return }
        try check(&node.expression)
        let type = node.expression.valueType
        guard type == .vector else {
            throw fault("subquery is only allowed on instant vector, got \(type.rawValue) instead", node.source)
        }
        expression = .subquery(node)
    }

    private func checkAggregation(_ expression: inout Expression) throws(ParseError) {
        guard case .aggregation(var node) = expression else { return }
        try expect(.vector, &node.expression, "aggregation expression")
        if var parameter = node.parameter {
            try expect(node.operator == .countValues ? .string : .scalar, &parameter, "aggregation parameter")
            node.parameter = parameter
        }
        expression = .aggregation(node)
    }

    private func expect(_ type: ValueType, _ expression: inout Expression, _ context: String) throws(ParseError) {
        try check(&expression)
        let actual = expression.valueType
        guard actual == type else {
            throw fault("expected type \(type.documentedName) in \(context), got \(actual.documentedName)", expression.source)
        }
    }

    private func check(_ selector: VectorSelector, mayBeUnbounded: Bool) throws(ParseError) {
        guard selector.name.isEmpty else {
            // The last matcher is that of the name before the braces.
            for matcher in selector.matchers.dropLast() where matcher.name == "__name__" {
                let (first, second) = (GoText.quoted(selector.name), GoText.quoted(matcher.value))
                throw fault("metric name must not be set twice: \(first) or \(second)", selector.source)
            }
            return
        }
        if !mayBeUnbounded && Parser.isUnbounded(selector.matchers) {
            throw fault("vector selector must contain at least one non-empty matcher", selector.source)
        }
    }

    // MARK: Calls

    private func checkCall(_ expression: inout Expression) throws(ParseError) {
        guard case .call(var call) = expression, let function = Functions.all[call.function] else { return }
        let name = GoText.quoted(function.name)
        let count = call.arguments.count
        let wanted = function.argumentTypes.count
        func countFault(_ bound: String) -> ParseError {
            fault("expected \(bound) argument(s) in call to \(name), got \(count)", call.source)
        }
        if function.variadic == 0 {
            if count != wanted { throw countFault("\(wanted)") }
        } else {
            let least = wanted - 1
            if count < least { throw countFault("at least \(least)") }
            if function.variadic > 0 && count > least + function.variadic { throw countFault("at most \(least + function.variadic)") }
        }

        let isInfo = function.name == "info" && count > 1
        if isInfo { try checkInfoSelector(call) }
        for index in call.arguments.indices {
            let type = function.argumentTypes[min(index, wanted - 1)]
            // The selector of info labels may match everything.
            if isInfo, index == 1, case .vector(let selector) = call.arguments[index] {
                try check(selector, mayBeUnbounded: true)
                continue
            }
            try expect(type, &call.arguments[index], "call to function \(name)")
        }
        expression = .call(call)
    }

    private func checkInfoSelector(_ call: Call) throws(ParseError) {
        let argument = call.arguments[1]
        if argument.valueType != .vector {
            let got = argument.valueType.documentedName
            throw fault("expected type instant vector in call to function \"info\", got \(got)", call.source)
        }
        guard case .vector(let selector) = argument else { throw fault("expected label selectors only", argument.source) }
        if !selector.name.isEmpty {
            throw fault("expected label selectors only, got vector selector instead", argument.source)
        }
    }

    // MARK: Binary operations

    private func checkBinary(_ expression: inout Expression) throws(ParseError) {
        guard case .binary(var binary) = expression else { return }
        try check(&binary.left)
        try check(&binary.right)
        try checkOperation(&binary)
        expression = .binary(binary)
    }

    /// The sides are checked already.
    private func checkOperation(_ binary: inout BinaryOperation) throws(ParseError) {
        let (left, right) = (binary.left.valueType, binary.right.valueType)
        let operation = binary.operator
        var matching = binary.matching ?? VectorMatching()

        if binary.returnsBool && !operation.isComparison {
            throw fault("bool modifier can only be used on comparison operators", operatorSource(binary))
        }
        if operation.isComparison && !binary.returnsBool && left == .scalar && right == .scalar {
            throw fault("comparisons between scalars must use BOOL modifier", operatorSource(binary))
        }
        if operation.isSet && matching.cardinality == .oneToOne { matching.cardinality = .manyToMany }
        if matching.isOn, let label = matching.labels.first(where: matching.include.contains) {
            throw fault("label \(GoText.quoted(label)) must not occur in ON and GROUP clause at once", operatorSource(binary))
        }
        for side in [binary.left, binary.right] where side.valueType != .scalar && side.valueType != .vector {
            throw fault("binary expression must contain only scalar and instant vector types", side.source)
        }
        let name = GoText.quoted(operation.rawValue)
        if left == .vector && right == .vector {
            if operation.isSet && matching.cardinality != .manyToMany {
                throw fault("no grouping allowed for \(name) operation", binary.source)
            }
            binary.matching = matching
        } else {
            if !matching.labels.isEmpty { throw fault("vector matching only allowed between instant vectors", binary.source) }
            if operation.isSet { throw fault("set operator \(name) not allowed in binary scalar expression", binary.source) }
            binary.matching = nil
        }
    }

    /// What stands between the sides.
    private func operatorSource(_ binary: BinaryOperation) -> SourceRange {
        let (start, end) = (binary.left.source.upperBound, binary.right.source.lowerBound)
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }
        let first = bytes[start..<end].firstIndex { !isSpace($0) } ?? start
        return first..<max(first, end)
    }

    private func fault(_ message: String, _ source: SourceRange) -> ParseError { ParseError(message, at: source, in: bytes) }
}
