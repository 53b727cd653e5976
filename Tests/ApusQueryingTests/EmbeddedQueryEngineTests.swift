import ApusModel
import ApusPromQL
import ApusQuerying
import ApusSelection
import ApusTestKit
import Synchronization
import Testing

struct EmbeddedQueryEngineTests {
    static func source() -> MemorySource {
        var samples = SampleColumns()
        for minute in 0..<10 { samples.append(time: Int64(minute) * 60_000, value: Double(minute)) }
        return MemorySource([(["__name__": "m", "job": "a"], samples)])
    }

    @Test func `answers instant and range queries`() async throws {
        let engine = EmbeddedQueryEngine(source: Self.source())
        guard case .vector(let elements) = try await engine.instant("m * 2", at: 300_000, options: nil).value,
            case .matrix(let matrix) = try await engine.range("m", start: 0, end: 120_000, step: 60_000, options: nil).value
        else {
            Issue.record("kinds of result")
            return
        }
        #expect(elements.map(\.value) == [10])
        #expect(matrix.series.map(\.samples.values) == [[0, 1, 2]])
    }

    @Test(arguments: [
        ("m +", "parse error"), ("m[5m]", "invalid expression type \"range vector\" for range query"),
        ("label_replace(m, \"a\", \"\", \"b\", \"(\")", "invalid regular expression"),
    ])
    func `refuses what it cannot answer`(query: String, message: String) async {
        let engine = EmbeddedQueryEngine(source: Self.source())
        await #expect {
            _ = try await engine.range(query, start: 0, end: 60_000, step: 60_000, options: nil)
        } throws: { error in
            error is QueryError && "\(error)".contains(message)
        }
    }

    @Test func `a step must be positive`() async {
        let engine = EmbeddedQueryEngine(source: Self.source())
        await #expect(throws: QueryError.self) { try await engine.range("m", start: 0, end: 1, step: 0, options: nil) }
    }

    @Test func `counts what its queries took`() async throws {
        let engine = EmbeddedQueryEngine(source: Self.source())
        _ = try await engine.instant("sum_over_time(m[5m])", at: 540_000, options: nil)
        _ = try? await engine.instant("m +", at: 0, options: nil)
        var options = QueryOptions()
        options.timeout = .zero
        _ = try? await engine.instant("m", at: 0, options: options)
        let statistics = engine.statistics()
        #expect(statistics.succeeded == 1)
        #expect(statistics.samplesRead == 5)
        #expect(statistics.samplesPeak > 0)
        #expect(statistics.failed.parse == 1 && statistics.failed.timeout == 1)
        #expect(statistics.running == 0 && statistics.waiting == 0)
        #expect(statistics.duration > .zero)
    }

    @Test func `runs so many at a time, lets so many wait and turns the rest away`() async throws {
        let source = HeldSource(Self.source())
        var settings = EmbeddedQueryEngine.Settings()
        settings.runningMax = 2
        settings.waitingMax = 1
        let engine = EmbeddedQueryEngine(source: source, settings: settings)
        let tasks = (0..<3).map { _ in Task { try await engine.instant("m", at: 60_000, options: nil) } }
        while engine.statistics().running < 2 || engine.statistics().waiting < 1 { await Task.yield() }
        #expect(engine.activeQueries.count == 3)
        #expect(engine.activeQueries.allSatisfy { $0.query == "m" && $0.start == 60_000 && $0.step == 0 })
        await #expect {
            _ = try await engine.instant("m", at: 0, options: nil)
        } throws: { error in
            if case .limit(let message)? = error as? QueryError { message.contains("too many queries") } else { false }
        }
        source.letGo()
        for task in tasks { _ = try await task.value }
        #expect(engine.activeQueries.isEmpty)
        #expect(engine.statistics().succeeded == 3)
        #expect(engine.statistics().failed.limit == 1)
    }

    @Test func `a query that is cancelled while it waits leaves the queue`() async throws {
        let source = HeldSource(Self.source())
        var settings = EmbeddedQueryEngine.Settings()
        settings.runningMax = 1
        let engine = EmbeddedQueryEngine(source: source, settings: settings)
        let running = Task { try await engine.instant("m", at: 0, options: nil) }
        while engine.statistics().running < 1 { await Task.yield() }
        let waiting = Task { try await engine.instant("m", at: 0, options: nil) }
        while engine.statistics().waiting < 1 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: QueryError.self) { try await waiting.value }
        #expect(engine.statistics().waiting == 0)
        source.letGo()
        _ = try await running.value
        #expect(engine.statistics().running == 0)
        #expect(engine.statistics().failed.canceled == 1)
    }

    @Test func `a cancelled query that never waited leaves no place taken`() async {
        let engine = EmbeddedQueryEngine(source: Self.source())
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await engine.instant("m", at: 0, options: nil)
        }
        task.cancel()
        await #expect(throws: QueryError.self) { try await task.value }
        #expect(engine.statistics().running == 0)
    }

    @Test func `long texts are cut in the list of active queries`() async throws {
        let source = HeldSource(Self.source())
        let engine = EmbeddedQueryEngine(source: source)
        let query = "m" + String(repeating: " + m", count: 200)
        let task = Task { try await engine.instant(query, at: 0, options: nil) }
        while engine.activeQueries.isEmpty { await Task.yield() }
        #expect((engine.activeQueries.first?.query.utf8.count ?? 0) <= EmbeddedQueryEngine.textByteCountMax)
        source.letGo()
        _ = try await task.value
    }
}

/// A source whose selections wait until it lets go.
final class HeldSource: SeriesSource {
    private let inner: MemorySource
    private let state = Mutex((isHeld: true, waiting: [CheckedContinuation<Void, Never>]()))

    init(_ inner: MemorySource) { self.inner = inner }

    func letGo() {
        let waiting = state.withLock { state in
            state.isHeld = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) async throws -> any SeriesSelection {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.isHeld { state.waiting.append(continuation) }
                return !state.isHeld
            }
            if goesOn { continuation.resume() }
        }
        return try await inner.select(matchers, in: range)
    }

    func labelNames(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [String] {
        try await inner.labelNames(selectors, in: range, limit: limit)
    }

    func labelValues(
        _ name: String, _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
    ) async throws -> [String] { try await inner.labelValues(name, selectors, in: range, limit: limit) }

    func series(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [Labels] {
        try await inner.series(selectors, in: range, limit: limit)
    }
}
