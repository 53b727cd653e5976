import ApusInstruments
import ApusModel
import Foundation
import Testing

@Suite struct OutputTests {
    private let registry: InstrumentRegistry = {
        let registry = InstrumentRegistry()
        let orders = registry.counter("shop_orders_total", help: "Orders \"taken\",\nall of them \\o/")
        orders.with([("country", "ch"), ("app", "a\"b\\c\nd")]).increment(by: 3)
        orders.with([("app", "b"), ("empty", "")]).increment(by: 1.5)
        registry.gauge("queue_depth").with().set(-2.5)
        let sizes = registry.histogram("body_size_bytes", help: "Sizes.", unit: "bytes", bounds: [1, 0.25, .nan, 1])
        for size in [0.25, 0.5, 1, 7] { sizes.with([("le", "mine"), ("method", "GET")]).observe(size) }
        let timer = registry.timer("wait_seconds", bounds: [0.005, 1]).with()
        for nanoseconds in [5_000_000, 5_000_001, 2_000_000_000] as [Int64] { timer.recordNanoseconds(nanoseconds) }
        let summary = registry.summary("latency", quantiles: [0.5, 0.99])
        summary.with([("quantile", "mine")]).observe(0)
        let exponential = registry.exponentialHistogram("bytes", resolution: 0).with()
        for value in [0, 3, 4, 100] as [Double] { exponential.observe(value) }
        _ = registry.counter("unused")
        return registry
    }()

    private func page(_ format: PageFormat) -> String { String(decoding: registry.page(format), as: UTF8.self) }

    @Test func `writes Prometheus's text format`() {
        #expect(
            page(.text) == #"""
                # HELP body_size_bytes Sizes.
                # TYPE body_size_bytes histogram
                body_size_bytes_bucket{exported_le="mine",method="GET",le="0.25"} 1
                body_size_bytes_bucket{exported_le="mine",method="GET",le="1"} 3
                body_size_bytes_bucket{exported_le="mine",method="GET",le="+Inf"} 4
                body_size_bytes_sum{exported_le="mine",method="GET"} 8.75
                body_size_bytes_count{exported_le="mine",method="GET"} 4
                # TYPE bytes histogram
                bytes_bucket{le="0"} 1
                bytes_bucket{le="2"} 1
                bytes_bucket{le="4"} 3
                bytes_bucket{le="64"} 3
                bytes_bucket{le="128"} 4
                bytes_bucket{le="+Inf"} 4
                bytes_sum 107
                bytes_count 4
                # TYPE latency summary
                latency{exported_quantile="mine",quantile="0.5"} 0
                latency{exported_quantile="mine",quantile="0.99"} 0
                latency_sum{exported_quantile="mine"} 0
                latency_count{exported_quantile="mine"} 1
                # TYPE queue_depth gauge
                queue_depth -2.5
                # HELP shop_orders_total Orders "taken",\nall of them \\o/
                # TYPE shop_orders_total counter
                shop_orders_total{app="a\"b\\c\nd",country="ch"} 3
                shop_orders_total{app="b"} 1.5
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.005"} 1
                wait_seconds_bucket{le="1"} 2
                wait_seconds_bucket{le="+Inf"} 3
                wait_seconds_sum 2.010000001
                wait_seconds_count 3

                """#)
    }

    @Test func `writes OpenMetrics`() {
        let registry = InstrumentRegistry()
        registry.counter("orders", help: "Say \"hi\"\n\\.").with([("b", "2"), ("a", "1")]).increment()
        registry.histogram("size_bytes", unit: "bytes", bounds: [0.5]).with([("k", "v")]).observe(0.5)
        registry.gauge("speed", unit: "meters").with().set(.nan)
        registry.timer("wait_seconds", bounds: []).with().recordNanoseconds(1_500_000_000)
        #expect(
            String(decoding: registry.page(.openMetrics), as: UTF8.self) == #"""
                # HELP orders Say \"hi\"\n\\.
                # TYPE orders counter
                orders_total{a="1",b="2"} 1
                # TYPE size_bytes histogram
                # UNIT size_bytes bytes
                size_bytes_bucket{k="v",le="0.5"} 1
                size_bytes_bucket{k="v",le="+Inf"} 1
                size_bytes_sum{k="v"} 0.5
                size_bytes_count{k="v"} 1
                # TYPE speed gauge
                speed NaN
                # TYPE wait_seconds histogram
                # UNIT wait_seconds seconds
                wait_seconds_bucket{le="+Inf"} 1
                wait_seconds_sum 1.5
                wait_seconds_count 1
                # EOF

                """#)
    }

    @Test func `writes JSON`() {
        let registry = InstrumentRegistry()
        registry.counter("a", help: "say \"hi\"\t\u{1}").with([("x", "\"\n")]).increment()
        registry.gauge("b", unit: "meters").with().set(.nan)
        registry.gauge("c").with().set(.infinity)
        #expect(
            String(decoding: registry.page(.json), as: UTF8.self) == #"""
                {"families":[{"name":"a","type":"counter","help":"say \"hi\"\t\u0001","unit":"","samples":[{"name":"a_total","labels":{"x":"\"\n"},"value":1}]},{"name":"b","type":"gauge","help":"","unit":"meters","samples":[{"name":"b","labels":{},"value":"NaN"}]},{"name":"c","type":"gauge","help":"","unit":"","samples":[{"name":"c","labels":{},"value":"+Inf"}]}]}

                """#)
    }

    @Test func `writes CSV`() {
        let expected = [
            "name,type,unit,labels,value",
            #"a_total,counter,,"x=""\""y"",z=""1""",1"#,
            #"b,gauge,"me,ters",,2.5"#, "",
        ]
        let registry = InstrumentRegistry()
        registry.counter("a").with([("z", "1"), ("x", "\"y")]).increment()
        registry.gauge("b", unit: "me,ters").with().set(2.5)
        #expect(String(decoding: registry.page(.csv), as: UTF8.self) == expected.joined(separator: "\r\n"))
    }

    @Test func `gives a dictionary that agrees with the page line by line`() throws {
        var fromPage: [String: Double] = [:]
        for line in page(.text).split(separator: "\n") where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            // The page has `le` and `quantile` last; samples have their labels sorted.
            var name = String(line[..<space])
            if let start = name.range(of: #",le=""#) ?? name.range(of: #",quantile=""#), let brace = name.firstIndex(of: "{") {
                let last = name[name.index(after: start.lowerBound)..<name.index(before: name.endIndex)]
                let others = name[name.index(after: brace)..<start.lowerBound]
                let sorted = ([String(last)] + others.split(separator: ",").map(String.init)).sorted().joined(separator: ",")
                name = name[...brace] + sorted + "}"
            }
            fromPage[name] = Double(line[line.index(after: space)...].replacing("+Inf", with: "inf"))
        }
        #expect(registry.values() == fromPage)
    }

    @Test func `hands all values to a store`() {
        var batch = WriteBatch()
        let registry = InstrumentRegistry()
        registry.counter("a", help: "h").with([("job", "own")]).increment()
        registry.gauge("b").with().set(2.0)
        registry.append(to: &batch, at: 1000, labels: [("job", "shop")])
        var expected = WriteBatch()
        expected.append(["__name__": "a_total", "job": "own"], time: 1000, value: 1)
        expected.append(["__name__": "b", "job": "shop"], time: 1000, value: 2)
        #expect(batch.bytes == expected.bytes && batch.times == expected.times && batch.values == expected.values)
        #expect(batch.metadata.map(\.metric) == ["a", "b"])
    }
}
