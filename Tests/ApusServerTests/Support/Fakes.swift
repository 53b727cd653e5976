import ApusModel
import ApusPromQL
import ApusQuerying
import ApusSelection
import ApusTestKit
import Synchronization

@testable import ApusServer

/// An engine that knows a few queries by their text.
final class FakeEngine: QueryEngine {
    struct Seen: Sendable {
        var startedCount = 0
        var cancelledCount = 0
        var options: QueryOptions?
    }

    let seen = Mutex(Seen())
    /// Says that a `wait` query has begun, and that it was cancelled.
    let started: AsyncStream<Void>
    let cancelled: AsyncStream<Void>
    private let startedContinuation: AsyncStream<Void>.Continuation
    private let cancelledContinuation: AsyncStream<Void>.Continuation
    let source: any SeriesSource

    init(source: any SeriesSource = FakeSource()) {
        self.source = source
        (started, startedContinuation) = AsyncStream.makeStream()
        (cancelled, cancelledContinuation) = AsyncStream.makeStream()
    }

    func instant(_ query: String, at time: Int64, options: QueryOptions?) async throws -> QueryResult {
        try await answer(query, options) { expression in
            switch query {
            case "up": .vector([(Labels.up, 1)])
            case "two": .vector([(["__name__": "two", "i": "0"], 0.5), (["__name__": "two", "i": "1"], .nan)])
            case "small": .vector([([:], 1e-7), (["a": "<&\"\n"], 1e21), (["b": "é"], -.infinity)])
            case "many": .vector((0..<5000).map { (["__name__": "many", "i": "\($0)"], Double($0)) })
            case "1": .scalar(Sample(time: time, value: 1))
            case "1e-7": .scalar(Sample(time: time, value: 1e-7))
            case "\"a\"": .string(time: time, "a<")
            case "up[3s]":
                .matrix(Matrix(series: [.init(labels: .up, samples: columns([time - 1000, time], [0, 1]))]))
            default: .vector([])
            }
        }
    }

    func range(_ query: String, start: Int64, end: Int64, step: Int64, options: QueryOptions?) async throws -> QueryResult {
        try await answer(query, options) { expression in
            let times = Array(stride(from: start, through: end, by: Int(step)))
            switch query {
            case "up": return .matrix(Matrix(series: [.init(labels: .up, samples: columns(times, times.map { _ in 1 }))]))
            case "wide":
                let values = times.indices.map { Double($0) * 0.25 }
                return .matrix(
                    Matrix(
                        series: (0..<50).map { row in
                            .init(labels: ["__name__": "wide", "row": "\(row)"], samples: columns(times, values))
                        }))
            default: return .matrix(Matrix(series: []))
            }
        }
    }

    private func answer(
        _ query: String, _ options: QueryOptions?, _ value: (Expression) -> QueryResult.Value
    ) async throws -> QueryResult {
        seen.withLock { seen in
            seen.startedCount += 1
            seen.options = options
        }
        let expression: Expression
        do {
            expression = try Parser.parse(query)
        } catch {
            throw QueryError.parse(error)
        }
        switch query {
        case "wait":
            startedContinuation.yield()
            let (never, continuation) = AsyncStream<Void>.makeStream()
            for await _ in never {}
            withExtendedLifetime(continuation) {}
            seen.withLock { $0.cancelledCount += 1 }
            cancelledContinuation.yield()
            throw QueryError.canceled
        case "fails": throw QueryError.execution("multiple matches for labels")
        case "late": throw QueryError.timeout(.seconds(2))
        case "huge": throw QueryError.limit("query processing would load too many samples into memory in query execution")
        case "broken": throw QueryError.storage("cannot read a block")
        default: break
        }
        var result = QueryResult(value: value(expression))
        if query == "up[3s]" {
            result.warnings = ["PromQL warning: w"]
            result.infos = ["PromQL info: i"]
        }
        return result
    }
}

func columns(_ times: [Int64], _ values: [Double]) -> SampleColumns {
    var columns = SampleColumns()
    for (time, value) in zip(times, values) { columns.append(time: time, value: value) }
    return columns
}

extension Labels {
    static var up: Labels { ["__name__": "up", "instance": "a:1", "job": "j"] }
}

struct FakeSource: SeriesSource {
    var rows: [Labels] = [.up, ["__name__": "down", "job": "k", "a.b": "c"]]

