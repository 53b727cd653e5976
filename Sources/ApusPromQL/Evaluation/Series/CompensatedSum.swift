/// A running sum that carries what rounding lost (Kahan 1965, in Neumaier's form of 1974).
///
/// Infinities behave as in a plain sum: the compensation is dropped once the sum is infinite.
struct CompensatedSum: Sendable {
    var sum: Double
    var compensation: Double

    @inline(__always)
    init(_ sum: Double = 0, _ compensation: Double = 0) {
        self.sum = sum
        self.compensation = compensation
    }

    @inline(__always)
    mutating func add(_ value: Double) {
        let next = sum + value
        // What the addition lost, exactly and without a branch on which summand is greater (Knuth's TwoSum).
        let added = next - sum
        let lost = (sum - (next - added)) + (value - added)
        compensation = next.isInfinite ? 0 : compensation + lost
        sum = next
    }

    @inline(__always)
    mutating func add(_ other: CompensatedSum) {
        add(other.sum)
        if !sum.isInfinite { compensation += other.compensation }
    }

    @inline(__always)
    var total: Double { sum.isInfinite ? sum : sum + compensation }
}
