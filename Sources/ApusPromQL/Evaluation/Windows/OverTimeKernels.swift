internal import ApusModel

/// `sum_over_time` and `avg_over_time`.
///
/// Sums are compensated. Small windows and series with infinities or numbers whose sum might overflow are added up afresh
/// for each window in Prometheus's order; all others slide.
struct SumKernel: WindowKernel {
    /// Windows up to this many samples are cheaper afresh.
    private static let directCountMax = 12
    /// Sums of this many samples of this size cannot overflow.
    private static let magnitudeMax = 1e290

    let isAverage: Bool
    private var fold = SlidingFold<SumMonoid>()
    private var mustBeDirect = false

    init(isAverage: Bool) { self.isAverage = isAverage }

    @inline(__always)
    func cost(_ window: Range<Int>) -> Int { mustBeDirect ? window.count : 0 }

    mutating func begin(_ samples: borrowing SampleColumns) {
        fold.begin()
        let values = samples.values.span
        mustBeDirect = false
        for i in values.indices where !(values[i].magnitude < Self.magnitudeMax) {
            mustBeDirect = true
            return
        }
    }

    @inline(__always)
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        if mustBeDirect { return isAverage ? mean(window, values) : sum(window, values).total }
        let sum = window.count <= Self.directCountMax ? sum(window, values) : fold.fold(window, values)
        guard isAverage else { return sum.sum + sum.compensation }
        let count = Double(window.count)
        return sum.sum / count + sum.compensation / count
    }

    @inline(__always)
    private func sum(_ window: Range<Int>, _ values: borrowing Span<Double>) -> CompensatedSum {
        var sum = CompensatedSum()
        for i in window { sum.add(values[i]) }
        return sum
    }

    private func mean(_ window: Range<Int>, _ values: borrowing Span<Double>) -> Double {
        var mean = RunningMean(values[window.lowerBound])
        for i in window.dropFirst() { mean.add(values[i]) }
        return mean.value
    }
}

/// A mean that is the sum through the count until the sum would overflow, and moves step by step from then on.
struct RunningMean: Sendable {
    private(set) var count = 1.0
    /// The sum; the mean once `isIncremental`.
    private(set) var sum: CompensatedSum
    private(set) var isIncremental = false

    init(_ first: Double) { sum = CompensatedSum(first) }

    /// From a sum that did not overflow.
    init(count: Double, sum: CompensatedSum) {
        self.count = count
        self.sum = sum
    }

    /// The mean of what both have seen, each weighed by its count.
    func joined(_ other: RunningMean) -> RunningMean {
        let total = count + other.count
        var result = RunningMean(count: total, sum: CompensatedSum(value * (count / total)))
        result.sum.add(other.value * (other.count / total))
        result.isIncremental = true
        return result
    }

    mutating func add(_ value: Double) {
        count += 1
        if !isIncremental {
            var next = sum
            next.add(value)
            if !next.sum.isInfinite {
                sum = next
                return
            }
            isIncremental = true
            sum = CompensatedSum(sum.sum / (count - 1), sum.compensation / (count - 1))
        }
        let share = (count - 1) / count
        sum = CompensatedSum(share * sum.sum, share * sum.compensation)
        sum.add(value / count)
    }

    var value: Double { isIncremental ? sum.sum + sum.compensation : sum.sum / count + sum.compensation / count }
}

/// `min_over_time` and `max_over_time`.
struct ExtremeKernel<Monoid: SlidingMonoid>: WindowKernel where Monoid.Element == Double {
    private static var directCountMax: Int { 12 }

    private var fold = SlidingFold<Monoid>()

    mutating func begin() { fold.begin() }

    @inline(__always)
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        guard window.count <= Self.directCountMax else { return fold.fold(window, values) }
        var result = values[window.lowerBound]
        var i = window.lowerBound &+ 1
        while i < window.upperBound {
            result = Monoid.joined(result, values[i])
            i &+= 1
        }
        return result
    }
}

/// What needs the window's ends alone: `count_over_time`, `present_over_time`, `last_over_time`, `first_over_time`,
/// `ts_of_last_over_time`, `ts_of_first_over_time`.
struct EdgeKernel: WindowKernel {
    enum Kind: Sendable { case count, present, last, first, timeOfLast, timeOfFirst }

    let kind: Kind

    @inline(__always)
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        switch kind {
        case .count: Double(window.count)
        case .present: 1
        case .last: values[window.upperBound &- 1]
        case .first: values[window.lowerBound]
        case .timeOfLast: Double(times[window.upperBound &- 1]) / 1000
        case .timeOfFirst: Double(times[window.lowerBound]) / 1000
        }
    }
}

/// `changes` and `resets`: counted once for the series, each window takes a difference.
struct TransitionKernel: WindowKernel {
    let countsResets: Bool
    /// How many transitions lie at or before each sample.
    private var totals: [Int32] = []

    init(countsResets: Bool) { self.countsResets = countsResets }

    mutating func begin(_ samples: borrowing SampleColumns) {
        totals.removeAll(keepingCapacity: true)
        totals.reserveCapacity(samples.count)
        var total: Int32 = 0
        let values = samples.values.span
        for i in values.indices {
            if i > 0 {
                let (before, now) = (values[i &- 1], values[i])
                let counts = countsResets ? now < before : now != before && !(now.isNaN && before.isNaN)
                if counts { total &+= 1 }
            }
            totals.append(total)
        }
    }

    @inline(__always)
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        Double(totals[window.upperBound &- 1] &- totals[window.lowerBound])
    }
}
