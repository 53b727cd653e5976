/// Counts of values in buckets, with their sum. `observe` costs a few nanoseconds, takes no lock and allocates nothing.
public final class HistogramSeries: Series {
    typealias Layout = HistogramLayout

    static var reservedLabels: [String] { ["le"] }

    let identity: SeriesIdentity
    let layout: HistogramLayout
    private let run: CellRun
    private let exemplars: ExemplarStore?

    init(identity: consuming SeriesIdentity, layout: HistogramLayout, exemplars: ExemplarSource?) {
        self.identity = identity
        self.layout = layout
        run = CellRun.allocate(count: layout.cellCount)
        self.exemplars = exemplars.map { ExemplarStore($0, placeCount: layout.cellCount - 1) }
    }

    deinit { run.deallocate() }

    /// Counts a value, for a family of durations in nanoseconds; NaN is ignored.
    @inline(__always)
    public func observe(_ value: Double) {
        guard value == value else { return }
        let bucket = layout.observe(value, in: run)
        exemplars?.offer(value, at: bucket)
    }

    /// What was counted, buckets not added up: one for each bound, and the last for what is above them.
    public struct Reading: Sendable, Equatable {
        /// In the unit that is shown.
        public var bounds: [Double]
        public var counts: [UInt64]
        public var sum: Double
        public var count: UInt64 { counts.reduce(0, &+) }
    }

    /// The count is that of the buckets exactly; the sum may be ahead or behind by what is being counted just now.
    public func read() -> Reading {
        var sums: [UInt64] = []
        if run.isSink { sums = [UInt64](repeating: 0, count: layout.cellCount) } else { run.read(into: &sums) }
        return Reading(bounds: shownBounds(layout), counts: Array(sums.dropFirst()), sum: shown(sum(of: run), layout))
    }

    func appendLines(_ lines: inout FamilyLines, layout: HistogramLayout, to page: inout [UInt8]) {
        let ends = lines.bounds { shownBounds(layout) }
        if run.isSink { return }
        run.read(into: &lines.sums)
        var total: UInt64 = 0
        for bucket in 0...ends {
            total &+= lines.sums[bucket + 1]
            lines.appendBucket(bucket, identity.text, to: &page)
            NumberText.append(total, to: &page)
            lines.endLine(exemplar: exemplars.flatMap { shown($0[bucket], layout) }, to: &page)
        }
        lines.appendName(.sum, to: &page)
        lines.appendLabels(identity.text, to: &page)
        NumberText.append(shown(sum(of: run), layout), to: &page)
        lines.endLine(exemplar: nil, to: &page)
        lines.appendName(.count, to: &page)
        lines.appendLabels(identity.text, to: &page)
        NumberText.append(total, to: &page)
        lines.endLine(exemplar: nil, to: &page)
    }

    func samples(layout: HistogramLayout) -> [FamilySnapshot.Sample] {
        let reading = read()
        var samples: [FamilySnapshot.Sample] = []
        var total: UInt64 = 0
        for (bucket, count) in reading.counts.enumerated() {
            total &+= count
            let bound = bucket < reading.bounds.count ? NumberText.string(reading.bounds[bucket]) : "+Inf"
            samples.append(
                FamilySnapshot.Sample(
                    suffix: "_bucket", pairs: identity.pairs, adding: ("le", bound), value: Double(total),
                    exemplar: exemplars.flatMap { shown($0[bucket], layout) }))
        }
        samples.append(FamilySnapshot.Sample(suffix: "_sum", pairs: identity.pairs, value: reading.sum))
        samples.append(FamilySnapshot.Sample(suffix: "_count", pairs: identity.pairs, value: Double(total)))
        return samples
    }

    private func shownBounds(_ layout: HistogramLayout) -> [Double] { layout.bounds.map { shown($0, layout) } }

    /// By division, which gives 5,000,000 ns back as 0.005 s exactly.
    private func shown(_ value: Double, _ layout: HistogramLayout) -> Double {
        layout.scale.map { value / $0.nanosecondsPerUnit } ?? value
    }

    private func shown(_ exemplar: Exemplar?, _ layout: HistogramLayout) -> Exemplar? {
        guard var exemplar else { return nil }
        exemplar.value = shown(exemplar.value, layout)
        return exemplar
    }

    private func sum(of run: CellRun) -> Double { run.isSink ? 0 : run.doubleSum }
}
