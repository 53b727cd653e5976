internal import CApusThreadSlots
internal import Synchronization

/// How a family of distributions is kept and shown.
final class DistributionLayout: TimeScaled, Sendable {
    /// Two to the power of this is the number of buckets for each doubling: 6 for summaries.
    let resolution: Int
    let quantiles: [Double]
    /// nil when the values are not durations.
    let scale: TimeScale?

    static let resolutionMax = 6

    init(resolution: Int, quantiles: [Double], isTime: Bool) {
        self.resolution = min(max(resolution, 0), Self.resolutionMax)
        self.quantiles = quantiles.filter { $0 >= 0 && $0 <= 1 }
        scale = isTime ? TimeScale() : nil
    }
}

/// Counts of values by size, without bounds chosen before: for percentiles and exponential histograms.
///
/// `observe` costs some nanoseconds, takes no lock, and allocates only when a value's size is met for the first time.
/// Memory is one page of 64 buckets for each range of sizes that was met (a doubling, in a summary), and each thread's copy.
public final class DistributionSeries: Series {
    typealias Layout = DistributionLayout

    static var reservedLabels: [String] { ["le", "quantile"] }

    let identity: SeriesIdentity
    let layout: DistributionLayout
    /// The sum, then the count of zeros.
    private let run: CellRun
    private let chunks: ChunkDirectory
    private let shift: Int32

    private static let chunkCells = 64
    /// Values are told apart from 2^-40 up to 2^88.
    private static let lowestExponent: Int32 = -40
    private static let octaves = 128
    private static let smallest = 0x1p-40
    private static let steps: Int32 = 64

    init(identity: consuming SeriesIdentity, layout: DistributionLayout, exemplars: ExemplarSource?) {
        self.identity = identity
        self.layout = layout
        run = CellRun.allocate(count: 2)
        shift = Int32(DistributionLayout.resolutionMax - layout.resolution)
        chunks = ChunkDirectory(count: max(1, Self.octaves << layout.resolution / Self.chunkCells))
    }

    deinit {
        run.deallocate()
        for i in 0..<chunks.count where chunks[i] != 0 {
            CellRun(first: chunks[i], count: UInt32(Self.chunkCells)).deallocate()
        }
    }

    /// Counts a value, for a family of durations in seconds; NaN is ignored, and one below zero counts as zero.
    @inline(__always)
    public func observe(_ value: Double) {
        guard value > Self.smallest else {
            if value == value { observeZero(value) }
            return
        }
        // An infinite value falls into the last bucket.
        let index = (capus_log_index(min(value, 0x1p87)) &- Self.lowestExponent &* Self.steps) >> shift
        let chunk = Int(index >> 6)
        var first = chunks[chunk]
        if first == 0 { first = makeChunk(chunk) }
        capus_add(first &+ UInt32(truncatingIfNeeded: index & 63), 1)
        capus_add_double(run.first, value)
    }

    @inline(never)
    private func observeZero(_ value: Double) {
        capus_add(run.first + 1, 1)
        capus_add_double(run.first, value)
    }

    /// What was counted so far.
    public func read() -> Distribution {
        var distribution = Distribution(stepsPerOctave: 1 << layout.resolution)
        guard !run.isSink else { return distribution }
        distribution.sum = run.doubleSum
        distribution.zeroCount = capus_sum_one(run.first + 1)
        let offset = (Int(Self.lowestExponent) * Int(Self.steps)) >> Int(shift)
        var sums: [UInt64] = []
        for chunk in 0..<chunks.count where chunks[chunk] != 0 {
            CellRun(first: chunks[chunk], count: UInt32(Self.chunkCells)).read(into: &sums)
            for (i, count) in sums.enumerated() where count > 0 {
                distribution.buckets.append(.init(index: chunk * Self.chunkCells + i + offset, count: count))
            }
        }
        return distribution
    }

    @inline(never)
    private func makeChunk(_ chunk: Int) -> UInt32 {
        let fresh = CellRun.allocate(count: Self.chunkCells)
        // Without cells of its own its counts are lost, as all that a process without memory counts.
        guard !fresh.isSink else { return 0 }
        let first = chunks.put(fresh.first, at: chunk)
        if first != fresh.first { fresh.deallocate() }
        return first
    }

    func appendLines(_ lines: inout FamilyLines, layout: DistributionLayout, to page: inout [UInt8]) {
        for (suffix, label, value) in shownValues(layout) {
            lines.append(suffix, identity.text, label, value, to: &page)
        }
    }

    func samples(layout: DistributionLayout) -> [FamilySnapshot.Sample] {
        shownValues(layout).map { suffix, label, value in
            FamilySnapshot.Sample(suffix: suffix.rawValue, pairs: identity.pairs, adding: label, value: value)
        }
    }

    /// Its lines: quantiles when it has some, else buckets; then the sum and the count.
    private func shownValues(
        _ layout: DistributionLayout
    ) -> [(suffix: FamilyLines.Suffix, label: (String, String)?, value: Double)] {
        let distribution = read()
        let factor = layout.scale.map { 1e9 / $0.nanosecondsPerUnit } ?? 1
        var values: [(FamilyLines.Suffix, (String, String)?, Double)] = []
        if layout.quantiles.isEmpty {
            var total = distribution.zeroCount
            if total > 0 { values.append((.bucket, ("le", "0"), Double(total))) }
            var end = Int.min
            for bucket in distribution.buckets {
                // An empty bucket before this one is shown by its end, so that a quantile is sought in this one only.
                if bucket.index - 1 != end {
                    values.append((.bucket, ("le", NumberText.string(distribution.upperBound(bucket.index - 1) * factor)), Double(total)))
                }
                total &+= bucket.count
                end = bucket.index
                values.append((.bucket, ("le", NumberText.string(distribution.upperBound(end) * factor)), Double(total)))
            }
            values.append((.bucket, ("le", "+Inf"), Double(total)))
        } else {
            for quantile in layout.quantiles {
                values.append((.none, ("quantile", NumberText.string(quantile)), distribution.quantile(quantile) * factor))
            }
        }
        values.append((.sum, nil, distribution.sum * factor))
        values.append((.count, nil, Double(distribution.count)))
        return values
    }
}
