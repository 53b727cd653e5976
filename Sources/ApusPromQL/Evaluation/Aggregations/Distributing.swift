internal import ApusModel

/// `quantile` and `count_values`: what needs all values of a group at a step.
enum DistributingAggregation {
    static func quantile(
        _ aggregation: Aggregation, _ rows: Rows, _ parameter: ScalarColumn, _ context: QueryContext
    ) throws(QueryError) -> Rows {
        remark(parameter, aggregation, context)
        let (labels, groups) = rows.grouped(by: aggregation)
        var result = Rows(stepCount: rows.stepCount)
        var values: [Double] = []
        for (label, group) in zip(labels, groups) {
            try context.checkpoint()
            let base = result.appendEmpty(label) * rows.stepCount
            for step in 0..<rows.stepCount {
                values.removeAll(keepingCapacity: true)
                for row in group where isPresent(rows.value(row, step)) { values.append(rows.value(row, step)) }
                if !values.isEmpty { result.values[base + step] = Quantile.of(&values, parameter[step]) }
            }
        }
        result.removeEmptyRows()
        return result
    }

    private static func remark(_ parameter: ScalarColumn, _ aggregation: Aggregation, _ context: QueryContext) {
        let source = aggregation.parameter?.source ?? aggregation.source
        let numbers = parameter.values.filter { !$0.isNaN }
        if numbers.count < parameter.values.count { context.remark(.invalidQuantile(.nan, at: source)) }
        if let high = numbers.max(), high > 1 { context.remark(.invalidQuantile(high, at: source)) }
        if let low = numbers.min(), low < 0 { context.remark(.invalidQuantile(low, at: source)) }
    }

    /// For each value that occurs, how often; the value becomes a label.
    static func countValues(
        _ aggregation: Aggregation, _ rows: Rows, label: String, _ context: QueryContext
    ) throws(QueryError) -> Rows {
        var aggregation = aggregation
        if !aggregation.isWithout { aggregation.grouping.append(label) }
        var table = GroupTable(grouping: aggregation.grouping, isWithout: aggregation.isWithout)
        var result = Rows(stepCount: rows.stepCount)
        // Each value that occurs makes a row over all steps: the budget is asked before.
        let reservation = try context.reserve(0)
        for row in 0..<rows.count {
            try context.checkpoint()
            var groups: [UInt64: Int] = [:]
            for step in 0..<rows.stepCount where isPresent(rows.value(row, step)) {
                let value = rows.value(row, step)
                let group: Int
                if let known = groups[value.bitPattern] {
                    group = known
                } else {
                    var builder = LabelsBuilder(rows.labels[row])
                    builder.set(label, FloatText.plain(value))
                    group = table.group(of: builder.build())
                    groups[value.bitPattern] = group
                    if group == result.count {
                        try reservation.grow(to: result.values.count + rows.stepCount)
                        _ = result.appendEmpty(table.labels[group])
                    }
                }
                let at = group * rows.stepCount + step
                result.values[at] = isPresent(result.values[at]) ? result.values[at] + 1 : 1
            }
        }
        result.reservation = reservation
        return result
    }
}
