import ApusModel
import ApusPromQL
import ApusSelection
import ApusTestKit
import Synchronization
import Testing

/// What ends a query early, and what a query is allowed to cost.
struct EvaluatorLimitTests {
    private func source(series count: Int = 400) -> MemorySource {
        let source = MemorySource()
        for index in 0..<count {
            var samples = SampleColumns()
            for minute in 0..<30 { samples.append(time: Int64(minute) * 60_000, value: Double(index + minute)) }
            source.set(Labels([("__name__", "m"), ("i", "\(index)")]), samples)
        }
        return source
    }

    private func failure(_ evaluation: Evaluation, _ query: String) async -> QueryError? {
        do {
            _ = try await evaluation.run(query, 0, 1_800_000, 60_000)
            return nil
        } catch {
            return error as? QueryError
        }
    }

    @Test func `rows in memory count against the sample limit, an aggregation's rows do not`() async {
        var evaluation = Evaluation(source())
        evaluation.options.samplesMax = 1000
        guard case .limit(let message)? = await failure(evaluation, "m") else {
            Issue.record("no limit was passed")
            return
        }
        #expect(message == "query processing would load too many samples into memory in query execution")
        #expect(await failure(evaluation, "sum(rate(m[5m]))") == nil)
    }

    @Test func `the budget is given back, so many small parts fit one after the other`() async {
        var evaluation = Evaluation(source(series: 20))
        evaluation.options.samplesMax = 3000
        let query = (0..<20).map { _ in "sum(m + m)" }.joined(separator: " + ")
        #expect(await failure(evaluation, query) == nil)
    }

    @Test func `too many steps are refused before they are made`() async {
        var evaluation = Evaluation(source(series: 1))
        evaluation.options.samplesMax = 1000
        for query in ["1", "max_over_time(m[1000d:1s])"] {
            guard case .limit? = await failureOver(evaluation, query, step: 1) else {
                Issue.record("\(query) was not refused")
                continue
            }
        }
    }

    @Test func `columns of scalars count against the sample limit`() async {
        var evaluation = Evaluation(source(series: 1))
        evaluation.options.samplesMax = 4000
        // Each bracket holds a column of 1801 values while the next one is made.
        for (query, fits) in [("time() + 1", true), ("time() + (time() + (time() + time()))", false)] {
            let failure = await failureOver(evaluation, query, step: 1000)
            if case .limit? = failure { #expect(!fits, "\(query)") } else { #expect(fits && failure == nil, "\(query)") }
        }
    }

    /// Rows of the "one" side that relieve each other give a row each for every row of the "many" side.
    @Test func `rows that a many-to-one match makes count while they are made`() async {
        let source = MemorySource()
        for pod in 0..<30 {
            var samples = SampleColumns()
            samples.append(time: Int64(pod) * 60_000, value: 1)
            samples.append(time: Int64(pod) * 60_000 + 1, value: StaleMarker.value)
            source.set(["__name__": "pod", "pod": "\(pod)"], samples)
            var all = SampleColumns()
            for minute in 0..<30 { all.append(time: Int64(minute) * 60_000, value: 1) }
            source.set(["__name__": "m", "i": "\(pod)"], all)
        }
        // All of the 900 rows are empty in the end.
        let query = "m > on() group_left(pod) pod"
        var evaluation = Evaluation(source)
        evaluation.options.samplesMax = 10_000
        guard case .limit? = await failure(evaluation, query) else {
            Issue.record("no limit was passed")
            return
        }
        evaluation.options.samplesMax = 40_000
        #expect(await failure(evaluation, query) == nil)
    }

    @Test(
        arguments: [
            "quantile_over_time(0.5, m[60000s])", "stddev_over_time(m[60000s])", "deriv(m[60000s])", "ts_of_max_over_time(m[60000s])",
        ])
    func `a window function that looks at each sample again and again ends in time`(query: String) async {
        let source = MemorySource()
        var samples = SampleColumns()
        for second in 0..<60_000 { samples.append(time: Int64(second) * 1000, value: Double(second)) }
        source.set(["__name__": "m"], samples)
        var evaluation = Evaluation(source)
        evaluation.options.timeout = .milliseconds(50)
        do {
            _ = try await evaluation.run(query, 0, 60_000_000, 6000)
            Issue.record("the query was not ended")
        } catch {
            guard case .timeout? = error as? QueryError else {
                Issue.record("\(error)")
                return
            }
        }
    }

    private func failureOver(_ evaluation: Evaluation, _ query: String, step: Int64) async -> QueryError? {
        do {
            _ = try await evaluation.run(query, 0, 1_800_000, step)
            return nil
        } catch {
            return error as? QueryError
        }
    }

    @Test func `a query out of time says so`() async {
        var evaluation = Evaluation(source())
        evaluation.options.timeout = .zero
        guard case .timeout(.zero)? = await failure(evaluation, "sum(m)") else {
            Issue.record("no timeout")
            return
        }
    }

    @Test func `a cancelled task's query ends`() async {
        let evaluation = Evaluation(source())
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await failure(evaluation, "sum(m)")
        }
        task.cancel()
        guard case .canceled? = await task.value else {
            Issue.record("not cancelled")
            return
        }
    }

