internal import ApusModel

/// Arithmetic and comparison of two vectors.
///
/// Rows are brought together once, by their labels; then each pair runs over all steps. Only the faults are a matter of
/// single steps: two rows that share their matching labels are allowed as long as they never have a value at the same step.
struct VectorArithmetic {
    private let operation: BinaryOperation
    private let matching: VectorMatching
    private let matcher: VectorMatcher
    /// The side that may have several rows in a group; the left side of one-to-one.
    private let many: Rows
    private let one: Rows
    private let swapped: Bool
    private var result: Rows
    private var places: [Labels: Int] = [:]
    /// The same by group, where the labels follow from it; -1: none yet.
    private var placesOfGroups: [Int] = []
    /// For each value of the result, the group that wrote it.
    private var writers: [Int32] = []
    /// One-to-one: for each group and step, whether it has had its match.
    private var matched: [Bool] = []

    static func evaluate(_ operation: BinaryOperation, _ left: Rows, _ right: Rows) throws(QueryError) -> Rows {
        var work = VectorArithmetic(operation, left, right)
        try work.run()
        return work.result
    }

    private init(_ operation: BinaryOperation, _ left: Rows, _ right: Rows) {
        self.operation = operation
        matching = operation.matching ?? VectorMatching()
        matcher = VectorMatcher(matching, dropsName: operation.operator.dropsName || operation.returnsBool)
        swapped = matching.cardinality == .oneToMany
        many = swapped ? right : left
        one = swapped ? left : right
        result = Rows(stepCount: left.stepCount)
    }

    private mutating func run() throws(QueryError) {
        guard many.count > 0, one.count > 0 else { return }
        let groups = matcher.groups(many, one)
        var oneRows = [[Int]](repeating: [], count: groups.count)
        for (row, group) in groups.right.enumerated() { oneRows[group].append(row) }
        try checkOneSide(oneRows)
        if matcher.hasLabelsOfGroup { placesOfGroups = [Int](repeating: -1, count: groups.count) }
        if matching.cardinality == .oneToOne {
            matched = [Bool](repeating: false, count: groups.count * result.stepCount)
        }
        for row in 0..<many.count {
            let group = groups.left[row]
            for other in oneRows[group] { try combine(row, other, group) }
        }
        result.removeEmptyRows()
    }

    /// Two rows of the "one" side with a value at one step and the same matching labels: an error, unless the other side is
    /// empty at that step and nothing can match anyway.
    private func checkOneSide(_ groups: [[Int]]) throws(QueryError) {
        var manyPresent: [Bool]?
        for rows in groups where rows.count > 1 {
            let present = manyPresent ?? presentSteps()
            manyPresent = present
            for step in 0..<one.stepCount where present[step] {
                let there = rows.filter { isPresent(one.value($0, step)) }
                guard there.count > 1 else { continue }
                let (first, second) = (one.labels[there[0]], one.labels[there[1]])
                let side = swapped ? "left" : "right"
                throw .execution(
                    "found duplicate series for the match group \(GoLabels.text(matcher.key(second))) on the \(side) "
                        + "hand-side of the operation: [\(GoLabels.text(second)), \(GoLabels.text(first))]"
                        + ";many-to-many matching not allowed: matching labels must be unique on one side")
            }
        }
    }

    private func presentSteps() -> [Bool] {
        var present = [Bool](repeating: false, count: many.stepCount)
        for row in 0..<many.count {
            for step in 0..<many.stepCount where isPresent(many.value(row, step)) { present[step] = true }
        }
        return present
    }

    /// Where the result of two rows goes.
    private mutating func place(_ row: Int, _ other: Int, _ group: Int) -> Int {
        if !placesOfGroups.isEmpty, placesOfGroups[group] >= 0 { return placesOfGroups[group] }
        let labels = matcher.resultLabels(many.labels[row], one.labels[other])
        if placesOfGroups.isEmpty, let known = places[labels] { return known }
        let place = result.appendEmpty(labels)
        if placesOfGroups.isEmpty {
            places[labels] = place
        } else {
            placesOfGroups[group] = place
        }
        if matched.isEmpty { writers.append(contentsOf: repeatElement(-1, count: result.stepCount)) }
        return place
    }

    private mutating func combine(_ row: Int, _ other: Int, _ group: Int) throws(QueryError) {
        let base = place(row, other, group) * result.stepCount
        for step in 0..<result.stepCount {
            let (a, b) = (many.value(row, step), one.value(other, step))
            guard isPresent(a), isPresent(b) else { continue }
            let (left, right) = swapped ? (b, a) : (a, b)
            let value: Double
            if operation.operator.isComparison {
                let holds = operation.operator.holds(left, right)
                guard holds || operation.returnsBool else { continue }
                value = operation.returnsBool ? (holds ? 1 : 0) : left
            } else {
                value = operation.operator.number(left, right)
            }
            try claim(base + step, group, step)
            result.values[base + step] = value
        }
    }

    /// Takes a place in the result for a group.
    ///
    /// - Throws: `.execution` when another pair has it already.
    @inline(__always)
    private mutating func claim(_ at: Int, _ group: Int, _ step: Int) throws(QueryError) {
        if !matched.isEmpty {
            let match = group * result.stepCount + step
            guard !matched[match] else {
                throw .execution("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
            }
            matched[match] = true
            if isPresent(result.values[at]) { throw .sameLabels }
            return
        }
        if isPresent(result.values[at]) {
            guard writers[at] == Int32(truncatingIfNeeded: group) else { throw .sameLabels }
            throw .execution("multiple matches for labels: grouping labels must ensure unique matches")
        }
        writers[at] = Int32(truncatingIfNeeded: group)
    }
}

/// Labels as Prometheus's messages show them, the name inside the braces.
enum GoLabels {
    static func text(_ labels: Labels) -> String {
        let inside = labels.pairs.map { name, value in
            "\(LabelName.isLegacy(name) ? name : LabelName.quoted(name))=\(LabelName.quoted(value))"
        }
        return "{\(inside.joined(separator: ", "))}"
    }
}
