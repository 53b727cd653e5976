internal import ApusModel

/// `stddev_over_time` and `stdvar_over_time` (Welford's method, compensated); O(window) a step.
struct VarianceKernel: WindowKernel {
    let isDeviation: Bool

    @inline(__always)
    func cost(_ window: Range<Int>) -> Int { window.count }

    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        var count = 0.0
        var mean = CompensatedSum()
        var squares = CompensatedSum()
        for i in window {
            count += 1
            let delta = values[i] - (mean.sum + mean.compensation)
            mean.add(delta / count)
            squares.add(delta * (values[i] - (mean.sum + mean.compensation)))
        }
        let variance = (squares.sum + squares.compensation) / count
        return isDeviation ? variance.squareRoot() : variance
    }
}

/// `quantile_over_time` and `mad_over_time`; O(window log window) a step.
struct QuantileKernel: WindowKernel {
    static var dependsOnStep: Bool { true }

    /// Nil: the median of the distances from the median.
    let quantile: ScalarColumn?
    private var sorted: [Double] = []

    init(quantile: ScalarColumn?) { self.quantile = quantile }

    /// Sorting takes some ten times the look at each.
    @inline(__always)
    func cost(_ window: Range<Int>) -> Int { 10 &* window.count }

    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        sorted.removeAll(keepingCapacity: true)
        for i in window { sorted.append(values[i]) }
        if let quantile { return Quantile.of(&sorted, quantile[step]) }
        let median = Quantile.of(&sorted, 0.5)
        for i in sorted.indices { sorted[i] = (sorted[i] - median).magnitude }
        return Quantile.of(&sorted, 0.5)
    }
}

enum Quantile {
    /// The quantile of some values, which it sorts (NaN first); between two values their weighted mean.
    ///
    /// - Returns: NaN for no values or a NaN quantile, -Inf below 0 and +Inf above 1.
    static func of(_ values: inout [Double], _ quantile: Double) -> Double {
        if values.isEmpty || quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        values.sort { $0 < $1 || ($0.isNaN && !$1.isNaN) }
        let rank = quantile * Double(values.count - 1)
        let lower = max(0, rank.rounded(.down))
        let upper = min(Double(values.count - 1), lower + 1)
        let weight = rank - rank.rounded(.down)
        return values[Int(lower)] * (1 - weight) + values[Int(upper)] * weight
    }
}

/// `ts_of_max_over_time` and `ts_of_min_over_time`: when the extreme was last seen, in seconds; O(window) a step.
struct TimeOfExtremeKernel: WindowKernel {
    let isMax: Bool

    @inline(__always)
    func cost(_ window: Range<Int>) -> Int { window.count }

    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        var best = window.lowerBound
        for i in window {
            let replaces = isMax ? values[i] >= values[best] : values[i] <= values[best]
            if replaces || values[best].isNaN { best = i }
        }
        return Double(times[best]) / 1000
    }
}

/// `deriv` and `predict_linear`: simple linear regression; O(window) a step.
struct RegressionKernel: WindowKernel {
    static var dependsOnStep: Bool { true }

    let grid: TimeGrid
    /// Seconds ahead for `predict_linear`; nil: the slope.
    let ahead: ScalarColumn?

    @inline(__always)
    func cost(_ window: Range<Int>) -> Int { window.count }

    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        guard window.count > 1 else { return absent }
        // The slope is reckoned from a near time, so that large times cost no digits.
        let origin = ahead == nil ? times[window.lowerBound] : grid.time(step)
        let (slope, intercept) = Self.line(window, origin: origin, times, values)
        guard let ahead else { return slope }
        return slope * ahead[step] + intercept
    }

    /// Slope a second, and the value at `origin`.
    private static func line(
        _ window: Range<Int>, origin: Int64, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> (slope: Double, intercept: Double) {
        var (x, y, xy, xx) = (CompensatedSum(), CompensatedSum(), CompensatedSum(), CompensatedSum())
        let first = values[window.lowerBound]
        var isConstant = true
        for i in window {
            if values[i] != first { isConstant = false }
            let seconds = Double(times[i] &- origin) / 1000
            x.add(seconds)
            y.add(values[i])
            xy.add(seconds * values[i])
            xx.add(seconds * seconds)
        }
        if isConstant { return first.isInfinite ? (.nan, .nan) : (0, first) }
        let count = Double(window.count)
        let (sumX, sumY) = (x.sum + x.compensation, y.sum + y.compensation)
        let covariance = (xy.sum + xy.compensation) - sumX * sumY / count
        let variance = (xx.sum + xx.compensation) - sumX * sumX / count
        let slope = covariance / variance
        return (slope, sumY / count - slope * sumX / count)
    }
}

/// `double_exponential_smoothing`: the level after Holt's method has walked the window; O(window) a step.
struct SmoothingKernel: WindowKernel {
    static var dependsOnStep: Bool { true }

    let smoothing: ScalarColumn
    let trend: ScalarColumn

    @inline(__always)
    func cost(_ window: Range<Int>) -> Int { window.count }

    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        guard window.count > 1 else { return absent }
        let (smoothing, trend) = (smoothing[step], trend[step])
        var before = 0.0
        var level = values[window.lowerBound]
        var slope = values[window.lowerBound &+ 1] - level
        for i in window.dropFirst() {
            if i > window.lowerBound &+ 1 { slope = trend * (level - before) + (1 - trend) * slope }
            let next = smoothing * values[i] + (1 - smoothing) * (level + slope)
            (before, level) = (level, next)
        }
        return level
    }
}
