internal import ApusModel
internal import ApusSelection
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// How many cores a large selection is spread over.
enum Parallelism {
    static let cores = max(1, min(16, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    /// Fewer series than this for each core are not worth a second task.
    static let seriesPerTaskMin = 128

    /// Cuts `count` series into runs, one a task.
    static func runs(_ count: Int) -> [Range<Int>] {
        let tasks = max(1, min(cores, count / seriesPerTaskMin))
        return (0..<tasks).map { count * $0 / tasks..<count * ($0 + 1) / tasks }
    }
}

/// Does the work for each run, on several cores when there is more than one.
///
/// - Returns: What came of them, in the runs' order.
func parallel<Result: Sendable>(
    _ runs: [Range<Int>], _ body: @escaping @Sendable (Range<Int>) async throws -> Result
) async throws(QueryError) -> [Result] {
    do {
        if runs.count == 1 { return [try await body(runs[0])] }
        return try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            for (index, run) in runs.enumerated() { group.addTask { (index, try await body(run)) } }
            var results = [Result?](repeating: nil, count: runs.count)
            for try await (index, result) in group { results[index] = result }
            return results.compactMap { $0 }
        }
    } catch {
        throw QueryError(wrapping: error)
    }
}

extension RowSource {
    /// All rows, in memory and without duplicates.
    func collected(_ context: QueryContext) async throws(QueryError) -> Rows {
        switch self {
        case .rows(let rows): rows
        case .series(let series): try await series.collected(context)
        }
    }
}

extension SeriesRows {
    func collected(_ context: QueryContext) async throws(QueryError) -> Rows {
        if mayCollide {
            var plain = self
            plain.stages = []
            var rows = try await plain.gathered(context)
            if function.dropsName && rows.hasDuplicateLabels() { throw .sameLabels }
            for stage in stages { try rows.apply(stage) }
            return rows
        }
        var rows = try await gathered(context)
        if stages.contains(where: { $0.apply != nil }) { rows.removeEmptyRows() }
        return rows
    }

    private static let reservedValueCountMax = 1 << 23

    private func gathered(_ context: QueryContext) async throws(QueryError) -> Rows {
        let reservation = try context.reserve(0)
        let parts = try await parallel(Parallelism.runs(selection.count)) { run in
            var reader = try RowReader(self, context: context)
            var rows = Rows(stepCount: grid.count)
            // The first part takes in the others; memory that is never written costs nothing.
            let rowCount = run.lowerBound == 0 ? selection.count : run.count
            rows.values.reserveCapacity(min(rowCount * grid.count, Self.reservedValueCountMax))
            let part = try context.reserve(0)
            for index in run {
                await context.pause(index)
                guard let labels = try await reader.read(index, keepsName: false) else { continue }
                rows.append(labels, reader.row)
                try part.grow(to: rows.values.count)
            }
            return rows
        }
        var rows = parts.first ?? Rows(stepCount: grid.count)
        for part in parts.dropFirst() { rows.append(contentsOf: part) }
        try reservation.grow(to: rows.values.count)
        rows.reservation = reservation
        return rows
    }
}

extension Rows {
    /// Does one stage on all rows.
    ///
    /// - Throws: `.execution` when it leaves two rows with the same labels at one step.
    mutating func apply(_ stage: RowStage) throws(QueryError) {
        if let apply = stage.apply {
            let (rowCount, stepCount) = (count, stepCount)
            var span = values.mutableSpan
            for row in 0..<rowCount { apply(&span, row * stepCount..<(row + 1) * stepCount) }
            removeEmptyRows()
        }
        if stage.dropsName { labels = labels.map { $0.droppingMetadata() } }
        if let relabel = stage.relabel {
            labels = labels.map(relabel)
            if hasDuplicateLabels() { throw .sameLabels }
        }
        if stage.dropsName { try mergeSameLabels() }
    }
}
