public import ApusModel
internal import Synchronization

/// All instruments of a program, or of a part of it: makes them, and writes them out.
///
///     let registry = InstrumentRegistry()
///     let orders = registry.counter("shop_orders", help: "Orders taken.").with([("country", "ch")])
///     orders.increment()
///     let page = registry.page(.text)
///
/// Making an instrument never fails. Names that Prometheus does not know are changed: what is no letter, digit or underscore
/// becomes one. A name that is asked for again gives the same family, with the buckets that it was first made with; one that
/// another kind has taken, or whose lines would be called as those of another family, gets the kind behind it
/// (`requests_gauge`). Beyond the stated numbers of families and label sets further ones are counted together, label sets
/// under `overflow="__other__"`.
public final class InstrumentRegistry: Sendable {
    public struct Options: Sendable {
        /// Stands before all names.
        public var prefix = ""
        /// Label sets of one family that get series of their own.
        public var seriesMaxPerFamily = 1_000_000
        /// Families; further names share one family of each kind, `other_counter` and so on.
        public var familyMax = 10_000
        /// nil keeps no exemplars.
        public var exemplars: ExemplarSource?

        public init() {}
    }

    public let options: Options
    let counters: FamilyTable<CounterSeries>
    let gauges: FamilyTable<GaugeSeries>
    let histograms: FamilyTable<HistogramSeries>
    let timers: FamilyTable<HistogramSeries>
    let exponentials: FamilyTable<DistributionSeries>
    let summaries: FamilyTable<DistributionSeries>
    private let seed = UInt64.random(in: .min ... .max)
    private let state = Mutex(State())
    /// How long the last page was: a fresh one gets its room at once.
    private let lastPageByteCount = Atomic<Int>(0)

    private struct State {
        var families: [String: any AnyFamily] = [:]
        var sorted: [any AnyFamily] = []
        /// What the lines of all families are called.
        var lineNames: Set<String> = []
    }

    public init(options: Options = Options()) {
        self.options = options
        counters = FamilyTable(seed: seed)
        gauges = FamilyTable(seed: seed)
        histograms = FamilyTable(seed: seed)
        timers = FamilyTable(seed: seed)
        exponentials = FamilyTable(seed: seed)
        summaries = FamilyTable(seed: seed)
    }

    /// Counters; `_total` at the end of the name is added on pages and may be left out here.
    public func counter(_ name: String, help: String = "", unit: String = "") -> CounterFamily {
        CounterFamily(family: described(family(counters, name, .counter) { CounterSeries.Layout() }, help, unit))
    }

    public func gauge(_ name: String, help: String = "", unit: String = "") -> GaugeFamily {
        GaugeFamily(family: described(family(gauges, name, .gauge) { GaugeSeries.Layout() }, help, unit))
    }

    /// Histograms with chosen buckets.
    ///
    /// - Parameter bounds: Upper bounds of the buckets, which belong to them; at most 500.
    public func histogram(
        _ name: String, help: String = "", unit: String = "", bounds: [Double] = HistogramBounds.values
    ) -> HistogramFamily {
        let made = family(histograms, name, .histogram) { HistogramLayout(bounds: bounds, isTime: false) }
        return HistogramFamily(family: described(made, help, unit))
    }

    /// Histograms whose buckets grow by a factor, so that no bounds need be chosen.
    ///
    /// On a page such a histogram shows the ends of the buckets that were met.
    /// - Parameter resolution: Each doubling is cut in 2^resolution buckets, from 0 to 6: 3 makes them 9 % wide.
    public func exponentialHistogram(
        _ name: String, help: String = "", unit: String = "", resolution: Int = 3
    ) -> DistributionFamily {
        let made = family(exponentials, name, .exponential) {
            DistributionLayout(resolution: resolution, quantiles: [], isTime: false)
        }
        return DistributionFamily(family: described(made, help, unit))
    }

