internal import ApusModel

/// `rate`, `increase` and `delta`: the difference over the window, extrapolated to its ends, as Prometheus does it.
///
/// Where the first or last sample lies closer to the window's end than 1.1 times the average distance, the slope is carried
/// to the end, otherwise by half that distance; a counter is never carried below zero. A counter's resets are found once for
/// the series; each window adds those that lie inside, so a window costs O(1 + its resets). The part that depends on the
/// distances alone is kept from step to step: with regular scrapes they repeat.
struct RateKernel: WindowKernel {
    private let windows: Windows
    private let rangeSeconds: Double
    private let isCounter: Bool
    private let isRate: Bool
    /// Indices whose value lies below the one before.
    private var resets: [Int] = []
    private var firstReset = 0
    private var lastReset = 0
    private var known = Distances(toStart: -1, toEnd: -1, sampled: -1, count: -1)
    private var extrapolation = Extrapolation()

    /// How the samples lie in the window, milliseconds.
    private struct Distances: Equatable {
        var toStart: Int64
        var toEnd: Int64
        var sampled: Int64
        var count: Int
    }

    /// What follows from them, seconds.
    private struct Extrapolation {
        var sampled = 0.0
        var toStart = 0.0
        var toEnd = 0.0
        var factor = 0.0
    }

    init(_ windows: Windows, isCounter: Bool, isRate: Bool) {
        self.windows = windows
        self.isCounter = isCounter
        self.isRate = isRate
        rangeSeconds = Double(windows.range) / 1000
    }

    /// The resets in the window.
    @inline(__always)
    func cost(_ window: Range<Int>) -> Int { lastReset &- firstReset }

    /// To be called before each series.
    mutating func begin(_ samples: borrowing SampleColumns) {
        resets.removeAll(keepingCapacity: true)
        (firstReset, lastReset) = (0, 0)
        guard isCounter, samples.count > 1 else { return }
        let values = samples.values.span
        var previous = values[0]
        for i in 1..<values.count {
            let value = values[i]
            if value < previous { resets.append(i) }
            previous = value
        }
    }

    @inline(__always)
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        let (low, last) = (window.lowerBound, window.upperBound &- 1)
        guard last > low else { return absent }
        let first = values[low]
        var difference = values[last] - first
        if !resets.isEmpty { difference = withResets(difference, low, last, values) }
        let end = windows.end(step)
        let distances = Distances(
            toStart: times[low] &- (end &- windows.range), toEnd: end &- times[last], sampled: times[last] &- times[low],
            count: last &- low)
        if distances != known { extrapolate(distances) }
        var factor = extrapolation.factor
        if isCounter && difference > 0 && first >= 0 {
            let toZero = extrapolation.sampled * (first / difference)
            if toZero < extrapolation.toStart { factor = self.factor(toStart: toZero) }
        }
        return difference * factor
    }

    private mutating func withResets(_ difference: Double, _ low: Int, _ last: Int, _ values: borrowing Span<Double>) -> Double {
        while firstReset < resets.count && resets[firstReset] <= low { firstReset &+= 1 }
        lastReset = max(lastReset, firstReset)
        while lastReset < resets.count && resets[lastReset] <= last { lastReset &+= 1 }
        var sum = difference
        for i in firstReset..<lastReset { sum += values[resets[i] &- 1] }
        return sum
    }

    private mutating func extrapolate(_ distances: Distances) {
        known = distances
        let sampled = Double(distances.sampled) / 1000
        let average = sampled / Double(distances.count)
        let threshold = average * 1.1
        var toStart = Double(distances.toStart) / 1000
        if toStart >= threshold { toStart = average / 2 }
        var toEnd = Double(distances.toEnd) / 1000
        if toEnd >= threshold { toEnd = average / 2 }
        extrapolation = Extrapolation(sampled: sampled, toStart: toStart, toEnd: toEnd)
        extrapolation.factor = factor(toStart: toStart)
    }

    private func factor(toStart: Double) -> Double {
        let factor = (extrapolation.sampled + toStart + extrapolation.toEnd) / extrapolation.sampled
        return isRate ? factor / rangeSeconds : factor
    }
}

/// `irate` and `idelta`: the last two samples of the window.
struct LastTwoKernel: WindowKernel {
    let isRate: Bool

    @inline(__always)
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        let last = window.upperBound &- 1
        guard last > window.lowerBound else { return absent }
        let milliseconds = times[last] &- times[last &- 1]
        guard milliseconds != 0 else { return absent }
        let (before, now) = (values[last &- 1], values[last])
        // A counter that fell began anew at zero.
        let difference = isRate && now < before ? now : now - before
        return isRate ? difference / (Double(milliseconds) / 1000) : difference
    }
}
