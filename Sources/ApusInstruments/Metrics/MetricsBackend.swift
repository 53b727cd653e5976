internal import CoreMetrics

/// What a factory of swift-metrics finds its instruments in.
final class MetricsBackend: Sendable {
    let registry: InstrumentRegistry
    private let options: ApusMetricsFactory.Options
    // The registry's tables, which it holds as long as this holds it.
    private let counters: Kept<FamilyTable<CounterSeries>>
    private let gauges: Kept<FamilyTable<GaugeSeries>>
    private let histograms: Kept<FamilyTable<HistogramSeries>>
    private let timers: Kept<FamilyTable<HistogramSeries>>

    init(_ registry: InstrumentRegistry, options: ApusMetricsFactory.Options) {
        self.registry = registry
        self.options = options
        counters = Kept(registry.counters)
        gauges = Kept(registry.gauges)
        histograms = Kept(registry.histograms)
        timers = Kept(registry.timers)
    }

    @inline(__always)
    func counter(_ label: String, _ pairs: [(String, String)]) -> CounterSeries {
        counters.use { $0.find(label, pairs) } ?? makeCounter(label, pairs)
    }

    @inline(__always)
    func gauge(_ label: String, _ pairs: [(String, String)]) -> GaugeSeries {
        gauges.use { $0.find(label, pairs) } ?? makeGauge(label, pairs)
    }

    @inline(__always)
    func recorder(_ label: String, _ pairs: [(String, String)]) -> any RecorderHandler {
        if let series = histograms.use({ $0.find(label, pairs) }) { return series }
        return makeRecorder(label, pairs)
    }

    @inline(__always)
    func timer(_ label: String, _ pairs: [(String, String)]) -> any TimerHandler {
        if let series = timers.use({ $0.find(label, pairs) }) { return series }
        return makeTimer(label, pairs)
    }

    @inline(never)
    private func makeCounter(_ label: String, _ pairs: [(String, String)]) -> CounterSeries {
        if let family = registry.counters.find(label) { return family.with(pairs) }
        return registry.counter(label, help: help(label)).with(pairs)
    }

    @inline(never)
    private func makeGauge(_ label: String, _ pairs: [(String, String)]) -> GaugeSeries {
        if let family = registry.gauges.find(label) { return family.with(pairs) }
        return registry.gauge(label, help: help(label)).with(pairs)
    }

    @inline(never)
    private func makeRecorder(_ label: String, _ pairs: [(String, String)]) -> any RecorderHandler {
        switch options.shapes[label] ?? options.recorders {
        case .histogram(let bounds):
            if let family = registry.histograms.find(label) { return family.with(pairs) }
            return registry.histogram(label, help: help(label), bounds: bounds).with(pairs)
        case .summary(let quantiles):
            if let family = registry.summaries.find(label) { return family.with(pairs) }
            return registry.summary(label, help: help(label), quantiles: quantiles).with(pairs)
        case .exponential(let resolution):
            if let family = registry.exponentials.find(label) { return family.with(pairs) }
            return registry.exponentialHistogram(label, help: help(label), resolution: resolution).with(pairs)
        }
    }

    @inline(never)
    private func makeTimer(_ label: String, _ pairs: [(String, String)]) -> any TimerHandler {
        switch options.shapes[label] ?? options.timers {
        case .histogram(let bounds):
            if let family = registry.timers.find(label) { return family.with(pairs) }
            return registry.timerFamily(label, help: help(label), bounds: bounds).with(pairs)
        case .summary(let quantiles):
            if let family = registry.summaries.find(label) { return family.with(pairs) }
            return registry.summaryTimerFamily(label, help: help(label), quantiles: quantiles).with(pairs)
        case .exponential(let resolution):
            if let family = registry.exponentials.find(label) { return family.with(pairs) }
            return registry.exponentialTimerFamily(label, help: help(label), resolution: resolution).with(pairs)
        }
    }

    private func help(_ label: String) -> String { options.help[label] ?? "" }
}
