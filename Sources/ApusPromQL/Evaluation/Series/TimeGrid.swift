internal import ApusModel

/// The steps of a query: `start`, `start + step`, …; an instant query is a grid of one step.
struct TimeGrid: Sendable, Hashable {
    /// Milliseconds since 1970 UTC.
    let start: Int64
    /// Milliseconds, above 0.
    let step: Int64
    /// The number of steps; at least 0.
    let count: Int

    /// The steps from `start` up to and with `end`; none when `end` lies before `start`.
    init(start: Int64, end: Int64, step: Int64) {
        self.start = start
        self.step = max(1, step)
        let (span, overflow) = end.subtractingReportingOverflow(start)
        count = overflow || span < 0 ? 0 : Int(span / max(1, step)) &+ 1
    }

    /// The last step; `start` for an empty grid.
    var end: Int64 { start &+ step &* Int64(max(0, count &- 1)) }

    func time(_ index: Int) -> Int64 { start &+ step &* Int64(index) }
}

/// "No value at this step": the stale marker's bits, so that every other NaN stays a value.
let absent = StaleMarker.value

@inline(__always)
func isPresent(_ value: Double) -> Bool { value.bitPattern != 0x7ff0_0000_0000_0002 }

/// A scalar over the steps of a grid.
struct ScalarColumn: Sendable {
    /// One value that holds at all steps, or one value a step.
    private(set) var values: [Double]
    /// What they take from the query's sample budget; given back when the last copy goes.
    private var reservation: SampleReservation?

    init(constant: Double) { values = [constant] }

    init(values: [Double]) { self.values = values }

    /// The same column, counted against the query's budget; a constant is free.
    func reserved(_ context: QueryContext) throws(QueryError) -> ScalarColumn {
        guard values.count > 1, reservation == nil else { return self }
        var column = self
        column.reservation = try context.reserve(values.count)
        return column
    }

    /// Whether all values lie in the range; NaN does not.
    func isInside(_ range: ClosedRange<Double>) -> Bool { values.allSatisfy { $0 >= range.lowerBound && $0 <= range.upperBound } }

    var constant: Double? { values.count == 1 ? values[0] : nil }

    @inline(__always)
    subscript(step: Int) -> Double { values.count == 1 ? values[0] : values[step] }

    /// Both columns, step by step.
    static func combine(_ a: ScalarColumn, _ b: ScalarColumn, _ body: (Double, Double) -> Double) -> ScalarColumn {
        let count = max(a.values.count, b.values.count)
        return ScalarColumn(values: (0..<count).map { body(a[$0], b[$0]) })
    }
}