    @Test func `the source's failure is the query's`() async {
        struct Broken: Error, CustomStringConvertible { var description: String { "disk on fire" } }
        struct BrokenSource: SeriesSource {
            func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) async throws -> any SeriesSelection { throw Broken() }
            func labelNames(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [String] { [] }
            func labelValues(
                _ name: String, _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
            ) async throws -> [String] { [] }
            func series(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [Labels] { [] }
        }
        guard case .storage("disk on fire")? = await failure(Evaluation(BrokenSource()), "sum(m)") else {
            Issue.record("no storage error")
            return
        }
    }

    @Test func `a selector that stands twice is asked for once`() async throws {
        let counting = CountingSource(source(series: 3))
        _ = try await Evaluation(counting).run("m / (m + m)", 0, 600_000, 60_000)
        #expect(counting.selections == 1)
    }

    @Test func `the deepest tree that is parsed is evaluated`() async throws {
        let evaluation = Evaluation(source(series: 1))
        let chain = "m" + String(repeating: " + m", count: 900)
        guard case .vector(let sums) = try await evaluation.instant(chain, at: 0).value else { return }
        #expect(sums.map(\.value) == [0])
        let nested = String(repeating: "abs(", count: 200) + "m" + String(repeating: ")", count: 200)
        _ = try await evaluation.instant(nested, at: 0)
        let scalars = "1" + String(repeating: " + 1", count: 900)
        guard case .scalar(let sum) = try await evaluation.instant(scalars, at: 0).value else { return }
        #expect(sum.value == 901)
    }

    @Test(arguments: [Int64.min, -1, Int64.max - 5])
    func `far times do not trap`(time: Int64) async {
        let evaluation = Evaluation(source(series: 2))
        for query in ["m", "rate(m[1h])", "max_over_time(m[1h:1m] offset 5d)", "m offset -5d", "year()", "time()", "m @ 9e15"] {
            _ = try? await evaluation.instant(query, at: time)
            _ = try? await evaluation.run(query, time, time, 1000)
        }
    }

    @Test(arguments: ["1e300", "-1e300", "NaN", "Inf", "0x7fffffffffffffff"])
    func `wild numbers as arguments do not trap`(number: String) async {
        let evaluation = Evaluation(source(series: 3))
        for query in [
            "topk(%, m)", "limitk(%, m)", "limit_ratio(%, m)", "quantile(%, m)", "predict_linear(m[5m], %)", "round(m, %)",
            "year(m * %)", "minute(vector(%))", "quantile_over_time(%, m[5m])", "histogram_quantile(%, m)", "clamp(m, %, %)",
            "count_values(\"v\", m * %)", "double_exponential_smoothing(m[5m], %, 0.5)",
        ] {
            _ = try? await evaluation.instant(query.replacing("%", with: number), at: 600_000)
        }
    }
}

/// Counts how often it is asked.
final class CountingSource: SeriesSource {
    private let inner: MemorySource
    private let count = Atomic<Int>(0)

    init(_ inner: MemorySource) { self.inner = inner }

    var selections: Int { count.load(ordering: .relaxed) }

    func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) async throws -> any SeriesSelection {
        count.add(1, ordering: .relaxed)
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
