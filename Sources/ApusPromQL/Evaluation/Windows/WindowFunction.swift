internal import ApusModel

/// What is made of the samples of one series at each step.
enum WindowFunction: Sendable {
    /// The instant selector itself.
    case instant
    /// `timestamp()` of an instant selector.
    case sampleTime
    case rate, increase, delta, irate, idelta
    case sum, average, min, max
    case edge(EdgeKernel.Kind)
    case changes, resets
    case standardDeviation, variance
    /// The quantile, and where it stands in the query.
    case quantile(ScalarColumn, source: SourceRange), medianDeviation
    case timeOfMax, timeOfMin
    case slope, prediction(ScalarColumn)
    case smoothing(ScalarColumn, trend: ScalarColumn)

    /// Whether the result is no longer the metric whose name it carried.
    var dropsName: Bool {
        switch self {
        case .instant, .edge(.last), .edge(.first): false
        default: true
        }
    }

    /// Whether it makes sense of counters alone.
    var wantsCounter: Bool {
        switch self {
        case .rate, .increase: true
        default: false
        }
    }

    /// Whether a stale marker is an end rather than nothing.
    var seesStaleMarkers: Bool {
        switch self {
        case .instant, .sampleTime: true
        default: false
        }
    }

    /// The function of that name over a range vector; nil when there is none.
    ///
    /// - Parameters:
    ///   - arguments: The scalar arguments, in order.
    ///   - source: Where the function's first argument stands.
    init?(name: String, arguments: [ScalarColumn], source: SourceRange) {
        let first = arguments.first ?? ScalarColumn(constant: .nan)
        switch name {
        case "rate": self = .rate
        case "increase": self = .increase
        case "delta": self = .delta
        case "irate": self = .irate
        case "idelta": self = .idelta
        case "sum_over_time": self = .sum
        case "avg_over_time": self = .average
        case "min_over_time": self = .min
        case "max_over_time": self = .max
        case "count_over_time": self = .edge(.count)
        case "present_over_time", "absent_over_time": self = .edge(.present)
        case "last_over_time": self = .edge(.last)
        case "first_over_time": self = .edge(.first)
        case "ts_of_last_over_time": self = .edge(.timeOfLast)
        case "ts_of_first_over_time": self = .edge(.timeOfFirst)
        case "ts_of_max_over_time": self = .timeOfMax
        case "ts_of_min_over_time": self = .timeOfMin
        case "changes": self = .changes
        case "resets": self = .resets
        case "stddev_over_time": self = .standardDeviation
        case "stdvar_over_time": self = .variance
        case "quantile_over_time": self = .quantile(first, source: source)
        case "mad_over_time": self = .medianDeviation
        case "deriv": self = .slope
        case "predict_linear": self = .prediction(first)
        case "double_exponential_smoothing", "holt_winters":
            self = .smoothing(first, trend: arguments.count > 1 ? arguments[1] : first)
        default: return nil
        }
    }
}

/// Runs one window function over series after series; the buffers of its kernel are used again for each.
struct WindowRunner {
    private var kernel: Kernel
    private let windows: Windows

    private enum Kernel {
        case instant(InstantKernel)
        case rate(RateKernel)
        case lastTwo(LastTwoKernel)
        case sum(SumKernel)
        case min(ExtremeKernel<MinMonoid>)
        case max(ExtremeKernel<MaxMonoid>)
        case edge(EdgeKernel)
        case transition(TransitionKernel)
        case variance(VarianceKernel)
        case quantile(QuantileKernel)
        case timeOfExtreme(TimeOfExtremeKernel)
        case regression(RegressionKernel)
        case smoothing(SmoothingKernel)
    }

