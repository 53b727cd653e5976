internal import ApusModel

/// Families of one series each, without labels, declared at the first cycle in which one has a value.
struct FixedSeries: Sendable {
    private let families: [Family]
    private let labels: [Labels]
    private var isDeclared: [Bool]

    init(_ families: [Family]) {
        self.families = families
        labels = families.map { $0.labels() }
        isDeclared = families.map { _ in false }
    }

    mutating func append(_ index: Int, _ value: Double, to batch: inout WriteBatch, at time: Int64) {
        if !isDeclared[index] {
            isDeclared[index] = true
            families[index].declare(in: &batch)
        }
        batch.append(labels[index], time: time, value: value)
    }
}
