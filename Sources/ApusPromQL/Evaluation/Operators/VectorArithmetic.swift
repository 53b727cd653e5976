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
    /// Where the result's labels have their row, and the group that made it.
    private var places: [Labels: Int] = [:]
    private var makers: [Int] = []
    /// The same by group, where the labels follow from it; -1: none yet.
    private var placesOfGroups: [Int] = []
    /// One-to-one: for each group and step, whether it has had its match.
    private var matched: [Bool] = []

    private let context: QueryContext
    /// Taken as the rows are made: a few rows on each side can make very many.
    private let reservation: SampleReservation

    static func evaluate(
        _ operation: BinaryOperation, _ left: Rows, _ right: Rows, _ context: QueryContext
    ) throws(QueryError) -> Rows {
        var work = try VectorArithmetic(operation, left, right, context)
        try work.run()
        return work.result
    }

    private init(_ operation: BinaryOperation, _ left: Rows, _ right: Rows, _ context: QueryContext) throws(QueryError) {
        self.context = context
        reservation = try context.reserve(0)
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
        let isOneToOne = matching.cardinality == .oneToOne
        if isOneToOne { matched = [Bool](repeating: false, count: groups.count * result.stepCount) }
        var manyCounts = [Int](repeating: 0, count: groups.count)
        for group in groups.left { manyCounts[group] += 1 }
        for row in 0..<many.count {
            try context.checkpoint()
            let group = groups.left[row]
            for other in oneRows[group] {
                let before = result.count
                let place = try place(row, other, group)
                // A new row has no other's values to look out for, and a lone pair no second match.
                if place == before, !isOneToOne || manyCounts[group] == 1 && oneRows[group].count == 1 {
                    fill(place, row, other)
                } else {
                    try combine(place, row, other, group)
                }
            }
        }
        result.removeEmptyRows()
    }

    /// Two rows of the "one" side with a value at one step and the same matching labels: an error, unless the other side is
    /// empty at that step and nothing can match anyway.
    private func checkOneSide(_ groups: [[Int]]) throws(QueryError) {
        guard groups.contains(where: { $0.count > 1 }) else { return }
        let present = presentSteps()
        // The fault that would be met first, going through the steps and at each through the rows.
        var found: (step: Int, first: Int, second: Int)?
        for rows in groups where rows.count > 1 {
            for step in 0..<one.stepCount where present[step] {
                if let found, step > found.step { break }
                let there = rows.filter { isPresent(one.value($0, step)) }
                guard there.count > 1 else { continue }
                if let found, found.step == step, found.second < there[1] { break }
                found = (step, there[0], there[1])
                break
            }
        }
        guard let found else { return }
        let (first, second) = (one.labels[found.first], one.labels[found.second])
        let side = swapped ? "left" : "right"
        throw .execution(
            "found duplicate series for the match group \(GoLabels.text(matcher.key(second))) on the \(side) hand-side of the "
                + "operation: [\(GoLabels.text(second)), \(GoLabels.text(first))]"
                + ";many-to-many matching not allowed: matching labels must be unique on one side")
    }

    private func presentSteps() -> [Bool] {
        var present = [Bool](repeating: false, count: many.stepCount)
        for row in 0..<many.count {
            for step in 0..<many.stepCount where isPresent(many.value(row, step)) { present[step] = true }
        }
        return present
    }

    /// Where the result of two rows goes.
    private mutating func place(_ row: Int, _ other: Int, _ group: Int) throws(QueryError) -> Int {
        if !placesOfGroups.isEmpty, placesOfGroups[group] >= 0 { return placesOfGroups[group] }
        let labels = matcher.resultLabels(many.labels[row], one.labels[other])
        if placesOfGroups.isEmpty, let known = places[labels] { return known }
        try reservation.grow(to: result.values.count + result.stepCount)
        let place = result.appendEmpty(labels)
        if placesOfGroups.isEmpty {
            places[labels] = place
        } else {
            placesOfGroups[group] = place
        }
        makers.append(group)
        return place
    }

    /// Writes a row of the result that has no values yet.
    private mutating func fill(_ place: Int, _ row: Int, _ other: Int) {
        let base = place * result.stepCount
        let (left, right) = swapped ? (one, many) : (many, one)
        let (leftRow, rightRow) = swapped ? (other, row) : (row, other)
        let pair = Pair(a: left.range(leftRow), b: right.range(rightRow), out: base)
        switch operation.operator {
        case .add: pair.fill(&result.values, left.values, right.values) { $0 + $1 }
        case .subtract: pair.fill(&result.values, left.values, right.values) { $0 - $1 }
        case .multiply: pair.fill(&result.values, left.values, right.values) { $0 * $1 }
        case .divide: pair.fill(&result.values, left.values, right.values) { $0 / $1 }
        case let other where !other.isComparison: pair.fill(&result.values, left.values, right.values) { other.number($0, $1) }
        case let other where operation.returnsBool:
            pair.fill(&result.values, left.values, right.values) { other.holds($0, $1) ? 1 : 0 }
        case let other: pair.fill(&result.values, left.values, right.values) { other.holds($0, $1) ? $0 : absent }
        }
    }

    /// Where two rows and their result lie.
    private struct Pair {
        let a: Range<Int>
        let b: Range<Int>
        let out: Int

        @inline(__always)
        func fill(_ result: inout [Double], _ left: [Double], _ right: [Double], _ body: (Double, Double) -> Double) {
            let (left, right) = (left.span, right.span)
            var span = result.mutableSpan
            for step in 0..<a.count {
                let (x, y) = (left[a.lowerBound &+ step], right[b.lowerBound &+ step])
                if isPresent(x), isPresent(y) { span[out &+ step] = body(x, y) }
            }
        }
    }

    private mutating func combine(_ place: Int, _ row: Int, _ other: Int, _ group: Int) throws(QueryError) {
        let base = place * result.stepCount
        for step in 0..<result.stepCount {
            let (a, b) = (many.value(row, step), one.value(other, step))
            guard isPresent(a), isPresent(b) else { continue }
            let (left, right) = swapped ? (b, a) : (a, b)
            let holds = operation.operator.holds(left, right)
            guard holds || operation.returnsBool else { continue }
            try claim(place, group, step)
            result.values[base + step] = operation.returnsBool ? (holds ? 1 : 0) : operation.operator.number(left, right)
        }
    }

    /// Takes a value of the result for a group.
    ///
    /// - Throws: `.execution` when another pair has it already.
    private mutating func claim(_ place: Int, _ group: Int, _ step: Int) throws(QueryError) {
        if !matched.isEmpty {
            let match = group * result.stepCount + step
            guard !matched[match] else {
                throw .execution("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
            }
            matched[match] = true
        }
        guard isPresent(result.value(place, step)) else { return }
        guard matching.cardinality != .oneToOne, makers[place] == group else { throw .sameLabels }
        throw .execution("multiple matches for labels: grouping labels must ensure unique matches")
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
