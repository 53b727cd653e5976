import ApusInstruments
import ApusModel
import CoreMetrics
import Testing

@Suite struct FactoryTests {
    private let registry = InstrumentRegistry()
    private var factory: ApusMetricsFactory { ApusMetricsFactory(registry) }

    @Test func `one name may have label sets of different names`() {
        let factory = factory
        Counter(label: "requests", dimensions: [("path", "/")], factory: factory).increment()
        Counter(label: "requests", dimensions: [("tenant", "a"), ("path", "/")], factory: factory).increment(by: 2)
        Counter(label: "requests", factory: factory).increment(by: 4)
        #expect(
            registry.values() == [
                #"requests_total{path="/"}"#: 1, #"requests_total{path="/",tenant="a"}"#: 2, "requests_total": 4,
            ])
    }

    @Test func `counters of whole and of any amounts are one`() {
        let factory = factory
        Counter(label: "c", factory: factory).increment(by: 2)
        let fraction = FloatingPointCounter(label: "c", factory: factory)
        for amount in [0.25, -1, .nan, .infinity, 0] { fraction.increment(by: amount) }
        Counter(label: "c", factory: factory).increment(by: -5)
        #expect(registry.values() == ["c_total": 2.25])
        fraction.reset()
        #expect(registry.values() == ["c_total": 0])
    }

    @Test func `gauges, meters and recorders without aggregation are one`() {
        let factory = factory
        Gauge(label: "g", factory: factory).record(3)
        let meter = Meter(label: "g", factory: factory)
        meter.increment(by: 2.5)
        meter.decrement()
        meter.increment(by: Double.nan)
        #expect(registry.values() == ["g": 4.5])
        meter.set(-7)
        #expect(registry.values() == ["g": -7])
    }

    @Test func `recorders take whole and other numbers into buckets`() {
        var options = ApusMetricsFactory.Options()
        options.shapes = ["sizes": .histogram(bounds: [1, 2]), "waits": .summary(quantiles: [0.5]), "spans": .exponential(resolution: 0)]
        options.help = ["sizes": "Sizes of things."]
        let factory = ApusMetricsFactory(registry, options: options)
        let recorder = Recorder(label: "sizes", factory: factory)
        recorder.record(2)
        recorder.record(0.5)
        Recorder(label: "waits", factory: factory).record(8)
        Timer(label: "spans", preferredDisplayUnit: .milliseconds, factory: factory).recordSeconds(3)
        let values = registry.values()
        #expect(values[#"spans_bucket{le="4000"}"#] == 1 && values[#"spans_bucket{le="2000"}"#] == 0 && values["spans_sum"] == 3000)
        #expect(values[#"sizes_bucket{le="1"}"#] == 1 && values[#"sizes_bucket{le="2"}"#] == 2 && values["sizes_sum"] == 2.5)
        #expect(abs(values[#"waits{quantile="0.5"}"#]! - 8) < 0.08)
        #expect(registry.snapshot()[0].metadata.help == "Sizes of things.")
    }

    @Test(
        arguments: [
            (TimeUnit.nanoseconds, "1500000", "nanoseconds"), (.microseconds, "1500", "microseconds"), (.milliseconds, "1.5", "milliseconds"),
            (.seconds, "0.0015", "seconds"), (.minutes, "0.000025", "minutes"),
        ] as [(TimeUnit, String, String)])
    func `timers are shown in the unit that they prefer`(unit: TimeUnit, sum: String, name: String) {
        var options = ApusMetricsFactory.Options()
        options.timers = .histogram(bounds: [0.0015])
        let factory = ApusMetricsFactory(registry, options: options)
        Timer(label: "t", preferredDisplayUnit: unit, factory: factory).recordNanoseconds(1_500_000)
        let values = registry.values()
        #expect(values["t_sum"] == Double(sum))
        #expect(values.first { $0.key.contains("le") && !$0.key.contains("Inf") }?.value == 1)
        #expect(registry.snapshot()[0].metadata.unit == name)
    }

    @Test func `timers never trap on what is out of range`() {
        let timer = Timer(label: "t", factory: factory)
        timer.recordNanoseconds(Int64.min)
        timer.recordSeconds(Int.max)
        timer.recordMilliseconds(Double.infinity)
        #expect(registry.values()["t_count"] == 3)
    }

    @Test func `what is destroyed leaves the pages, and begins anew when it is made again`() {
        let factory = factory
        let counter = Counter(label: "c", dimensions: [("a.b", "1")], factory: factory)
        let other = Counter(label: "c", dimensions: [("a.b", "2")], factory: factory)
        let meter = Meter(label: "m", factory: factory)
        let recorder = Recorder(label: "r", factory: factory)
        let timer = Timer(label: "t", factory: factory)
        let fraction = FloatingPointCounter(label: "f", factory: factory)
        counter.increment()
        other.increment()
        #expect(registry.seriesCount == 6)
        counter.destroy()
        meter.destroy()
        recorder.destroy()
        timer.destroy()
        fraction.destroy()
        counter.destroy()
        counter.increment()
        #expect(registry.values() == [#"c_total{a_b="2"}"#: 1])
        let again = Counter(label: "c", dimensions: [("a.b", "1")], factory: factory)
        again.increment()
        #expect(registry.values() == [#"c_total{a_b="2"}"#: 1, #"c_total{a_b="1"}"#: 1])
    }

    @Test func `handlers of another backend are left alone`() {
        factory.destroyCounter(NOOPMetricsHandler.instance)
        factory.destroyTimer(NOOPMetricsHandler.instance)
        #expect(registry.seriesCount == 0)
    }

    @Test func `a factory bound to a task is used in it`() async {
        await withMetricsFactory(factory) {
            Counter(label: "inside").increment()
            await withTaskGroup { group in
                for _ in 0..<10 { group.addTask { Counter(label: "inside").increment() } }
            }
        }
        Counter(label: "inside").increment()
        #expect(registry.values() == ["inside_total": 11])
    }
}
