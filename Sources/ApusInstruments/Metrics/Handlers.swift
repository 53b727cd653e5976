public import CoreMetrics

extension CounterSeries: CounterHandler, FloatingPointCounterHandler {}

extension GaugeSeries: MeterHandler, RecorderHandler {
    public func set(_ value: Int64) { set(Double(value)) }

    /// An amount that is not finite is ignored.
    public func increment(by amount: Double) { if amount.isFinite { add(amount) } }

    /// An amount that is not finite is ignored.
    public func decrement(by amount: Double) { if amount.isFinite { add(-amount) } }

    public func record(_ value: Int64) { set(Double(value)) }
    public func record(_ value: Double) { set(value) }
}

extension HistogramSeries: RecorderHandler, TimerHandler {
    public func record(_ value: Int64) { observe(Double(value)) }
    public func record(_ value: Double) { observe(value) }

    /// A duration below zero counts as zero.
    public func recordNanoseconds(_ duration: Int64) { observe(Double(max(0, duration))) }

    /// The first unit that any timer of this name asks for is the one in which all of them are shown.
    public func preferDisplayUnit(_ unit: TimeUnit) { layout.scale?.prefer(nanoseconds: unit.scaleFromNanoseconds) }
}

extension DistributionSeries: RecorderHandler, TimerHandler {
    public func record(_ value: Int64) { observe(Double(value)) }
    public func record(_ value: Double) { observe(value) }

    /// A duration below zero counts as zero.
    public func recordNanoseconds(_ duration: Int64) { observe(Double(max(0, duration)) / 1e9) }

    /// The first unit that any timer of this name asks for is the one in which all of them are shown.
    public func preferDisplayUnit(_ unit: TimeUnit) { layout.scale?.prefer(nanoseconds: unit.scaleFromNanoseconds) }
}