    func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) async throws -> any SeriesSelection { NoSeries() }

    func labelNames(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [String] {
        let names = Set(matching(selectors).flatMap { $0.pairs.map(\.name) }).sorted()
        return Array(names.prefix(limit ?? .max))
    }

    func labelValues(
        _ name: String, _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?
    ) async throws -> [String] {
        let values = Set(matching(selectors).compactMap { $0[name] }).sorted()
        return Array(values.prefix(limit ?? .max))
    }

    func series(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [Labels] {
        Array(matching(selectors).sorted().prefix(limit ?? .max))
    }

    private func matching(_ selectors: [[Matcher]]) -> [Labels] {
        guard !selectors.isEmpty else { return rows }
        return rows.filter { labels in selectors.contains { $0.allSatisfy { $0.matches(labels) } } }
    }
}

private struct NoSeries: SeriesSelection {
    var count: Int { 0 }
    func labels(at index: Int) -> Labels { [:] }
    func appendSamples(at index: Int, to columns: inout SampleColumns) throws {}
}

/// A store that keeps what it is given and fails when told to.
final class FakeStore: SampleStore {
    struct State: Sendable {
        var samples: [(labels: Labels, time: Int64, value: Double)] = []
        var failure: SampleStoreError?
        var deleted: [(selectors: [[Matcher]], range: ClosedRange<Int64>)] = []
        var cleanedCount = 0
    }

    let state = Mutex(State())

    func append(_ batch: WriteBatch) async throws(SampleStoreError) -> AppendResult {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        var result = AppendResult()
        for (at, entry) in batch.entries.enumerated() {
            do throws(LabelsError) {
                let labels = try Labels(validating: batch.bytes.span, entry.labels)
                for sample in entry.samples {
                    state.withLock { $0.samples.append((labels, batch.times[sample], batch.values[sample])) }
                }
                result.acceptedCount += entry.samples.count
            } catch {
                result.rejectedCount += entry.samples.count
                result.rejections.append(.init(entry: at, reason: .invalidLabels(error)))
            }
        }
        return result
    }

    func metadata(metric: String?, limit: Int?) async throws(SampleStoreError) -> [String: [MetricMetadata]] {
        let all = [
            "up": [MetricMetadata(kind: .gauge, help: "Is it <up>?", unit: "")],
            "requests_total": [MetricMetadata(kind: .counter, help: "a", unit: "u"), MetricMetadata(kind: .gauge, help: "b")],
        ]
        return metric.map { name in all.filter { $0.key == name } } ?? all
    }

    func deleteSeries(_ selectors: [[Matcher]], in range: ClosedRange<Int64>) async throws(SampleStoreError) {
        state.withLock { $0.deleted.append((selectors, range)) }
    }

    func cleanTombstones() async throws(SampleStoreError) { state.withLock { $0.cleanedCount += 1 } }

    func snapshot(skipHead: Bool) async throws(SampleStoreError) -> String { skipHead ? "without-head" : "with-head" }

    func cardinality(limit: Int) async throws(SampleStoreError) -> CardinalityStatistics {
        var statistics = CardinalityStatistics()
        statistics.seriesCount = 2
        statistics.timeRange = 1000...2000
        statistics.seriesCountByMetricName = [("up", 1), ("down", 1)]
        return statistics
    }
}

/// A page of a few bytes, and a stream that a test feeds.
final class FakePages: PageSource {
    let subscribed: AsyncStream<String?>
    let ended: AsyncStream<Void>
    private let subscribedContinuation: AsyncStream<String?>.Continuation
    private let endedContinuation: AsyncStream<Void>.Continuation

    init() {
        (subscribed, subscribedContinuation) = AsyncStream.makeStream()
        (ended, endedContinuation) = AsyncStream.makeStream()
    }

    func page(nonce: String) async -> PageContent {
        PageContent(
            bytes: Array("<!doctype html><title>Apus</title>".utf8), contentType: "text/html; charset=utf-8",
            headers: [("Content-Security-Policy", "script-src 'nonce-\(nonce)'"), ("Cache-Control", "no-store")])
    }

    func asset(_ path: String) -> PageContent? {
        guard path == "/assets/app.js" else { return nil }
        return PageContent(bytes: Array("export {}".utf8), contentType: "text/javascript", entityTag: "\"v1\"")
    }

    func overview() async -> [UInt8] { Array("{}".utf8) }

    func overviewEvents(after: String?) async -> AsyncStream<[UInt8]> {
        let (events, continuation) = AsyncStream<[UInt8]>.makeStream()
        continuation.onTermination = { [endedContinuation] _ in endedContinuation.yield() }
        continuation.yield(Array("event: hello\ndata: 1\n\n".utf8))
        subscribedContinuation.yield(after)
        return events
    }
}

extension QuerySyntax {
    static var forTests: QuerySyntax {
        QuerySyntax(
            formatted: { text throws(ParseError) in
                _ = try Parser.parse(text)
                return "formatted " + text
            },
            tree: { text throws(ParseError) in
                _ = try Parser.parse(text)
                return Array(#"{"type":"x"}"#.utf8)
            })
    }
}
