internal import CApusThreadSlots
internal import Synchronization

/// A count that goes up only. Make the handle once and keep it; `increment` costs a nanosecond or two from any number of
/// threads at once, takes no lock and allocates nothing.
public final class CounterSeries: Series {
    struct Layout: Sendable {}

    let identity: SeriesIdentity
    private let cell: UInt32
    /// The cell for amounts that are not whole, made with the first of them; 0 before.
    private let fractionCell = Atomic<UInt32>(0)
    private let exemplars: ExemplarStore?

    init(identity: consuming SeriesIdentity, layout: Layout, exemplars: ExemplarSource?) {
        self.identity = identity
        cell = CellRun.allocate(count: 1).first
        self.exemplars = exemplars.map { ExemplarStore($0, placeCount: 1) }
    }

    deinit {
        CellRun(first: cell, count: 1).deallocate()
        let fraction = fractionCell.load(ordering: .acquiring)
        if fraction != 0 { CellRun(first: fraction, count: 1).deallocate() }
    }

    public func increment() {
        capus_add(cell, 1)
        exemplars?.offer(1, at: 0)
    }

    /// Adds a whole amount; one below zero is ignored.
    public func increment(by amount: Int) { increment(by: Int64(amount)) }

    /// Adds a whole amount; one below zero is ignored.
    @inline(__always)
    public func increment(by amount: Int64) {
        guard amount > 0 else { return }
        capus_add(cell, UInt64(bitPattern: amount))
        exemplars?.offer(Double(amount), at: 0)
    }

    /// Adds any amount; one that is not finite or not above zero is ignored.
    @inline(__always)
    public func increment(by amount: Double) {
        guard amount > 0, amount < .infinity else { return }
        var fraction = fractionCell.load(ordering: .acquiring)
        if fraction == 0 { fraction = makeFractionCell() }
        capus_add_double(fraction, amount)
        exemplars?.offer(amount, at: 0)
    }

    /// All that was added since it was made or reset.
    public var value: Double { Double(whole) + fraction }

    /// Back to zero; what other threads add meanwhile is kept. Amounts that are not whole may leave a rounding error.
    public func reset() {
        capus_add(cell, 0 &- whole)
        let part = fractionCell.load(ordering: .acquiring)
        if part != 0 { capus_add_double(part, -fraction) }
    }

    /// A reader that meets a reset half way may see less than nothing, which is nothing.
    private var whole: UInt64 {
        guard cell != CellRun.sink.first else { return 0 }
        let sum = capus_sum_one(cell)
        return sum > UInt64.max - (1 << 62) ? 0 : sum
    }

    private var fraction: Double {
        let part = fractionCell.load(ordering: .acquiring)
        return part == 0 ? 0 : max(0, capus_sum_double(part))
    }

    @inline(never)
    private func makeFractionCell() -> UInt32 {
        let fresh = CellRun.allocate(count: 1)
        let (exchanged, original) = fractionCell.compareExchange(
            expected: 0, desired: fresh.first, ordering: .acquiringAndReleasing)
        if exchanged { return fresh.first }
        fresh.deallocate()
        return original
    }

    func appendLines(_ lines: inout FamilyLines, layout: Layout, to page: inout [UInt8]) {
        lines.appendName(.total, to: &page)
        lines.appendLabels(identity.text, to: &page)
        if fractionCell.load(ordering: .relaxed) == 0 {
            NumberText.append(whole, to: &page)
        } else {
            NumberText.append(value, to: &page)
        }
        lines.endLine(exemplar: exemplars?[0], to: &page)
    }

    func samples(layout: Layout) -> [FamilySnapshot.Sample] {
        [FamilySnapshot.Sample(suffix: "_total", pairs: identity.pairs, value: value, exemplar: exemplars?[0])]
    }
}
