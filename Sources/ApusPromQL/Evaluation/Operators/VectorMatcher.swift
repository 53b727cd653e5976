internal import ApusModel

/// Finds which rows of two vectors belong together: those with the same values of the matching labels.
struct VectorMatcher {
    private static let metadata = ["__name__", "__type__", "__unit__"]

    let matching: VectorMatching
    /// Whether the result is another metric than its sides.
    private let dropsName: Bool
    private let keyNames: LabelNames
    /// What a result's labels are picked by; nil: all stay.
    private let resultNames: LabelNames?

    /// - Parameter dropsName: Whether the operation makes another metric of its sides.
    init(_ matching: VectorMatching, dropsName: Bool) {
        self.matching = matching
        self.dropsName = dropsName
        keyNames = LabelNames(matching.isOn ? matching.labels : matching.labels + Self.metadata)
        if matching.cardinality != .oneToOne {
            resultNames = dropsName ? LabelNames(Self.metadata) : nil
        } else if matching.isOn {
            resultNames = LabelNames(dropsName ? matching.labels.filter { !Self.metadata.contains($0) } : matching.labels)
        } else {
            resultNames = LabelNames(dropsName ? matching.labels + Self.metadata : matching.labels)
        }
    }

    /// The labels that two rows must have in common.
    func key(_ labels: Labels) -> Labels { matching.isOn ? labels.keeping(keyNames) : labels.dropping(keyNames) }

    /// The number of each row's group, and how many groups both sides have together.
    func groups(_ left: Rows, _ right: Rows) -> (left: [Int], right: [Int], count: Int) {
        var table = GroupTable(names: keyNames, isWithout: !matching.isOn)
        let leftGroups = left.labels.map { table.group(of: $0) }
        let rightGroups = right.labels.map { table.group(of: $0) }
        return (leftGroups, rightGroups, table.labels.count)
    }

    /// Whether the labels of a one-to-one result follow from the group alone.
    var hasLabelsOfGroup: Bool {
        matching.cardinality == .oneToOne && matching.include.isEmpty && (matching.isOn || dropsName)
    }

    /// The labels of a result of two rows.
    ///
    /// - Parameter many: From the side that may have several rows for one of the other; the left side of one-to-one.
    func resultLabels(_ many: Labels, _ one: Labels) -> Labels {
        var labels = many
        if let resultNames {
            let keeps = matching.cardinality == .oneToOne && matching.isOn
            labels = keeps ? many.keeping(resultNames) : many.dropping(resultNames)
        }
        guard !matching.include.isEmpty else { return labels }
        var builder = LabelsBuilder(labels)
        for name in matching.include { builder.set(name, one[name] ?? "") }
        return builder.build()
    }
}

/// `and`, `or`, `unless`.
enum SetOperation {
    static func evaluate(
        _ operation: BinaryOperation.Operator, _ left: Rows, _ right: Rows, _ matching: VectorMatching
    ) throws(QueryError) -> Rows {
        let groups = VectorMatcher(matching, dropsName: false).groups(left, right)
        var left = left
        if operation == .or {
            let present = presence(left, groups.left, groups.count)
            var right = right
            keep(&right, groups.right) { !present[$0] }
            left.append(contentsOf: right)
        } else {
            let present = presence(right, groups.right, groups.count)
            keep(&left, groups.left) { present[$0] == (operation == .and) }
        }
        left.removeEmptyRows()
        try left.mergeSameLabels()
        return left
    }

    /// For each group and step, whether any row has a value.
    private static func presence(_ rows: Rows, _ groups: [Int], _ count: Int) -> [Bool] {
        var present = [Bool](repeating: false, count: count * rows.stepCount)
        for row in 0..<rows.count {
            let base = groups[row] * rows.stepCount
            for step in 0..<rows.stepCount where isPresent(rows.value(row, step)) { present[base + step] = true }
        }
        return present
    }

    /// Leaves the values whose group and step, as an index into `presence`, pass.
    private static func keep(_ rows: inout Rows, _ groups: [Int], _ passes: (Int) -> Bool) {
        for row in 0..<rows.count {
            let base = groups[row] * rows.stepCount
            for step in 0..<rows.stepCount where !passes(base + step) { rows.values[row * rows.stepCount + step] = absent }
        }
    }
}
