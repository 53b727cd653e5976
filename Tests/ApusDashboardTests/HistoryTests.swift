import ApusModel
import ApusPromQL
import ApusQuerying
import ApusSelection
import Testing

@testable import ApusDashboard

/// Answers every query with the same value at each step, or fails.
private struct FixedEngine: QueryEngine {
    var fails = false

    func instant(_ query: String, at time: Int64, options: QueryOptions?) async throws -> QueryResult { throw QueryError.canceled }

    func range(_ query: String, start: Int64, end: Int64, step: Int64, options: QueryOptions?) async throws -> QueryResult {
        if fails { throw QueryError.storage("gone") }
        var samples = SampleColumns()
        for time in stride(from: start, through: end, by: Int(step)) { samples.append(time: time, value: 7) }
        let labels: Labels = query.contains("by (mode)") ? ["mode": "nice"] : query.contains("node_network") ? ["device": "lo"] : ["device": "vda"]
        var user = Matrix(series: [.init(labels: labels, samples: samples)])
        if query.contains("by (mode)") { user.series.append(.init(labels: ["mode": "user"], samples: samples)) }
        return QueryResult(value: .matrix(user))
    }

    var source: any SeriesSource { NoSource() }
}

private struct NoSource: SeriesSource {
    func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) async throws -> any SeriesSelection { throw QueryError.canceled }
    func labelNames(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [String] { [] }
    func labelValues(_ name: String, _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [String] { [] }
    func series(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [Labels] { [] }
}

struct HistoryTests {
    @Test func `the minutes before the start come from the store`() async {
        let model = OverviewModel.sample()
        var host = Host()
        host.pass(seconds: 1)
        model.record(host.batch)
        await model.preload(from: FixedEngine(), now: host.time)
        let text = String(decoding: model.snapshot(now: host.time).json, as: UTF8.self)
        // `nice` and `user` are one line.
        #expect(text.contains("[14,14,14"))
        #expect(text.contains("disk.read.vda"))
        #expect(!text.contains("net.in.lo"))
        #expect(host.time - (model.firstTime ?? host.time) > 880_000)
    }

    @Test func `a store that cannot be read leaves the page as it is`() async {
        let model = OverviewModel.sample()
        var host = Host()
        host.pass(seconds: 1)
        model.record(host.batch)
        await model.preload(from: FixedEngine(fails: true), now: host.time)
        #expect(model.firstTime == host.time)
    }

    @Test func `placeholders of queries are filled in`() {
        let text = OverviewModel.expanded("rate(a{$s}[$w]) + b{$o}", selector: "job=\"a$w\"", ownSelector: "c=\"d\"", windowSeconds: 40)
        #expect(text == "rate(a{job=\"a$w\"}[40s]) + b{c=\"d\"}")
    }
}
