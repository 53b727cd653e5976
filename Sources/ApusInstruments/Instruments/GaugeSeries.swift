internal import Synchronization

/// A value that goes up and down. `set` is one store; `add` is exact however many threads add.
public final class GaugeSeries: Series {
    struct Layout: Sendable {}

    let identity: SeriesIdentity
    private let bits = Atomic<UInt64>(0)

    init(identity: consuming SeriesIdentity, layout: Layout, exemplars: ExemplarSource?) {
        self.identity = identity
    }

    @inline(__always)
    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    @inline(__always)
    public func set(_ value: Int) { set(Double(value)) }

    @inline(__always)
    public func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let sum = Double(bitPattern: old) + amount
            let (exchanged, original) = bits.weakCompareExchange(
                expected: old, desired: sum.bitPattern, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    public func subtract(_ amount: Double) { add(-amount) }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func appendLines(_ lines: inout FamilyLines, layout: Layout, to page: inout [UInt8]) {
        lines.appendName(.none, to: &page)
        lines.appendLabels(identity.text, to: &page)
        NumberText.append(value, to: &page)
        lines.endLine(exemplar: nil, to: &page)
    }

    func samples(layout: Layout) -> [FamilySnapshot.Sample] {
        [FamilySnapshot.Sample(suffix: "", pairs: identity.pairs, value: value)]
    }
}
