internal import ApusModel
internal import ApusSelection

extension Evaluation {
    /// The rows of a function that gives an instant vector.
    func call(_ call: Call) async throws(QueryError) -> RowSource {
        let arguments = call.arguments.map(Self.unwrapped)
        switch call.function {
        case "vector":
            let column = try await scalar(argument(0, call))
            return .rows(try constantRow(column))
        case "timestamp": return try await timestamp(argument(0, call))
        case "absent", "absent_over_time": return .rows(try await absence(call, arguments))
        case "sort", "sort_desc", "sort_by_label", "sort_by_label_desc": return .rows(try await sorted(call))
        case "label_replace", "label_join": return try await relabelled(call)
        case "histogram_quantile", "histogram_fraction": return .rows(try await histogram(call))
        case "histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev", "histogram_stdvar":
            // These see native histograms only, which no series has yet.
            _ = try await rows(argument(0, call))
            return .rows(Rows(stepCount: grid.count))
        default: break
        }
        if let index = arguments.firstIndex(where: { $0.valueType == .matrix }) {
            return .series(try await overRange(call, arguments, index))
        }
        return try await ofValues(call, arguments)
    }

    private static func unwrapped(_ expression: Expression) -> Expression {
        if case .parenthesized(let inner) = expression { unwrapped(inner.expression) } else { expression }
    }

    private func argument(_ index: Int, _ call: Call) throws(QueryError) -> Expression {
        guard index < call.arguments.count else {
            throw .execution("expected at least \(index + 1) argument(s) in call to \"\(call.function)\"")
        }
        return call.arguments[index]
    }

    /// One row without labels.
    private func constantRow(_ column: ScalarColumn) throws(QueryError) -> Rows {
        var rows = Rows(stepCount: grid.count)
        rows.append(Labels(), (0..<grid.count).map { column[$0] })
        return try rows.reserved(context)
    }

    private func overRange(_ call: Call, _ arguments: [Expression], _ index: Int) async throws(QueryError) -> SeriesRows {
        var scalars: [ScalarColumn] = []
        for (i, argument) in arguments.enumerated() where i != index { scalars.append(try await scalar(argument)) }
        guard let function = WindowFunction(name: call.function, arguments: scalars, source: arguments[0].source) else {
            throw .execution("unknown function with name \"\(call.function)\"")
        }
        switch function {
        case .smoothing(let smoothing, let trend):
            try Self.checkFactors(smoothing, "smoothing")
            try Self.checkFactors(trend, "trend")
        default: break
        }
        return try await series(range: arguments[index], function)
    }

    private static func checkFactors(_ column: ScalarColumn, _ name: String) throws(QueryError) {
        for value in column.values where value <= 0 || value >= 1 {
            let short = name == "trend" ? "tf" : "sf"
            throw .execution("invalid \(name) factor. Expected: 0 < \(short) < 1, got: \(FloatText.fixed(value))")
        }
    }

    /// Functions of single values; dates without an argument take the step's time.
    private func ofValues(_ call: Call, _ arguments: [Expression]) async throws(QueryError) -> RowSource {
        if arguments.isEmpty, let field = CalendarField(function: call.function) {
            let values = (0..<grid.count).map { field.value(atSeconds: (Double(grid.time($0)) / 1000).rounded(.towardZero)) }
            return .rows(try constantRow(ScalarColumn(values: values)))
        }
        var scalars: [ScalarColumn] = []
        for argument in arguments.dropFirst() { scalars.append(try await scalar(argument)) }
        guard let stage = ValueFunctions.stage(call.function, scalars) else {
            throw .execution("unknown function with name \"\(call.function)\"")
        }
        return try await rowSource(argument(0, call)).adding(stage)
    }

    private func timestamp(_ argument: Expression) async throws(QueryError) -> RowSource {
        if case .vector(let selector) = Self.unwrapped(argument) {
            return .series(try await series(selector, .sampleTime, source: selector.source))
        }
        let grid = grid
        let stage = ValueFunctions.stage { _, step in Double(grid.time(step)) / 1000 }
        return try await rowSource(argument).adding(stage)
    }

