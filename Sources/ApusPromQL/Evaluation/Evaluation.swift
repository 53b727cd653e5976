internal import ApusModel
internal import ApusSelection

/// One evaluation of expressions on one grid of steps; a subquery gets another with a grid of its own.
///
/// Everything is done by columns: an operator gives, or takes, the values of a series over all steps at once.
struct Evaluation: Sendable {
    let source: any SeriesSource
    let grid: TimeGrid
    /// The first and the last step of the whole query, for `@ start()` and `@ end()`.
    let queryBounds: (start: Int64, end: Int64)
    let context: QueryContext

    /// The rows of an expression of type instant vector, all in memory.
    func rows(_ expression: Expression) async throws(QueryError) -> Rows {
        try await rowSource(expression).collected(context)
    }

    /// Where the rows of an instant vector come from. Functions of single values are not done yet but carried along, so that
    /// whoever takes the rows one by one need not hold them all.
    func rowSource(_ expression: Expression) async throws(QueryError) -> RowSource {
        try context.checkpoint()
        switch expression {
        case .parenthesized(let inner):
            return try await rowSource(inner.expression)
        case .vector(let selector):
            return .series(try await series(selector, .instant, source: selector.source))
        case .unary(let unary):
            let rows = try await rowSource(unary.expression)
            return unary.isNegation ? try rows.adding(ValueFunctions.negation) : rows
        case .call(let call):
            return try await self.call(call)
        case .aggregation(let aggregation):
            return .rows(try await aggregate(aggregation))
        case .binary(let binary):
            return try await self.binary(binary)
        case .number, .string, .matrix, .subquery:
            throw .execution("expected an instant vector, got \(expression.valueType.documentedName)")
        }
    }

    /// The values of an expression of type scalar.
    func scalar(_ expression: Expression) async throws(QueryError) -> ScalarColumn {
        try context.checkpoint()
        return try await scalarColumn(expression).reserved(context)
    }

    private func scalarColumn(_ expression: Expression) async throws(QueryError) -> ScalarColumn {
        switch expression {
        case .number(let number): return ScalarColumn(constant: number.value)
        case .parenthesized(let inner): return try await scalar(inner.expression)
        case .unary(let unary):
            let column = try await scalar(unary.expression)
            return unary.isNegation ? ScalarColumn(values: column.values.map { -$0 }) : column
        case .binary(let binary):
            let left = try await scalar(binary.left)
            let right = try await scalar(binary.right)
            return ScalarColumn.combine(left, right, binary.operator.scalar)
        case .call(let call):
            switch call.function {
            case "pi": return ScalarColumn(constant: .pi)
            case "time": return ScalarColumn(values: (0..<grid.count).map { Double(grid.time($0)) / 1000 })
            case "scalar":
                guard let argument = call.arguments.first else { break }
                return Self.onlyValue(try await rows(argument))
            default: break
            }
            throw .execution("unknown scalar function \(call.function)")
        default:
            throw .execution("expected a scalar, got \(expression.valueType.documentedName)")
        }
    }

    /// `scalar(v)`: the value where the vector has one element, NaN elsewhere.
    private static func onlyValue(_ rows: Rows) -> ScalarColumn {
        ScalarColumn(
            values: (0..<rows.stepCount).map { step in
                var found: Double?
                for row in 0..<rows.count where isPresent(rows.value(row, step)) {
                    if found != nil { return .nan }
                    found = rows.value(row, step)
                }
                return found ?? .nan
            })
    }

    /// The text of an expression of type string.
    func string(_ expression: Expression) throws(QueryError) -> String {
        switch expression {
        case .string(let literal): return literal.value
        case .parenthesized(let inner): return try string(inner.expression)
        default: throw .execution("expected a string literal, got \(expression.valueType.documentedName)")
        }
    }

    private func binary(_ binary: BinaryOperation) async throws(QueryError) -> RowSource {
        let (left, right) = (binary.left.valueType, binary.right.valueType)
        if left == .scalar || right == .scalar {
            let scalarIsLeft = left == .scalar
            let column = try await scalar(scalarIsLeft ? binary.left : binary.right)
            let vector = try await rowSource(scalarIsLeft ? binary.right : binary.left)
            let stage = binary.operator.stage(column, scalarIsLeft: scalarIsLeft, returnsBool: binary.returnsBool)
            return try vector.adding(stage)
        }
        let leftRows = try await rows(binary.left)
        let rightRows = try await rows(binary.right)
        let result =
            binary.operator.isSet
            ? try SetOperation.evaluate(binary.operator, leftRows, rightRows, binary.matching ?? VectorMatching())
            : try VectorArithmetic.evaluate(binary, leftRows, rightRows, context)
        return .rows(try result.reserved(context))
    }

    private func aggregate(_ aggregation: Aggregation) async throws(QueryError) -> Rows {
        if aggregation.operator == .countValues {
            var label = ""
            if let parameter = aggregation.parameter { label = try string(parameter) }
            guard LabelFunctions.isName(label) else { throw .execution("invalid label name \(LabelName.quoted(label))") }
            let rows = try await rows(aggregation.expression)
            return try DistributingAggregation.countValues(aggregation, rows, label: label, context)
        }
        guard let parameter = aggregation.parameter, !Accumulator.handles(aggregation.operator) else {
            return try await rowSource(aggregation.expression).aggregated(aggregation, context)
        }
        let column = try await scalar(parameter)
        let rows = try await rows(aggregation.expression)
        return aggregation.operator == .quantile
            ? try DistributingAggregation.quantile(aggregation, rows, column, context).reserved(context)
            : try SelectingAggregation.evaluate(aggregation, rows, column, context).reserved(context)
    }
}

extension RowSource {
    /// With one more function of single values: at once on rows in memory, later on series.
    func adding(_ stage: RowStage) throws(QueryError) -> RowSource {
        switch self {
        case .rows(var rows):
            try rows.apply(stage)
            return .rows(rows)
        case .series(var series):
            series.stages.append(stage)
            return .series(series)
        }
    }
}
