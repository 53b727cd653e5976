/// A word of PromQL.
struct Token: Equatable {
    enum Kind: Equatable {
        case end
        case identifier
        /// An identifier with a colon.
        case metricIdentifier
        case string
        case number
        case duration
        case leftParenthesis, rightParenthesis
        case leftBrace, rightBrace
        case leftBracket, rightBracket
        case comma, colon
        /// `=`, only between braces of use.
        case assign
        /// `=~` and `!~`; `!=` is an operator.
        case matches, doesNotMatch
        case at
        case `operator`(BinaryOperation.Operator)
        case aggregator(Aggregation.Operator)
        case keyword(Keyword)
        /// `start` and `end`.
        case start, finish
    }

    enum Keyword: String {
        case offset, by, without, on, ignoring, bool
        case groupLeft = "group_left"
        case groupRight = "group_right"
    }

    var kind: Kind
    /// UTF-8 byte offsets.
    var source: SourceRange
    /// As written.
    var text: String

    /// The words with a meaning of their own outside braces, in lower case.
    static let words: [String: Kind] = {
        var words: [String: Kind] = ["start": .start, "end": .finish, "inf": .number, "nan": .number]
        for word in [Keyword.offset, .by, .without, .on, .ignoring, .bool, .groupLeft, .groupRight] { words[word.rawValue] = .keyword(word) }
        for aggregator in Aggregation.Operator.allCases { words[aggregator.rawValue] = .aggregator(aggregator) }
        for operation in [BinaryOperation.Operator.and, .or, .unless, .atan2] { words[operation.rawValue] = .operator(operation) }
        return words
    }()

    /// The token as Prometheus's messages name it.
    var description: String {
        switch kind {
        case .end: "end of input"
        case .identifier: "identifier \(GoText.quoted(text))"
        case .metricIdentifier: "metric identifier \(GoText.quoted(text))"
        case .string: "string \(shortened)"
        case .number: "number \(shortened)"
        case .duration: "duration \(shortened)"
        case .operator, .matches, .doesNotMatch, .at: "<op:\(text)>"
        case .aggregator: "<aggr:\(text)>"
        case .keyword: "<\(text)>"
        default: GoText.quoted(text)
        }
    }

    private var shortened: String {
        guard text.utf8.count > 10 else { return GoText.quoted(text) }
        var prefix = String.UnicodeScalarView()
        prefix.append(contentsOf: text.unicodeScalars.prefix(10))
        return GoText.quoted(String(prefix)) + "..."
    }

    /// Whether a metric may have this name without quotes and braces.
    var isMetricName: Bool {
        switch kind {
        case .identifier, .metricIdentifier, .aggregator, .start, .finish: true
        case .operator(let operation): operation.isSet
        case .keyword(let word): word == .by || word == .offset || word == .without
        default: false
        }
    }

    /// Whether a label may have this name in `by (…)` and its kin without quotes.
    var isLabelName: Bool {
        switch kind {
        case .identifier, .metricIdentifier, .aggregator, .start, .finish: true
        case .operator(let operation): operation.isSet || operation == .atan2
        case .keyword(let word): word != .without
        default: false
        }
    }
}
