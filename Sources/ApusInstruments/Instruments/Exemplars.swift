internal import CApusThreadSlots
public import Instrumentation
internal import Synchronization

/// One observation as an example, with the trace in which it happened.
public struct Exemplar: Sendable, Equatable {
    public var trace: TraceReference
    public var value: Double
    /// Milliseconds since 1970 UTC.
    public var time: Int64

    /// As labels of OpenMetrics.
    public var labels: [(String, String)] {
        [("trace_id", trace.traceID)] + (trace.spanID.map { [("span_id", $0)] } ?? [])
    }
}

/// What leads from an observation to its trace.
public struct TraceReference: Sendable, Equatable {
    public var traceID: String
    public var spanID: String?

    public init(traceID: String, spanID: String? = nil) {
        self.traceID = traceID
        self.spanID = spanID
    }
}

/// How instruments learn in which trace they count.
///
/// With a source each counter and each bucket with a chosen bound keeps its latest example, and takes a new one at most once in `intervalMilliseconds`.
/// That costs some 5 ns for each count that is not taken in a trace or comes too soon, and some microseconds for one that is.
public struct ExemplarSource: Sendable {
    let intervalNanoseconds: Int64
    let trace: @Sendable (ServiceContext) -> TraceReference?

    /// - Parameter trace: Finds the trace in the context of the task that counts; nil when there is none.
    public init(
        intervalMilliseconds: Int = 1000, trace: @escaping @Sendable (ServiceContext) -> TraceReference?
    ) {
        intervalNanoseconds = Int64(clamping: intervalMilliseconds).multipliedReportingOverflow(by: 1_000_000).partialValue
        self.trace = trace
    }

    /// Asks the tracer that was bootstrapped for what it would hand on to another service: `traceparent` (W3C), `b3` and
    /// `X-B3-TraceId` are understood, else whatever it calls "…trace-id".
    public static let currentTrace = ExemplarSource { context in
        var carrier: [String: String] = [:]
        InstrumentationSystem.instrument.inject(context, into: &carrier, using: DictionaryInjector())
        return TraceReference(carrier: carrier)
    }
}

extension TraceReference {
    /// From headers that a tracer would send along; nil when there is no trace in them.
    package init?(carrier: [String: String]) {
        var headers: [String: String] = [:]
        for (name, value) in carrier { headers[name.lowercased()] = value }
        if let parent = headers["traceparent"]?.split(separator: "-"), parent.count >= 4, parent[1].utf8.count == 32 {
            self.init(traceID: String(parent[1]), spanID: String(parent[2]))
        } else if let b3 = headers["b3"]?.split(separator: "-"), b3.count >= 2 {
            self.init(traceID: String(b3[0]), spanID: String(b3[1]))
        } else if let trace = headers["x-b3-traceid"] {
            self.init(traceID: trace, spanID: headers["x-b3-spanid"])
        } else if let name = headers.keys.sorted().first(where: { $0.hasSuffix("trace-id") }), let trace = headers[name] {
            self.init(traceID: trace)
        } else {
            return nil
        }
    }
}

private struct DictionaryInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}

/// The latest example of each bucket of a series.
final class ExemplarStore: Sendable {
    private let source: ExemplarSource
    private let places: [Place]

    private final class Place: Sendable {
        let nextNanoseconds = Atomic<Int64>(.min)
        let exemplar = Mutex<Exemplar?>(nil)
    }

    init(_ source: ExemplarSource, placeCount: Int) {
        self.source = source
        places = (0..<placeCount).map { _ in Place() }
    }

    subscript(index: Int) -> Exemplar? { places[index].exemplar.withLock { $0 } }

    @inline(never)
    func offer(_ value: Double, at index: Int) {
        let place = places[index]
        let now = capus_coarse_nanoseconds()
        let next = place.nextNanoseconds.load(ordering: .relaxed)
        // Of several threads that come at once one takes it.
        guard now >= next, let context = ServiceContext.current, let trace = source.trace(context),
            place.nextNanoseconds.compareExchange(
                expected: next, desired: now &+ source.intervalNanoseconds, ordering: .relaxed
            ).exchanged
        else { return }
        let exemplar = Exemplar(trace: trace, value: value, time: capus_wall_milliseconds())
        place.exemplar.withLock { $0 = exemplar }
    }
}
