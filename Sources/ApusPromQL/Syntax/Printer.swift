internal import ApusModel
internal import ApusSelection

extension Expression: CustomStringConvertible {
    /// The expression on one line, as Prometheus prints it; it parses to an equal tree.
    ///
    /// Not written again are comments, the quotes around a metric name (`{__name__="my.metric"}` instead), a `+` before a number,
    /// and fractions of a millisecond.
    public var description: String {
        var printer = Printer()
        printer.write(self)
        return printer.text
    }
}

/// Writes expressions on one line.
struct Printer {
    private(set) var text = ""
    /// Nothing more is written once the text is longer.
    private let byteCountMax: Int

    init(byteCountMax: Int = .max) { self.byteCountMax = byteCountMax }

    /// Whether the expression is at most so many UTF-8 bytes on one line; looks no further than that.
    static func fits(_ expression: Expression, in byteCount: Int) -> Bool {
        var printer = Printer(byteCountMax: byteCount)
        printer.write(expression)
        return !printer.isFull
    }

    private var isFull: Bool { text.utf8.count > byteCountMax }

    mutating func write(_ expression: Expression) {
        if isFull { return }
        switch expression {
        case .number(let number): text += Self.text(of: number)
        case .string(let string): text += string.invalidBytes.map(GoText.quoted) ?? GoText.quoted(string.value)
        case .vector(let selector): write(selector)
        case .matrix(let matrix):
            var bare = matrix.selector
            (bare.at, bare.offsetMilliseconds, bare.offsetExpression) = (nil, 0, nil)
            write(bare)
            text += "[\(Self.duration(matrix.rangeMilliseconds, matrix.rangeExpression))]"
            text += Self.at(matrix.selector.at) + Self.offset(matrix.selector.offsetMilliseconds, matrix.selector.offsetExpression)
        case .subquery(let subquery):
            write(subquery.expression)
            text += Self.suffix(of: subquery)
        case .call(let call):
            text += call.function + "("
            for (index, argument) in call.arguments.enumerated() {
                if index > 0 { text += ", " }
                write(argument)
            }
            text += ")"
        case .aggregation(let aggregation):
            text += Self.prefix(of: aggregation) + "("
            if let parameter = aggregation.parameter {
                write(parameter)
                text += ", "
            }
            write(aggregation.expression)
            text += ")"
        case .binary(let binary):
            write(binary.left)
            text += " \(Self.operation(of: binary)) "
            write(binary.right)
        case .unary(let unary):
            text += unary.isNegation ? "-" : "+"
            write(unary.expression)
        case .parenthesized(let inner):
            text += "("
            write(inner.expression)
            text += ")"
        }
    }

    private mutating func write(_ selector: VectorSelector) {
        text += selector.name
        let matchers = selector.matchers
            .filter { !($0.name == "__name__" && $0.operation == .equal && $0.value == selector.name && !$0.value.isEmpty) }
            .map(Self.text(of:))
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if !matchers.isEmpty { text += "{\(matchers.joined(separator: ","))}" }
        text += Self.at(selector.at) + Self.offset(selector.offsetMilliseconds, selector.offsetExpression)
    }

    // MARK: Parts

    static func text(of number: NumberLiteral) -> String {
        guard number.isDuration else { return GoText.decimal(number.value) }
        return DurationText.signedText(milliseconds: Int64(clamping: (number.value * 1000).rounded()))
    }

    static func text(of matcher: Matcher) -> String {
        (LabelName.isLegacy(matcher.name) ? matcher.name : GoText.quoted(matcher.name)) + matcher.operation.rawValue
            + GoText.quoted(matcher.value)
    }

    private static func labels(_ names: [String]) -> String {
        // Here a colon needs no quotes, as the words are read like metric names.
        let words = names.map { LabelName.isLegacyMetric($0) && !Self.isForbiddenInGrouping($0) ? $0 : GoText.quoted($0) }
        return "(\(words.joined(separator: ", ")))"
    }

    /// The words that no grouping takes without quotes.
    private static func isForbiddenInGrouping(_ name: String) -> Bool {
        switch Token.words[name.lowercased()] {
        case .number, .keyword(.without): true
        default: false
        }
    }

    /// `sum by (job) `; with a space behind a grouping only.
    static func prefix(of aggregation: Aggregation) -> String {
        let name = aggregation.operator.rawValue
        if aggregation.isWithout { return "\(name) without \(labels(aggregation.grouping)) " }
        return aggregation.grouping.isEmpty ? name : "\(name) by \(labels(aggregation.grouping)) "
    }

    /// `== bool on (job) group_left (instance)`
    static func operation(of binary: BinaryOperation) -> String {
        var result = binary.operator.rawValue
        if binary.returnsBool { result += " bool" }
        guard let matching = binary.matching else { return result }
        let isGrouped = matching.cardinality == .manyToOne || matching.cardinality == .oneToMany
        if matching.isOn || isGrouped || !matching.labels.isEmpty {
            result += " \(matching.isOn ? "on" : "ignoring") \(labels(matching.labels))"
        }
        if isGrouped { result += " group_\(matching.cardinality == .manyToOne ? "left" : "right") \(labels(matching.include))" }
        return result
    }

    /// `[5m:30s] @ start() offset 1h`
    static func suffix(of subquery: Subquery) -> String {
        let range = duration(subquery.rangeMilliseconds, subquery.rangeExpression)
        let hasStep = subquery.stepMilliseconds != 0 || subquery.stepExpression != nil
        let step = hasStep ? duration(subquery.stepMilliseconds, subquery.stepExpression) : ""
        return "[\(range):\(step)]" + at(subquery.at) + offset(subquery.offsetMilliseconds, subquery.offsetExpression)
    }

    private static func duration(_ milliseconds: Int64, _ expression: DurationExpression?) -> String {
        expression?.description ?? DurationText.text(milliseconds: milliseconds)
    }

    private static func at(_ modifier: AtModifier?) -> String {
        switch modifier {
        case nil: ""
        case .start: " @ start()"
        case .end: " @ end()"
        case .time(let milliseconds): " @ \(GoText.fixed(Double(milliseconds) / 1000, digits: 3))"
        }
    }

    private static func offset(_ milliseconds: Int64, _ expression: DurationExpression?) -> String {
        if let expression { return " offset \(expression)" }
        return milliseconds == 0 ? "" : " offset \(DurationText.signedText(milliseconds: milliseconds))"
    }
}