    /// Percentiles within 1 % (of the value, not of the rank), over all that was counted since the start.
    ///
    /// `DistributionSeries.read()` gives those of any window: subtract what was read at its beginning.
    public func summary(
        _ name: String, help: String = "", unit: String = "", quantiles: [Double] = [0.5, 0.95, 0.99]
    ) -> DistributionFamily {
        let made = family(summaries, name, .summary) {
            DistributionLayout(resolution: 6, quantiles: quantiles.isEmpty ? [0.5] : quantiles, isTime: false)
        }
        return DistributionFamily(family: described(made, help, unit))
    }

    /// Timers that count into histograms, shown in seconds.
    ///
    /// - Parameter bounds: In seconds.
    public func timer(
        _ name: String, help: String = "", bounds: [Double] = HistogramBounds.seconds
    ) -> TimerFamily {
        TimerFamily(target: .histogram(timerFamily(name, help: help, bounds: bounds)))
    }

    func timerFamily(_ name: String, help: String, bounds: [Double]) -> Family<HistogramSeries> {
        described(family(timers, name, .timer) { HistogramLayout(bounds: bounds, isTime: true) }, help, "")
    }

    /// Timers that show percentiles, in seconds.
    public func summaryTimer(
        _ name: String, help: String = "", quantiles: [Double] = [0.5, 0.95, 0.99]
    ) -> TimerFamily {
        TimerFamily(target: .distribution(summaryTimerFamily(name, help: help, quantiles: quantiles)))
    }

    /// Timers that count into buckets growing by a factor, in seconds.
    ///
    /// - Parameter resolution: Each doubling is cut in 2^resolution buckets, from 0 to 6.
    public func exponentialTimer(_ name: String, help: String = "", resolution: Int = 3) -> TimerFamily {
        TimerFamily(target: .distribution(exponentialTimerFamily(name, help: help, resolution: resolution)))
    }

    func exponentialTimerFamily(_ name: String, help: String, resolution: Int) -> Family<DistributionSeries> {
        let made = family(exponentials, name, .exponential) {
            DistributionLayout(resolution: resolution, quantiles: [], isTime: true)
        }
        return described(made, help, "")
    }

    func summaryTimerFamily(_ name: String, help: String, quantiles: [Double]) -> Family<DistributionSeries> {
        let made = family(summaries, name, .summary) {
            DistributionLayout(resolution: 6, quantiles: quantiles.isEmpty ? [0.5] : quantiles, isTime: true)
        }
        return described(made, help, "")
    }

    /// Says what a family that exists is, by the name on its pages without `_total`.
    ///
    /// - Returns: Whether there is one of that name.
    @discardableResult
    public func describe(_ name: String, help: String, unit: String = "") -> Bool {
        guard let family = state.withLock({ $0.families[name] }) else { return false }
        family.describe(help: help, unit: unit)
        return true
    }

    /// How often, by family, a label set was asked for that the limit left no room for.
    public var foldedCounts: [String: UInt64] {
        var counts: [String: UInt64] = [:]
        for family in sortedFamilies where family.foldedCount > 0 { counts[family.name] = family.foldedCount }
        return counts
    }

    /// Label sets of all families.
    public var seriesCount: Int { sortedFamilies.reduce(0) { $0 + $1.seriesCount } }

    // MARK: Output

    /// Appends all families, sorted by name, each with its series in the order in which they were made.
    public func append(_ format: PageFormat, to page: inout [UInt8]) {
        switch format {
        case .text, .openMetrics:
            let start = page.count
            page.reserveCapacity(start + lastPageByteCount.load(ordering: .relaxed))
            defer { lastPageByteCount.store((page.count - start) + (page.count - start) / 16, ordering: .relaxed) }
            for family in sortedFamilies { family.appendPage(format, to: &page) }
            if format == .openMetrics { page.append(contentsOf: "# EOF\n".utf8) }
        case .json: StructuredOutput.appendJSON(snapshot(), to: &page)
        case .csv: StructuredOutput.appendCSV(snapshot(), to: &page)
        }
    }

    /// A whole page.
    public func page(_ format: PageFormat) -> [UInt8] {
        var page: [UInt8] = []
        append(format, to: &page)
        return page
    }

