public import CoreMetrics

/// The backend of swift-metrics: what a program counts through that API lands in a registry.
///
///     MetricsSystem.bootstrap(ApusMetricsFactory(registry))
///
/// `Counter` and `FloatingPointCounter` of one name and label set are one counter; `Gauge`, `Recorder` without aggregation
/// and `Meter` are one gauge; an aggregating `Recorder` is a histogram or a summary; a `Timer` is one of durations, shown in seconds or in its preferred unit.
/// One name may have any label sets, also of different label names. Destroying an instrument takes its label set off the
/// pages for all who hold it; made again, it begins at zero.
///
/// Make one for a program: a factory and its registry live as long as the process. swift-metrics copies the factory into
/// each instrument, and counting those copies would be what threads that make instruments wait for.
public struct ApusMetricsFactory: MetricsFactory {
    public struct Options: Sendable {
        /// How values of a recorder or timer are kept.
        public enum Shape: Sendable, Equatable {
            /// With these upper bounds; of timers in seconds.
            case histogram(bounds: [Double])
            case summary(quantiles: [Double])
            /// With buckets that grow by a factor, 2^resolution of them for each doubling.
            case exponential(resolution: Int)
        }

        public var recorders = Shape.histogram(bounds: HistogramBounds.values)
        public var timers = Shape.histogram(bounds: HistogramBounds.seconds)
        /// Exceptions, by the label as it is given to swift-metrics.
        public var shapes: [String: Shape] = [:]
        /// What `# HELP` says, by the label as it is given to swift-metrics.
        public var help: [String: String] = [:]

        public init() {}
    }

    private let backend: Kept<MetricsBackend>

    public init(_ registry: InstrumentRegistry, options: Options = Options()) {
        backend = Kept(forever: MetricsBackend(registry, options: options))
    }

    public var registry: InstrumentRegistry { backend.use { $0.registry } }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        backend.use { $0.counter(label, dimensions) }
    }

    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        backend.use { $0.counter(label, dimensions) }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        backend.use { $0.gauge(label, dimensions) }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return backend.use { $0.recorder(label, dimensions) } }
        return backend.use { $0.gauge(label, dimensions) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        backend.use { $0.timer(label, dimensions) }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// Handlers of other backends are nobody's here.
    private func remove(_ handler: AnyObject) {
        switch handler {
        case let series as CounterSeries: registry.remove(series)
        case let series as GaugeSeries: registry.remove(series)
        case let series as HistogramSeries: registry.remove(series)
        case let series as DistributionSeries: registry.remove(series)
        default: break
        }
    }
}
