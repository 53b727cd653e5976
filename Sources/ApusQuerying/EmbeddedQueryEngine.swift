public import ApusPromQL
public import ApusSelection
internal import Synchronization

/// Answers queries in this process, from any source of series.
///
/// So many queries run at a time; more wait in a bounded queue and are turned away with `.limit` when that is full. The time
/// a query may take counts from its start, not from its place in the queue.
public final class EmbeddedQueryEngine: QueryEngine {
    /// What the engine allows; `QueryOptions` given with a query replace `options` for that one.
    public struct Settings: Sendable {
        public var runningMax = 20
        public var waitingMax = 200
        public var options = QueryOptions()
        public var parser = ParserOptions()

        public init() {}
    }

    /// Longer texts are cut in `activeQueries`.
    public static let textByteCountMax = 1000

    public let source: any SeriesSource
    public let settings: Settings
    private let evaluator: Evaluator
    private let gate: QueryGate
    private let state = Mutex(State())

    private struct State {
        var statistics = QueryStatistics()
        var active: [Int: ActiveQuery] = [:]
        var nextID = 1
        var recentSeconds: [Double] = []
    }

    public init(source: any SeriesSource, settings: Settings = Settings()) {
        self.source = source
        self.settings = settings
        evaluator = Evaluator(source: source)
        gate = QueryGate(runningMax: settings.runningMax, waitingMax: settings.waitingMax)
    }

    // Off the caller's actor: a query is a long computation.
    @concurrent
    public func instant(_ query: String, at time: Int64, options: QueryOptions?) async throws -> QueryResult {
        let options = options ?? settings.options
        return try await run(query, start: time, end: time, step: 0) { [evaluator] expression throws(QueryError) in
            try await evaluator.instant(expression, text: query, at: time, options: options)
        }
    }

    @concurrent
    public func range(
        _ query: String, start: Int64, end: Int64, step: Int64, options: QueryOptions?
    ) async throws -> QueryResult {
        let options = options ?? settings.options
        guard step > 0 else { throw QueryError.execution("zero or negative query resolution step widths are not accepted") }
        return try await run(query, start: start, end: end, step: step) { [evaluator] expression throws(QueryError) in
            try await evaluator.range(expression, text: query, start: start, end: end, step: step, options: options)
        }
    }

    /// Counts since the engine began, and of this moment.
    public func statistics() -> QueryStatistics {
        var statistics = state.withLock { $0.statistics }
        (statistics.running, statistics.waiting) = gate.counts
        return statistics
    }

    /// Seconds that the queries answered since the last call took, least first; at most the first 1000 of them.
    public func takeRecentSeconds() -> [Double] {
        let taken = state.withLock { state in
            defer { state.recentSeconds.removeAll(keepingCapacity: true) }
            return state.recentSeconds
        }
        return taken.sorted()
    }

    /// The queries that run or wait, the oldest first; at most `runningMax + waitingMax`.
    public var activeQueries: [ActiveQuery] {
        state.withLock { Array($0.active.values) }.sorted { $0.id < $1.id }
    }

    private func run(
        _ query: String, start: Int64, end: Int64, step: Int64,
        _ evaluate: @Sendable (Expression) async throws(QueryError) -> (result: QueryResult, samples: SampleStatistics)
    ) async throws(QueryError) -> QueryResult {
        let began = ContinuousClock.now
        do throws(QueryError) {
            let (result, samples) = try await admitted(query, start, end, step, began, evaluate)
            let taken = ContinuousClock.now - began
            state.withLock { state in
                state.statistics.succeeded += 1
                state.statistics.duration += taken
                state.statistics.samplesRead += samples.read
                state.statistics.samplesPeak = max(state.statistics.samplesPeak, samples.peak)
                if state.recentSeconds.count < 1000 { state.recentSeconds.append(taken / .seconds(1)) }
            }
            return result
        } catch {
            let taken = ContinuousClock.now - began
            state.withLock { state in
                state.statistics.failed.count(error)
                state.statistics.duration += taken
            }
            throw error
        }
    }

    private func admitted(
        _ query: String, _ start: Int64, _ end: Int64, _ step: Int64, _ began: ContinuousClock.Instant,
        _ evaluate: @Sendable (Expression) async throws(QueryError) -> (result: QueryResult, samples: SampleStatistics)
    ) async throws(QueryError) -> (result: QueryResult, samples: SampleStatistics) {
        let expression: Expression
        do {
            expression = try Parser.parse(query, options: settings.parser)
        } catch {
            throw .parse(error)
        }
        let id = register(query, start, end, step, began)
        defer { state.withLock { _ = $0.active.removeValue(forKey: id) } }
        try await gate.enter()
        defer { gate.leave() }
        let waited = ContinuousClock.now - began
        state.withLock { $0.statistics.waitingDuration += waited }
        return try await evaluate(expression)
    }

    private func register(
        _ query: String, _ start: Int64, _ end: Int64, _ step: Int64, _ began: ContinuousClock.Instant
    ) -> Int {
        let text =
            query.utf8.count <= Self.textByteCountMax
            ? query : String(decoding: query.utf8.prefix(Self.textByteCountMax), as: UTF8.self)
        return state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.active[id] = ActiveQuery(id: id, query: text, start: start, end: end, step: step, began: began)
            return id
        }
    }
}