    /// All families that have series, sorted by name.
    public func snapshot() -> [FamilySnapshot] {
        sortedFamilies.map { $0.snapshot() }.filter { !$0.samples.isEmpty }
    }

    /// All values by the name of their line, `orders_total{country="ch"}`.
    public func values() -> [String: Double] {
        var values: [String: Double] = [:]
        for family in snapshot() {
            for sample in family.samples {
                let labels = sample.labels.isEmpty ? "" : "{\(String(decoding: sample.labelText, as: UTF8.self))}"
                values[family.name + sample.suffix + labels] = sample.value
            }
        }
        return values
    }

    /// Adds all values to a batch for a store.
    ///
    /// - Parameters:
    ///   - time: Milliseconds since 1970 UTC.
    ///   - labels: Put on each series that has none of the same name, such as `job` and `instance`.
    public func append(to batch: inout WriteBatch, at time: Int64, labels: [(String, String)] = []) {
        for family in snapshot() {
            batch.metadata.append((metric: family.name, family.metadata))
            for sample in family.samples {
                let own = sample.labels.pairs.map { ($0.name, $0.value) }
                batch.append(
                    Labels(labels + own + [("__name__", family.name + sample.suffix)]), time: time, value: sample.value)
            }
        }
    }

    var sortedFamilies: [any AnyFamily] { state.withLock { $0.sorted } }

    // MARK: Making families

    /// The family that callers know by this name, made if there is none.
    @inline(__always)
    func family<Handle>(
        _ table: FamilyTable<Handle>, _ label: String, _ kind: InstrumentKind, layout: () -> Handle.Layout
    ) -> Family<Handle> {
        table.find(label) ?? make(table, label, kind, layout: layout)
    }

    @inline(never)
    private func make<Handle>(
        _ table: FamilyTable<Handle>, _ label: String, _ kind: InstrumentKind, layout: () -> Handle.Layout
    ) -> Family<Handle> {
        var name = MetricNames.metric(options.prefix + label)
        if kind == .counter, name.hasSuffix("_total"), name != "_total" { name.removeLast(6) }
        let layout = layout()
        let (family, isOwn) = state.withLock { state -> (Family<Handle>, Bool) in
            let isFull = state.sorted.count >= options.familyMax
            if isFull && state.families[name] == nil { name = "other_\(kind.rawValue)" }
            while true {
                if let known = state.families[name] {
                    if known.kind == kind, let known = known as? Family<Handle> { return (known, !isFull) }
                } else if state.lineNames.isDisjoint(with: Self.lineNames(name, kind)) {
                    break
                }
                name += "_\(kind.rawValue)"
            }
            let family = Family<Handle>(
                name: name, kind: kind, metadata: MetricMetadata(kind: kind.exposed), layout: layout,
                seriesMax: options.seriesMaxPerFamily, seed: seed, exemplars: options.exemplars)
            state.families[name] = family
            state.lineNames.formUnion(Self.lineNames(name, kind))
            state.sorted.append(family)
            state.sorted.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            return (family, !isFull)
        }
        if isOwn { table.insert(family, label: label) }
        return family
    }

    /// What the lines of a family are called, and the family itself.
    private static func lineNames(_ name: String, _ kind: InstrumentKind) -> [String] {
        switch kind {
        case .counter: [name, name + "_total"]
        case .gauge: [name]
        case .histogram, .timer, .exponential: [name, name + "_bucket", name + "_sum", name + "_count"]
        case .summary: [name, name + "_sum", name + "_count"]
        }
    }

    private func described<Handle>(_ family: Family<Handle>, _ help: String, _ unit: String) -> Family<Handle> {
        if !help.isEmpty || !unit.isEmpty { family.describe(help: help, unit: unit) }
        return family
    }

    /// Takes a series out of whichever family has it.
    func remove<Handle: Series>(_ series: Handle) {
        for family in sortedFamilies {
            if let family = family as? Family<Handle>, family.remove(series) { return }
        }
    }
}
