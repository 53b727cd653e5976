public import ApusSelection

/// A parsed PromQL expression.
public indirect enum Expression: Sendable, Equatable {
    case number(NumberLiteral)
    case string(StringLiteral)
    case vector(VectorSelector)
    /// `selector[range]`
    case matrix(MatrixSelector)
    case subquery(Subquery)
    case call(Call)
    case aggregation(Aggregation)
    case binary(BinaryOperation)
    case unary(UnaryOperation)
    case parenthesized(Parenthesized)
}

/// Where something stands in the query: UTF-8 byte offsets.
public typealias SourceRange = Range<Int>

public enum ValueType: String, Sendable {
    case none, scalar, vector, matrix, string
}

public struct NumberLiteral: Sendable, Equatable {
    public var value: Double
    public var source: SourceRange
    /// Written as a duration (`5m`), and so printed as one; `value` is in seconds.
    public var isDuration = false
}

public struct StringLiteral: Sendable, Equatable {
    public var value: String
    public var source: SourceRange
    /// The bytes when escapes made them something other than UTF-8 (`"\xff"`); `value` then has U+FFFD in their places, and a
    /// label name that comes from it is invalid.
    public var invalidBytes: [UInt8]?
}

/// The `@` modifier.
public enum AtModifier: Sendable, Equatable {
    /// Milliseconds since 1970 UTC.
    case time(Int64)
    case start
    case end
}

public struct VectorSelector: Sendable, Equatable {
    /// The name before the braces, empty when none stands there.
    public var name: String
    /// All matchers, that of the name among them.
    public var matchers: [Matcher]
    /// `offset`, milliseconds; positive looks back.
    public var offsetMilliseconds: Int64 = 0
    public var at: AtModifier?
    public var source: SourceRange
    /// The arithmetic that gave `offsetMilliseconds`, when it was more than a literal; only for printing.
    public var offsetExpression: DurationExpression?
}

public struct MatrixSelector: Sendable, Equatable {
    public var selector: VectorSelector
    public var rangeMilliseconds: Int64
    public var source: SourceRange
    /// The arithmetic that gave `rangeMilliseconds`, when it was more than a literal; only for printing.
    public var rangeExpression: DurationExpression?
}

public struct Subquery: Sendable, Equatable {
    public var expression: Expression
    public var rangeMilliseconds: Int64
    /// 0: the default step (the global evaluation interval).
    public var stepMilliseconds: Int64
    public var offsetMilliseconds: Int64 = 0
    public var at: AtModifier?
    public var source: SourceRange
    /// The arithmetic that gave the durations above, where it was more than a literal; only for printing.
    public var rangeExpression: DurationExpression?
    public var stepExpression: DurationExpression?
    public var offsetExpression: DurationExpression?
}

public struct Call: Sendable, Equatable {
    public var function: String
    public var arguments: [Expression]
    public var source: SourceRange
}

public struct Aggregation: Sendable, Equatable {
    public enum Operator: String, Sendable, CaseIterable {
        case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk, quantile
        case countValues = "count_values"
        case limitk
        case limitRatio = "limit_ratio"
    }
    public var `operator`: Operator
    public var expression: Expression
    /// For `topk`, `bottomk`, `quantile`, `count_values`, `limitk`, `limit_ratio`.
    public var parameter: Expression?
    public var grouping: [String]
    /// `without (…)` rather than `by (…)`.
    public var isWithout: Bool
    public var source: SourceRange
}

public struct VectorMatching: Sendable, Equatable {
    public enum Cardinality: String, Sendable {
        case oneToOne = "one-to-one"
        case manyToOne = "many-to-one"
        case oneToMany = "one-to-many"
        case manyToMany = "many-to-many"
    }
    public var cardinality: Cardinality = .oneToOne
    public var labels: [String] = []
    /// `on (…)` rather than `ignoring (…)`.
    public var isOn = false
    /// The labels of `group_left(…)` or `group_right(…)`.
    public var include: [String] = []
}

public struct BinaryOperation: Sendable, Equatable {
    public enum Operator: String, Sendable, CaseIterable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case modulo = "%"
        case power = "^"
        case atan2
        case equal = "=="
        case notEqual = "!="
        case greater = ">"
        case less = "<"
        case greaterOrEqual = ">="
        case lessOrEqual = "<="
        case and, or, unless

        public var isComparison: Bool {
            switch self {
            case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: true
            default: false
            }
        }

        public var isSet: Bool { self == .and || self == .or || self == .unless }
    }
    public var `operator`: Operator
    public var left: Expression
    public var right: Expression
    /// Nil when a side is a scalar.
    public var matching: VectorMatching?
    public var returnsBool: Bool
    public var source: SourceRange
}

public struct UnaryOperation: Sendable, Equatable {
    public var isNegation: Bool
    public var expression: Expression
    public var source: SourceRange
}

public struct Parenthesized: Sendable, Equatable {
    public var expression: Expression
    public var source: SourceRange
}
