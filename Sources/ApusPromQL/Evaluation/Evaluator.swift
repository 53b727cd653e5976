internal import ApusModel
public import ApusSelection

/// Evaluates parsed PromQL on the series of a source, with the semantics of Prometheus 3.5 on floats.
///
/// A query's cost in memory is what its result and its binary operations hold, not the samples it looks at: series are read
/// one by one, on several cores when there are many, and their values over all steps go straight into the groups of an
/// aggregation. Every value in memory counts against `QueryOptions.samplesMax`. Cancelling the calling task, or the passing
/// of `QueryOptions.timeout`, ends an evaluation within some milliseconds' work.
public struct Evaluator: Sendable {
    private let source: any SeriesSource

    public init(source: any SeriesSource) { self.source = source }

    /// The value at one time.
    ///
    /// - Parameters:
    ///   - text: The query as it was written, for the places in remarks.
    ///   - time: Milliseconds since 1970 UTC.
    /// - Returns: The result and what it took. A vector has the order that `sort` or `topk` gave it, otherwise the source's.
    public func instant(
        _ expression: Expression, text: String = "", at time: Int64, options: QueryOptions
    ) async throws(QueryError) -> (result: QueryResult, samples: SampleStatistics) {
        let context = QueryContext(options: options)
        let evaluation = Evaluation(
            source: source, grid: TimeGrid(start: time, end: time, step: 1), queryBounds: (time, time), context: context)
        let value: QueryResult.Value
        switch expression.valueType {
        case .scalar: value = .scalar(Sample(time: time, value: try await evaluation.scalar(expression)[0]))
        case .string: value = .string(time: time, try evaluation.string(expression))
        case .matrix: value = .matrix(try await evaluation.matrix(expression))
        case .vector, .none:
            let rows = try await evaluation.rows(expression)
            value = .vector(
                (0..<rows.count).compactMap { row in
                    isPresent(rows.values[row]) ? (labels: rows.labels[row], value: rows.values[row]) : nil
                })
        }
        var result = QueryResult(value: value)
        context.report(to: &result, text: text)
        return (result, context.statistics)
    }

    /// The values at `start`, `start + step`, … up to and with `end`, milliseconds since 1970 UTC.
    ///
    /// - Returns: A matrix, sorted by labels, and what it took; a scalar is a series without labels.
    public func range(
        _ expression: Expression, text: String = "", start: Int64, end: Int64, step: Int64, options: QueryOptions
    ) async throws(QueryError) -> (result: QueryResult, samples: SampleStatistics) {
        guard expression.valueType == .scalar || expression.valueType == .vector else {
            throw .execution(
                "invalid expression type \"\(expression.valueType.documentedName)\" for range query, must be Scalar or instant Vector")
        }
        let context = QueryContext(options: options)
        let evaluation = Evaluation(
            source: source, grid: TimeGrid(start: start, end: end, step: step), queryBounds: (start, end), context: context)
        guard evaluation.grid.count <= options.samplesMax else {
            throw .limit("query processing would load too many samples into memory in query execution")
        }
        var matrix = Matrix(series: [])
        if evaluation.grid.count > 0 {
            if expression.valueType == .scalar {
                let column = try await evaluation.scalar(expression)
                var rows = Rows(stepCount: evaluation.grid.count)
                rows.append(Labels(), (0..<evaluation.grid.count).map { column[$0] })
                matrix = rows.matrix(evaluation.grid)
            } else {
                matrix = try await evaluation.rows(expression).matrix(evaluation.grid)
            }
        }
        var result = QueryResult(value: .matrix(matrix))
        context.report(to: &result, text: text)
        return (result, context.statistics)
    }
}

extension Rows {
    /// The rows as series of samples, sorted by labels.
    fileprivate func matrix(_ grid: TimeGrid) -> Matrix {
        let order = (0..<count).sorted { labels[$0] < labels[$1] }
        // Series with a value at every step share one column of times.
        let times = (0..<stepCount).map(grid.time)
        return Matrix(
            series: order.compactMap { row in
                let samples = samples(row, times)
                return samples.isEmpty ? nil : Matrix.Series(labels: labels[row], samples: samples)
            })
    }

    private func samples(_ row: Int, _ times: [Int64]) -> SampleColumns {
        var samples = SampleColumns()
        let present = values[range(row)].count(where: isPresent)
        if present == stepCount {
            samples.times = times
            samples.values = Array(values[range(row)])
            return samples
        }
        samples.times.reserveCapacity(present)
        samples.values.reserveCapacity(present)
        for step in 0..<stepCount where isPresent(value(row, step)) {
            samples.append(time: times[step], value: value(row, step))
        }
        return samples
    }
}
