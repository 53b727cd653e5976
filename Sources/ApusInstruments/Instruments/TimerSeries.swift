internal import CApusThreadSlots

/// Durations of one label set.
public struct TimerSeries: Sendable {
    enum Target { case histogram(HistogramSeries), distribution(DistributionSeries) }
    let target: Target

    init(_ histogram: HistogramSeries) { target = .histogram(histogram) }
    init(_ distribution: DistributionSeries) { target = .distribution(distribution) }

    /// Counts a duration; one below zero counts as zero.
    @inline(__always)
    public func recordNanoseconds(_ nanoseconds: Int64) {
        switch target {
        case .histogram(let series): series.observe(Double(max(0, nanoseconds)))
        case .distribution(let series): series.observe(Double(max(0, nanoseconds)) / 1e9)
        }
    }

    public func record(_ duration: Duration) { recordNanoseconds(duration.nanosecondsClamped) }

    /// Starts to measure; the time up to `stop()` is counted.
    public func start() -> RunningTimer { RunningTimer(self, startNanoseconds: capus_monotonic_nanoseconds()) }

    /// Counts how long `body` takes, also when it throws.
    public func measure<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let start = capus_monotonic_nanoseconds()
        defer { recordNanoseconds(capus_monotonic_nanoseconds() &- start) }
        return try body()
    }

    /// Counts how long `body` takes, waits included, also when it throws.
    public func measure<Result, Failure: Error>(
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let start = capus_monotonic_nanoseconds()
        defer { recordNanoseconds(capus_monotonic_nanoseconds() &- start) }
        return try await body()
    }
}

/// A measurement that is going on. It counts once: at `stop()`, or not at all when it is let go of.
public struct RunningTimer: ~Copyable, Sendable {
    private let timer: TimerSeries
    private let startNanoseconds: Int64

    init(_ timer: TimerSeries, startNanoseconds: Int64) {
        self.timer = timer
        self.startNanoseconds = startNanoseconds
    }

    /// Ends the measurement and counts it.
    ///
    /// - Returns: How long it was.
    @discardableResult
    public consuming func stop() -> Duration {
        let nanoseconds = max(0, capus_monotonic_nanoseconds() &- startNanoseconds)
        timer.recordNanoseconds(nanoseconds)
        return .nanoseconds(nanoseconds)
    }
}

extension Duration {
    /// As far as nanoseconds reach in 64 bits, some 292 years.
    fileprivate var nanosecondsClamped: Int64 {
        let (seconds, attoseconds) = components
        let (product, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isStillTooLong) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isTooLong || isStillTooLong ? (seconds < 0 ? 0 : .max) : sum
    }
}
