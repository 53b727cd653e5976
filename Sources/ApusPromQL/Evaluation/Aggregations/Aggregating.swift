internal import ApusModel
internal import ApusSelection

extension RowSource {
    /// Aggregates without holding more than one row of each core's series in memory, besides the groups.
    func aggregated(_ aggregation: Aggregation, _ context: QueryContext) async throws(QueryError) -> Rows {
        switch self {
        case .rows(let rows):
            var accumulator = Accumulator(aggregation, stepCount: rows.stepCount)
            for row in 0..<rows.count { accumulator.add(rows.labels[row], rows.values.span, rows.range(row)) }
            return try accumulator.finished().reserved(context)
        case .series(let series) where series.mayCollide:
            return try await RowSource.rows(series.collected(context)).aggregated(aggregation, context)
        case .series(let series):
            return try await series.aggregated(aggregation, context)
        }
    }
}

extension SeriesRows {
    fileprivate func aggregated(_ aggregation: Aggregation, _ context: QueryContext) async throws(QueryError) -> Rows {
        // A name that is to be dropped may only stay until the grouping when the grouping does not ask for it.
        let keepsName = !aggregation.isWithout && !aggregation.grouping.contains { $0.hasPrefix("__") }
        let parts = try await parallel(Parallelism.runs(selection.count)) { run in
            var reader = try RowReader(self, context: context)
            var accumulator = Accumulator(aggregation, stepCount: grid.count)
            let reservation = try context.reserve(0)
            for index in run {
                await context.pause(index)
                guard let labels = try await reader.read(index, keepsName: keepsName) else { continue }
                accumulator.add(labels, reader.row.span, 0..<grid.count)
                try reservation.grow(to: accumulator.valueCount)
            }
            return accumulator
        }
        guard var joined = parts.first else { return Rows(stepCount: grid.count) }
        for part in parts.dropFirst() { joined.join(part) }
        return try joined.finished().reserved(context)
    }
}

extension Rows {
    /// The same rows, counted against the query's budget.
    func reserved(_ context: QueryContext) throws(QueryError) -> Rows {
        var rows = self
        rows.reservation = try context.reserve(values.count)
        return rows
    }

    /// The numbers of the rows of each group, groups in the order they are first met.
    func grouped(by aggregation: Aggregation) -> (labels: [Labels], rows: [[Int]]) {
        var table = GroupTable(grouping: aggregation.grouping, isWithout: aggregation.isWithout)
        var rows: [[Int]] = []
        for row in 0..<count {
            let group = table.group(of: labels[row])
            if group == rows.count { rows.append([]) }
            rows[group].append(row)
        }
        return (table.labels, rows)
    }
}