    init(_ function: WindowFunction, _ windows: Windows, grid: TimeGrid) {
        self.windows = windows
        kernel =
            switch function {
            case .instant: .instant(InstantKernel(givesTime: false))
            case .sampleTime: .instant(InstantKernel(givesTime: true))
            case .rate: .rate(RateKernel(windows, isCounter: true, isRate: true))
            case .increase: .rate(RateKernel(windows, isCounter: true, isRate: false))
            case .delta: .rate(RateKernel(windows, isCounter: false, isRate: false))
            case .irate: .lastTwo(LastTwoKernel(isRate: true))
            case .idelta: .lastTwo(LastTwoKernel(isRate: false))
            case .sum: .sum(SumKernel(isAverage: false))
            case .average: .sum(SumKernel(isAverage: true))
            case .min: .min(ExtremeKernel())
            case .max: .max(ExtremeKernel())
            case .edge(let kind): .edge(EdgeKernel(kind: kind))
            case .changes: .transition(TransitionKernel(countsResets: false))
            case .resets: .transition(TransitionKernel(countsResets: true))
            case .standardDeviation: .variance(VarianceKernel(isDeviation: true))
            case .variance: .variance(VarianceKernel(isDeviation: false))
            case .quantile(let quantile, _): .quantile(QuantileKernel(quantile: quantile))
            case .medianDeviation: .quantile(QuantileKernel(quantile: nil))
            case .timeOfMax: .timeOfExtreme(TimeOfExtremeKernel(isMax: true))
            case .timeOfMin: .timeOfExtreme(TimeOfExtremeKernel(isMax: false))
            case .slope: .regression(RegressionKernel(grid: grid, ahead: nil))
            case .prediction(let ahead): .regression(RegressionKernel(grid: grid, ahead: ahead))
            case .smoothing(let smoothing, let trend): .smoothing(SmoothingKernel(smoothing: smoothing, trend: trend))
            }
    }

    /// Writes the values of one series into `row`, whose length is the number of windows, from the step of `position` on.
    ///
    /// - Returns: Whether the row is done; otherwise call it again.
    mutating func run(_ samples: borrowing SampleColumns, into row: inout [Double], from position: inout SlidePosition) -> Bool {
        switch kernel {
        case .instant(var kernel): slide(&kernel, over: samples, windows, into: &row, from: &position)
        case .lastTwo(var kernel): slide(&kernel, over: samples, windows, into: &row, from: &position)
        case .edge(var kernel): slide(&kernel, over: samples, windows, into: &row, from: &position)
        case .variance(var kernel): slide(&kernel, over: samples, windows, into: &row, from: &position)
        case .timeOfExtreme(var kernel): slide(&kernel, over: samples, windows, into: &row, from: &position)
        case .regression(var kernel): slide(&kernel, over: samples, windows, into: &row, from: &position)
        case .smoothing(var kernel): slide(&kernel, over: samples, windows, into: &row, from: &position)
        default: runBuffered(samples, into: &row, from: &position)
        }
        return position.step >= windows.count
    }

    /// The kernels with buffers: taken out while they run, so that the buffers stay theirs alone and are not copied.
    private mutating func runBuffered(
        _ samples: borrowing SampleColumns, into row: inout [Double], from position: inout SlidePosition
    ) {
        let isBeginning = position.step == 0
        let taken = kernel
        kernel = .instant(InstantKernel(givesTime: false))
        switch consume taken {
        case .rate(var buffered):
            if isBeginning { buffered.begin(samples) }
            slide(&buffered, over: samples, windows, into: &row, from: &position)
            kernel = .rate(buffered)
        case .sum(var buffered):
            if isBeginning { buffered.begin(samples) }
            slide(&buffered, over: samples, windows, into: &row, from: &position)
            kernel = .sum(buffered)
        case .min(var buffered):
            if isBeginning { buffered.begin() }
            slide(&buffered, over: samples, windows, into: &row, from: &position)
            kernel = .min(buffered)
        case .max(var buffered):
            if isBeginning { buffered.begin() }
            slide(&buffered, over: samples, windows, into: &row, from: &position)
            kernel = .max(buffered)
        case .transition(var buffered):
            if isBeginning { buffered.begin(samples) }
            slide(&buffered, over: samples, windows, into: &row, from: &position)
            kernel = .transition(buffered)
        case .quantile(var buffered):
            slide(&buffered, over: samples, windows, into: &row, from: &position)
            kernel = .quantile(buffered)
        case let other:
            kernel = other
        }
    }
}
