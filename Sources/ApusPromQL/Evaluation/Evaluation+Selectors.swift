internal import ApusModel
internal import ApusSelection

extension Evaluation {
    /// The time an `@` modifier stands for.
    private func time(_ at: AtModifier?) -> Int64? {
        switch at {
        case nil: nil
        case .time(let time): time
        case .start: queryBounds.start
        case .end: queryBounds.end
        }
    }

    /// The series of a selector, each with a function of the samples that an instant selector looks at.
    func series(
        _ selector: VectorSelector, _ function: WindowFunction, source: SourceRange
    ) async throws(QueryError) -> SeriesRows {
        try await series(selector, function, range: context.options.lookbackMilliseconds, source: source)
    }

    /// The series of a selector with a function of the samples in a range.
    func series(
        _ selector: VectorSelector, _ function: WindowFunction, range: Int64, source: SourceRange
    ) async throws(QueryError) -> SeriesRows {
        let windows = Windows(
            grid: grid, range: max(1, range), offset: selector.offsetMilliseconds, at: time(selector.at))
        return SeriesRows(
            selection: try await selection(selector, windows), function: function, windows: windows, grid: grid, source: source,
            hasOneName: selector.matchers.contains { $0.name == "__name__" && $0.operation == .equal && !$0.value.isEmpty })
    }

    private func selection(_ selector: VectorSelector, _ windows: Windows) async throws(QueryError) -> any SeriesSelection {
        guard let span = windows.span else { return RowsSelection(nothing: grid) }
        return try await context.selection(selector.matchers, in: span, from: source)
    }

    /// The rows of a subquery as series whose samples lie at the subquery's own steps.
    func series(_ subquery: Subquery, _ function: WindowFunction) async throws(QueryError) -> SeriesRows {
        let windows = Windows(
            grid: grid, range: max(1, subquery.rangeMilliseconds), offset: subquery.offsetMilliseconds, at: time(subquery.at))
        let selection = try await selection(subquery, windows)
        let withoutNames = Set(selection.rows.labels.lazy.map { $0.droppingMetadata() })
        // Prometheus replaces a subquery by a selector without a place, so remarks on it point to the query's start.
        return SeriesRows(
            selection: selection, function: function, windows: windows, grid: grid, source: 0..<0,
            hasOneName: withoutNames.count == selection.count)
    }

    private func selection(_ subquery: Subquery, _ windows: Windows) async throws(QueryError) -> RowsSelection {
        let step = subquery.stepMilliseconds > 0 ? subquery.stepMilliseconds : context.options.defaultSubqueryStepMilliseconds
        guard windows.count > 0, step > 0 else { return RowsSelection(nothing: grid) }
        // The first multiple of the step inside the first window, which is open on the left.
        let before = windows.firstEnd &- windows.range
        let remainder = ((before % step) + step) % step
        let inner = Evaluation(
            source: source,
            grid: TimeGrid(start: before &- remainder &+ step, end: windows.end(windows.count - 1), step: step),
            queryBounds: queryBounds, context: context)
        guard inner.grid.count > 0 else { return RowsSelection(nothing: grid) }
        guard inner.grid.count <= context.options.samplesMax else {
            throw .limit("query processing would load too many samples into memory in query execution")
        }
        let rows: Rows
        if subquery.expression.valueType == .scalar {
            let column = try await inner.scalar(subquery.expression)
            var row = Rows(stepCount: inner.grid.count)
            row.append(Labels(), (0..<inner.grid.count).map { column[$0] })
            rows = row
        } else {
            rows = try await inner.rows(subquery.expression)
        }
        return RowsSelection(rows: rows, grid: inner.grid)
    }

    /// The series of a range selector or a subquery, with a function of the samples in the range.
    func series(range expression: Expression, _ function: WindowFunction) async throws(QueryError) -> SeriesRows {
        switch expression {
        case .matrix(let matrix):
            return try await series(matrix.selector, function, range: matrix.rangeMilliseconds, source: matrix.source)
        case .subquery(let subquery):
            return try await series(subquery, function)
        case .parenthesized(let inner):
            return try await series(range: inner.expression, function)
        default:
            throw .execution("expected a range vector, got \(expression.valueType.documentedName)")
        }
    }

    /// The samples of a range selector or subquery themselves, at a grid of one step.
    func matrix(_ expression: Expression) async throws(QueryError) -> Matrix {
        let rows = try await series(range: expression, .edge(.count))
        var matrix = Matrix(series: [])
        let reservation = try context.reserve(0)
        var total = 0
        let end = rows.windows.end(0)
        for index in 0..<rows.selection.count {
            if index & 15 == 0 { try context.checkpoint() }
            var samples = SampleColumns()
            do {
                try rows.selection.appendSamples(at: index, to: &samples)
            } catch {
                throw QueryError(wrapping: error)
            }
            context.countRead(samples.count)
            samples.removeStaleMarkers()
            var inside = SampleColumns()
            for i in 0..<samples.count where samples.times[i] > end &- rows.windows.range && samples.times[i] <= end {
                inside.append(time: samples.times[i], value: samples.values[i])
            }
            guard !inside.isEmpty else { continue }
            total += inside.count
            try reservation.grow(to: total)
            matrix.series.append(.init(labels: rows.selection.labels(at: index), samples: inside))
        }
        matrix.series.sort { $0.labels < $1.labels }
        return matrix
    }
}

/// Rows that were already computed, read again as series: the inside of a subquery.
struct RowsSelection: SeriesSelection {
    let rows: Rows
    let grid: TimeGrid

    init(rows: Rows, grid: TimeGrid) {
        self.rows = rows
        self.grid = grid
    }

    init(nothing grid: TimeGrid) { self.init(rows: Rows(stepCount: grid.count), grid: grid) }

    var count: Int { rows.count }

    func labels(at index: Int) -> Labels { rows.labels[index] }

    func appendSamples(at index: Int, to columns: inout SampleColumns) {
        for step in 0..<rows.stepCount where isPresent(rows.value(index, step)) {
            columns.append(time: grid.time(step), value: rows.value(index, step))
        }
    }
}
