/// Counters of one name; get one from `InstrumentRegistry.counter`.
public struct CounterFamily: Sendable {
    let family: Family<CounterSeries>

    /// The counter of a label set, made if there is none. A known set costs some tens of nanoseconds, takes no lock and
    /// allocates nothing; on the hottest paths keep what you get.
    public func with(_ labels: [(String, String)] = []) -> CounterSeries { family.with(labels) }

    /// Takes a label set off the pages; asked for again, it begins at zero.
    @discardableResult
    public func remove(_ series: CounterSeries) -> Bool { family.remove(series) }
}

/// Gauges of one name; get one from `InstrumentRegistry.gauge`.
public struct GaugeFamily: Sendable {
    let family: Family<GaugeSeries>

    /// The gauge of a label set, made if there is none.
    public func with(_ labels: [(String, String)] = []) -> GaugeSeries { family.with(labels) }

    /// Takes a label set off the pages; asked for again, it begins at zero.
    @discardableResult
    public func remove(_ series: GaugeSeries) -> Bool { family.remove(series) }
}

/// Histograms of one name; get one from `InstrumentRegistry.histogram`.
public struct HistogramFamily: Sendable {
    let family: Family<HistogramSeries>

    /// The histogram of a label set, made if there is none.
    public func with(_ labels: [(String, String)] = []) -> HistogramSeries { family.with(labels) }

    /// Takes a label set off the pages; asked for again, it begins at zero.
    @discardableResult
    public func remove(_ series: HistogramSeries) -> Bool { family.remove(series) }
}

/// Exponential histograms or summaries of one name; get one from `InstrumentRegistry`.
public struct DistributionFamily: Sendable {
    let family: Family<DistributionSeries>

    /// The distribution of a label set, made if there is none.
    public func with(_ labels: [(String, String)] = []) -> DistributionSeries { family.with(labels) }

    /// Takes a label set off the pages; asked for again, it begins at zero.
    @discardableResult
    public func remove(_ series: DistributionSeries) -> Bool { family.remove(series) }
}

/// Timers of one name; get one from `InstrumentRegistry.timer`.
public struct TimerFamily: Sendable {
    enum Target { case histogram(Family<HistogramSeries>), distribution(Family<DistributionSeries>) }
    let target: Target

    /// The timer of a label set, made if there is none.
    public func with(_ labels: [(String, String)] = []) -> TimerSeries {
        switch target {
        case .histogram(let family): TimerSeries(family.with(labels))
        case .distribution(let family): TimerSeries(family.with(labels))
        }
    }

    /// Takes a label set off the pages; asked for again, it begins at zero.
    @discardableResult
    public func remove(_ timer: TimerSeries) -> Bool {
        switch (target, timer.target) {
        case (.histogram(let family), .histogram(let series)): family.remove(series)
        case (.distribution(let family), .distribution(let series)): family.remove(series)
        default: false
        }
    }
}

/// Bounds that suit most, and ways to make others.
public enum HistogramBounds {
    /// For durations in seconds: 1 ms to 30 s.
    public static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    /// For values of any size: the powers of ten from 0.001 to a billion.
    public static let values: [Double] = [0.001, 0.01, 0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

    /// `count` bounds from `start` on, each `width` above the one before.
    public static func linear(start: Double, width: Double, count: Int) -> [Double] {
        (0..<max(0, count)).map { start + width * Double($0) }
    }

    /// `count` bounds from `start` on, each `factor` times the one before.
    public static func exponential(start: Double, factor: Double, count: Int) -> [Double] {
        var bounds: [Double] = []
        var bound = start
        for _ in 0..<max(0, count) {
            bounds.append(bound)
            bound *= factor
        }
        return bounds
    }
}
