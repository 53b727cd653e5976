import ApusInstruments
import CoreMetrics
import InMemoryTracing
import Instrumentation
import Testing
import Tracing

private enum TraceKey: ServiceContextKey { typealias Value = String }

@Suite struct ExemplarTests {
    private let registry: InstrumentRegistry = {
        var options = InstrumentRegistry.Options()
        options.exemplars = ExemplarSource { context in context[TraceKey.self].map { TraceReference(traceID: $0) } }
        return InstrumentRegistry(options: options)
    }()

    private func inTrace(_ trace: String, _ body: () -> Void) {
        var context = ServiceContext.topLevel
        context[TraceKey.self] = trace
        ServiceContext.withValue(context, operation: body)
    }

    @Test func `the trace of the current task stands behind counters and buckets in OpenMetrics only`() throws {
        let factory = ApusMetricsFactory(registry)
        inTrace("abc") {
            Counter(label: "c", factory: factory).increment(by: 2)
            Timer(label: "t", factory: factory).recordNanoseconds(2_000_000)
        }
        Counter(label: "c", factory: factory).increment()
        let page = String(decoding: registry.page(.openMetrics), as: UTF8.self)
        #expect(page.contains(##"c_total 3 # {trace_id="abc"} 2 "##))
        #expect(page.contains(##"t_bucket{le="0.0025"} 1 # {trace_id="abc"} 0.002 "##))
        #expect(!String(decoding: registry.page(.text), as: UTF8.self).contains("abc"))
        #expect(String(decoding: registry.page(.json), as: UTF8.self).contains(#""exemplar":{"labels":{"trace_id":"abc"},"value":2,"#))
        let exemplar = try #require(registry.snapshot()[0].samples[0].exemplar)
        #expect(exemplar.trace == TraceReference(traceID: "abc") && exemplar.time > 1_600_000_000_000)
    }

    @Test func `an exemplar is kept for the interval, each bucket its own`() {
        let histogram = registry.histogram("h", bounds: [1]).with()
        inTrace("first") { histogram.observe(0.5) }
        inTrace("second") { histogram.observe(0.7) }
        inTrace("third") { histogram.observe(5) }
        let exemplars = registry.snapshot()[0].samples.prefix(2).map { $0.exemplar?.trace.traceID }
        #expect(exemplars == ["first", "third"])
    }

    @Test func `one that is too long for OpenMetrics is left out`() {
        let counter = registry.counter("c").with()
        inTrace(String(repeating: "x", count: 121)) { counter.increment() }
        #expect(String(decoding: registry.page(.openMetrics), as: UTF8.self) == "# TYPE c counter\nc_total 1\n# EOF\n")
    }

    @Test(
        arguments: [
            (["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"], "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"),
            (["b3": "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1"], "80f198ee56343ba864fe8b2a57d3eff7", "e457b5a2e4d86bd1"),
            (["X-B3-TraceId": "80f1", "X-B3-SpanId": "e457"], "80f1", "e457"), (["in-memory-trace-id": "7"], "7", nil),
            (["traceparent": "00-short-b7-01"], nil, nil), ([:], nil, nil),
        ] as [([String: String], String?, String?)])
    func `knows what tracers hand on`(carrier: [String: String], trace: String?, span: String?) {
        let reference = TraceReference(carrier: carrier)
        #expect(reference?.traceID == trace && reference?.spanID == span)
    }

    @Test func `asks the tracer that was bootstrapped`() throws {
        let tracer = InMemoryTracer()
        InstrumentationSystem.bootstrap(tracer)
        var options = InstrumentRegistry.Options()
        options.exemplars = .currentTrace
        let registry = InstrumentRegistry(options: options)
        let counter = registry.counter("c").with()
        let span = tracer.startSpan("work", context: .topLevel)
        ServiceContext.withValue(span.context) { counter.increment() }
        let exemplar = try #require(registry.snapshot()[0].samples[0].exemplar)
        #expect(exemplar.trace.traceID == span.spanContext.traceID)
    }
}