    /// 1 at the steps where the argument has nothing, with the labels that its matchers name.
    private func absence(_ call: Call, _ arguments: [Expression]) async throws(QueryError) -> Rows {
        let argument = arguments.first ?? .vector(VectorSelector(name: "", matchers: [], source: call.source))
        let source: RowSource =
            call.function == "absent"
            ? try await rowSource(argument) : .series(try await series(range: argument, .edge(.present)))
        let anything = Aggregation(
            operator: .group, expression: argument, parameter: nil, grouping: [], isWithout: false, source: call.source)
        let present = try await source.aggregated(anything, context)
        var rows = Rows(stepCount: grid.count)
        let values = (0..<grid.count).map { present.count > 0 && isPresent(present.value(0, $0)) ? absent : 1 }
        rows.append(Self.labelsOfAbsent(argument), values)
        rows.removeEmptyRows()
        return rows
    }

    private static func labelsOfAbsent(_ argument: Expression) -> Labels {
        let matchers: [Matcher]
        switch argument {
        case .vector(let selector): matchers = selector.matchers
        case .matrix(let matrix): matchers = matrix.selector.matchers
        default: return Labels()
        }
        var builder = LabelsBuilder()
        var named: Set<String> = []
        for matcher in matchers where matcher.name != "__name__" {
            if matcher.operation == .equal && named.insert(matcher.name).inserted {
                builder.set(matcher.name, matcher.value)
            } else {
                builder.remove(matcher.name)
            }
        }
        return builder.build()
    }

    /// Order means something at a single step only: a range's rows are sorted by their labels in the end.
    private func sorted(_ call: Call) async throws(QueryError) -> Rows {
        let rows = try await rows(argument(0, call))
        guard grid.count == 1 else { return rows }
        var order = Array(0..<rows.count)
        switch call.function {
        case "sort": order.sort { Self.precedes(rows.values[$0], rows.values[$1], descending: false) }
        case "sort_desc": order.sort { Self.precedes(rows.values[$0], rows.values[$1], descending: true) }
        default:
            var names: [String] = []
            for argument in call.arguments.dropFirst() { names.append(try string(argument)) }
            let sign = call.function == "sort_by_label" ? 1 : -1
            order.sort { Self.compare(rows.labels[$0], rows.labels[$1], by: names) * sign < 0 }
        }
        var result = Rows(stepCount: 1)
        for row in order { result.append(rows.labels[row], [rows.values[row]]) }
        return result
    }

    /// NaN comes last either way.
    private static func precedes(_ a: Double, _ b: Double, descending: Bool) -> Bool {
        if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN }
        return descending ? a > b : a < b
    }

    private static func compare(_ a: Labels, _ b: Labels, by names: [String]) -> Int {
        for name in names {
            let order = NaturalOrder.compare(a[name] ?? "", b[name] ?? "")
            if order != 0 { return order }
        }
        return Labels.compare(a, b)
    }

    private func relabelled(_ call: Call) async throws(QueryError) -> RowSource {
        var texts: [String] = []
        for argument in call.arguments.dropFirst() { texts.append(try string(argument)) }
        let stage: RowStage
        if call.function == "label_replace" {
            guard texts.count == 4 else { throw .execution("expected 5 argument(s) in call to \"label_replace\"") }
            stage = try LabelFunctions.replace(
                destination: texts[0], replacement: texts[1], source: texts[2], pattern: texts[3])
        } else {
            guard texts.count >= 2 else { throw .execution("expected at least 3 argument(s) in call to \"label_join\"") }
            stage = try LabelFunctions.join(destination: texts[0], separator: texts[1], sources: Array(texts.dropFirst(2)))
        }
        return try await rowSource(argument(0, call)).adding(stage)
    }

    private func histogram(_ call: Call) async throws(QueryError) -> Rows {
        let isQuantile = call.function == "histogram_quantile"
        let first = try await scalar(argument(0, call))
        let second = isQuantile ? first : try await scalar(argument(1, call))
        let vector = try argument(isQuantile ? 1 : 2, call)
        let rows = try await rows(vector)
        if isQuantile, grid.count > 0 {
            for value in Set(first.values) where !(value >= 0 && value <= 1) {
                context.remark(.invalidQuantile(value, at: call.arguments[0].source))
            }
        }
        let context = context
        let histograms = ClassicHistogramRows(rows) { le, metric in
            context.remark(.badBucketLabel(le, metric: metric, at: vector.source))
        }
        let result = try histograms.rows(of: rows) { histogram, labels, step in
            guard isQuantile else { return histogram.fraction(lower: first[step], upper: second[step]) }
            let (value, wasForced) = histogram.value(quantile: first[step])
            if wasForced { context.remark(.forcedMonotonicity(metric: labels.metricName ?? "", at: vector.source)) }
            return value
        }
        return try result.reserved(context)
    }
}
