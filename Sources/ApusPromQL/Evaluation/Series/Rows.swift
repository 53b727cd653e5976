internal import ApusModel

/// An instant vector over all steps: for each series its labels and one value a step.
///
/// The values lie one row behind the other in a single array, so that a function runs over all of them without touching
/// series by series, and no row costs an allocation. `absent` marks the steps without a value. Native histograms, when they
/// come, stand beside `values` in a column of their own.
struct Rows: Sendable {
    let stepCount: Int
    var labels: [Labels] = []
    var values: [Double] = []
    /// What the values take from the query's sample budget; given back when the last copy goes.
    var reservation: SampleReservation?

    init(stepCount: Int) { self.stepCount = stepCount }

    var count: Int { labels.count }

    @inline(__always)
    func value(_ row: Int, _ step: Int) -> Double { values[row &* stepCount &+ step] }

    func range(_ row: Int) -> Range<Int> { row * stepCount..<(row + 1) * stepCount }

    mutating func append(_ labels: Labels, _ row: [Double]) {
        self.labels.append(labels)
        values.append(contentsOf: row)
    }

    /// Appends a row without values and tells its index.
    mutating func appendEmpty(_ labels: Labels) -> Int {
        self.labels.append(labels)
        values.append(contentsOf: repeatElement(absent, count: stepCount))
        return self.labels.count - 1
    }

    mutating func append(contentsOf other: Rows) {
        labels.append(contentsOf: other.labels)
        values.append(contentsOf: other.values)
    }

    func isEmpty(row: Int) -> Bool {
        for i in range(row) where isPresent(values[i]) { return false }
        return true
    }

    /// Leaves out the rows that have no value at any step.
    mutating func removeEmptyRows() {
        var kept = 0
        for row in 0..<count where !isEmpty(row: row) {
            if kept != row {
                labels[kept] = labels[row]
                for step in 0..<stepCount { values[kept * stepCount + step] = values[row * stepCount + step] }
            }
            kept += 1
        }
        guard kept < count else { return }
        labels.removeSubrange(kept...)
        values.removeSubrange((kept * stepCount)...)
    }

    /// Whether two rows have the same labels.
    func hasDuplicateLabels() -> Bool {
        guard count > 1 else { return false }
        var seen = Set<Labels>(minimumCapacity: count)
        for label in labels where !seen.insert(label).inserted { return true }
        return false
    }

    /// Makes one row of those that share their labels.
    ///
    /// - Throws: `.execution` when two of them have a value at the same step.
    mutating func mergeSameLabels() throws(QueryError) {
        guard hasDuplicateLabels() else { return }
        var merged = Rows(stepCount: stepCount)
        var places: [Labels: Int] = [:]
        for row in 0..<count {
            guard let place = places[labels[row]] else {
                places[labels[row]] = merged.count
                merged.append(labels[row], Array(values[range(row)]))
                continue
            }
            for step in 0..<stepCount where isPresent(value(row, step)) {
                let at = place * stepCount + step
                guard !isPresent(merged.values[at]) else { throw .sameLabels }
                merged.values[at] = value(row, step)
            }
        }
        merged.reservation = reservation
        self = merged
    }
}

extension QueryError {
    static let sameLabels = QueryError.execution("vector cannot contain metrics with the same labelset")
}
