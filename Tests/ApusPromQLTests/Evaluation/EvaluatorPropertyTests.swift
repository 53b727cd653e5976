import ApusModel
import ApusPromQL
import ApusSelection
import ApusTestKit
import Testing

/// A range query is nothing but instant queries side by side, and windows that slide give what windows read afresh give.
struct EvaluatorPropertyTests {
    @Test(arguments: UInt64(0)..<150)
    func `a range query equals instant queries at its steps`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let source = RandomSeries.source(&random)
        var expressions = RandomExpression(random: random)
        let query = expressions.vector(depth: 3)
        let start = Int64(random.next() % 900_000)
        let step = [7000, 30_000, 60_000, 137_000][Int(random.next() % 4)] as Int64
        let end = start + step * Int64(random.next() % 20)
        let evaluation = Evaluation(source)
        guard case .matrix(let matrix) = try? await evaluation.run(query, start, end, step).value else {
            // What fails over the range must fail at one of its steps.
            var failed = false
            for time in stride(from: start, through: end, by: Int(step)) {
                if (try? await evaluation.instant(query, at: time)) == nil { failed = true }
            }
            #expect(failed, "\(query)")
            return
        }
        for time in stride(from: start, through: end, by: Int(step)) {
            guard case .vector(let elements) = try await evaluation.instant(query, at: time).value else {
                Issue.record("\(query) gave no vector")
                return
            }
            let there = matrix.series.compactMap { series in
                series.samples.times.firstIndex(of: time).map { (labels: series.labels, value: series.samples.values[$0]) }
            }
            let instant = elements.sorted { $0.labels < $1.labels }
            #expect(there.map(\.labels) == instant.map(\.labels), "\(query) at \(time)")
            for (a, b) in zip(there, instant) {
                #expect(isClose(a.value, b.value), "\(query) at \(time): \(a.labels) \(a.value), at once \(b.value)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<60)
    func `window functions agree with their definitions`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let samples = RandomSeries.samples(&random, isCounter: seed % 2 == 0, hasOddities: seed % 5 == 0)
        let source = MemorySource([(["__name__": "m_total"], samples)])
        let range = [20_000, 60_000, 300_000, 1_200_000][Int(random.next() % 4)] as Int64
        let step = [5000, 15_000, 61_000][Int(random.next() % 3)] as Int64
        for (name, definition) in WindowDefinitions.all {
            let end = step * 60
            let result = try await Evaluation(source).run("\(name)(m_total[\(range)ms])", 0, end, step)
            guard case .matrix(let matrix) = result.value else { continue }
            let got = matrix.series.first?.samples ?? SampleColumns()
            for time in stride(from: 0, through: end, by: Int(step)) {
                let window = zip(samples.times, samples.values).filter {
                    $0.0 > time - range && $0.0 <= time && !StaleMarker.is($0.1)
                }
                let want = window.isEmpty ? nil : definition(window.map { ($0.0, $0.1) }, time - range, time)
                let have = got.times.firstIndex(of: time).map { got.values[$0] }
                #expect(isClose(want, have), "\(name) of \(range) ms at \(time): \(have as Any), defined as \(want as Any)")
            }
        }
    }

    @Test(arguments: ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"])
    func `many series aggregated on several cores give what few give one by one`(operation: String) async throws {
        var random = SeededGenerator(seed: 1)
        var series: [(labels: Labels, samples: SampleColumns)] = []
        for index in 0..<1200 {
            let labels = Labels([("__name__", "m"), ("group", "\(index % 7)"), ("index", "\(index)")])
            series.append((labels, RandomSeries.samples(&random, isCounter: false, hasOddities: false)))
        }
        let source = MemorySource(series)
        let query = "\(operation) by (group) (m)"
        // Sorting keeps the rows in memory, where they are aggregated in their order.
        let inOrder = "\(operation) by (group) (sort(m))"
        guard case .matrix(let a) = try await Evaluation(source).run(query, 0, 600_000, 15_000).value,
            case .matrix(let b) = try await Evaluation(source).run(inOrder, 0, 600_000, 15_000).value
        else { return }
        #expect(a.series.count == 7 && b.series.count == 7)
        for (x, y) in zip(a.series, b.series) {
            #expect(x.labels == y.labels && x.samples.times == y.samples.times)
            for (p, q) in zip(x.samples.values, y.samples.values) { #expect(isClose(p, q), "\(x.labels): \(p), in order \(q)") }
        }
    }
}

/// Series with gaps, resets, stale markers and odd numbers.
enum RandomSeries {
    static func samples(_ random: inout SeededGenerator, isCounter: Bool, hasOddities: Bool) -> SampleColumns {
        var samples = SampleColumns()
        var time = Int64.random(in: 0...60_000, using: &random)
        var value = Double.random(in: 0...100, using: &random)
        while time < 1_500_000 {
            samples.append(time: time, value: value)
            time += Int64.random(in: 0..<20, using: &random) == 0 ? 200_000 : 15_000 + Int64.random(in: -40...40, using: &random)
            switch Int.random(in: 0..<30, using: &random) {
            case 0 where hasOddities: value = [.nan, .infinity, -.infinity, StaleMarker.value].randomElement(using: &random)!
            case 1: value = 0
            default:
                if !value.isFinite { value = 1 }
                value += isCounter ? Double.random(in: 0...5, using: &random) : Double.random(in: -5...5, using: &random)
            }
        }
        return samples
    }

    static func source(_ random: inout SeededGenerator) -> MemorySource {
        let source = MemorySource()
        for name in ["a", "b", "c_total"] {
            for index in 0..<Int.random(in: 1...5, using: &random) {
                let labels = Labels([("__name__", name), ("i", "\(index)"), ("even", "\(index % 2)")])
                source.set(labels, samples(&random, isCounter: name == "c_total", hasOddities: index == 3))
            }
        }
        return source
    }
}

/// Valid instant vectors over the series of `RandomSeries.source`.
struct RandomExpression {
    var random: SeededGenerator

    private mutating func pick(_ choices: String) -> String {
        choices.split(separator: " ").randomElement(using: &random).map(String.init) ?? ""
    }

    private mutating func selector() -> String {
        pick("a b c_total") + pick("{i=\"1\"} {i!=\"0\"} {even=\"0\"} {even=~\"0|1\"} {}")
    }

    mutating func vector(depth: Int) -> String {
        guard depth > 0 else { return selector() + ["", " offset 1m", " offset -30s", " @ 300"].randomElement(using: &random)! }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return pick("abs ceil exp -") + "(\(vector(depth: depth - 1)))"
        case 1:
            let function = pick("rate increase delta irate sum avg max min changes resets stddev deriv last")
            let isPlain = "rate increase delta irate changes resets deriv".contains(function)
            return "\(function)\(isPlain ? "" : "_over_time")(\(selector())[\(pick("30s 2m 10m"))])"
        case 2: return "\(pick("max_over_time sum_over_time count_over_time"))((\(vector(depth: depth - 1)))[3m:\(pick("20s 1m"))])"
        case 3:
            let grouping = ["", " by (even)", " without (i)"].randomElement(using: &random)!
            return "\(pick("sum avg min max count stddev group"))\(grouping) (\(vector(depth: depth - 1)))"
        case 4: return "(\(vector(depth: depth - 1)) \(pick("+ * > <= == /")) \(pick("0 2 30")))"
        case 5:
            return "(\(vector(depth: depth - 1)) \(pick("+ - * > < and or unless")) on (i) \(vector(depth: depth - 1)))"
        case 6: return "absent(\(vector(depth: depth - 1)))"
        default: return "quantile by (even) (0.3, \(vector(depth: depth - 1)))"
        }
    }
}

/// Range functions as one would write them down: from the samples of one window, with nothing carried over.
enum WindowDefinitions {
    typealias Definition = @Sendable (_ window: [(time: Int64, value: Double)], _ start: Int64, _ end: Int64) -> Double?

    static let all: [(String, Definition)] = [
        ("rate", { extrapolated($0, $1, $2, isCounter: true).map { value in value.total / (Double(value.range) / 1000) } }),
        ("increase", { extrapolated($0, $1, $2, isCounter: true)?.total }),
        ("delta", { extrapolated($0, $1, $2, isCounter: false)?.total }),
        ("count_over_time", { window, _, _ in Double(window.count) }),
        ("last_over_time", { window, _, _ in window[window.count - 1].value }),
        (
            "changes",
            { window, _, _ in
                Double(zip(window, window.dropFirst()).count { $0.value != $1.value && !($0.value.isNaN && $1.value.isNaN) })
            }
        ),
        ("resets", { window, _, _ in Double(zip(window, window.dropFirst()).count { $1.value < $0.value }) }),
        ("min_over_time", { window, _, _ in window.map(\.value).filter { !$0.isNaN }.min() ?? .nan }),
        ("max_over_time", { window, _, _ in window.map(\.value).filter { !$0.isNaN }.max() ?? .nan }),
        (
            "irate",
            { window, _, _ in
                guard window.count > 1 else { return nil }
                let (a, b) = (window[window.count - 2], window[window.count - 1])
                return (b.value < a.value ? b.value : b.value - a.value) / (Double(b.time - a.time) / 1000)
            }
        ),
        (
            "sum_over_time",
            { window, _, _ in
                window.map(\.value).reduce(0, +)
            }
        ),
    ]

    private static func extrapolated(
        _ window: [(time: Int64, value: Double)], _ start: Int64, _ end: Int64, isCounter: Bool
    ) -> (total: Double, range: Int64)? {
        guard window.count > 1, let first = window.first, let last = window.last else { return nil }
        var total = last.value - first.value
        if isCounter {
            for (a, b) in zip(window, window.dropFirst()) where b.value < a.value { total += a.value }
        }
        let covered = Double(last.time - first.time) / 1000
        let average = covered / Double(window.count - 1)
        var before = Double(first.time - start) / 1000
        var after = Double(end - last.time) / 1000
        if before >= average * 1.1 { before = average / 2 }
        if after >= average * 1.1 { after = average / 2 }
        if isCounter, total > 0, first.value >= 0 { before = min(before, covered * (first.value / total)) }
        return (total * ((covered + before + after) / covered), end - start)
    }
}
