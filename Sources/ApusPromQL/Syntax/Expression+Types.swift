public import ApusSelection

extension Expression {
    /// What the expression gives; meaningful for one that the parser has accepted.
    public var valueType: ValueType {
        switch self {
        case .number: .scalar
        case .string: .string
        case .vector, .aggregation: .vector
        case .matrix, .subquery: .matrix
        case .call(let call): Functions.all[call.function]?.returnType ?? .none
        case .binary(let binary): binary.left.valueType == .scalar && binary.right.valueType == .scalar ? .scalar : .vector
        case .unary(let unary): unary.expression.valueType
        case .parenthesized(let inner): inner.expression.valueType
        }
    }

    /// Where it stands in the query.
    public var source: SourceRange {
        switch self {
        case .number(let node): node.source
        case .string(let node): node.source
        case .vector(let node): node.source
        case .matrix(let node): node.source
        case .subquery(let node): node.source
        case .call(let node): node.source
        case .aggregation(let node): node.source
        case .binary(let node): node.source
        case .unary(let node): node.source
        case .parenthesized(let node): node.source
        }
    }

    /// The expressions directly inside, in the order they are written.
    public var children: [Expression] {
        switch self {
        case .number, .string, .vector, .matrix: []
        case .subquery(let node): [node.expression]
        case .call(let node): node.arguments
        case .aggregation(let node): node.parameter.map { [$0, node.expression] } ?? [node.expression]
        case .binary(let node): [node.left, node.right]
        case .unary(let node): [node.expression]
        case .parenthesized(let node): [node.expression]
        }
    }

    /// The matchers of every selector, in the order they are written.
    public var selectors: [[Matcher]] {
        switch self {
        case .vector(let selector): [selector.matchers]
        case .matrix(let matrix): [matrix.selector.matchers]
        default: children.flatMap(\.selectors)
        }
    }
}

extension ValueType {
    /// As messages and documentation call it.
    public var documentedName: String {
        switch self {
        case .vector: "instant vector"
        case .matrix: "range vector"
        case .none, .scalar, .string: rawValue
        }
    }
}
