import ApusInstruments
import ApusTestKit
import Testing

@Suite struct NameTests {
    @Test(arguments: [
        ("http.requests", "http_requests"), ("9lives", "_9lives"), ("", "_"), ("a:b", "a:b"), ("größe", "gr__e"), ("a b", "a_b"),
        ("x_total", "x_total"), ("🐦", "_"),
    ])
    func `metric names become such as Prometheus knows`(given: String, expected: String) {
        let registry = InstrumentRegistry()
        registry.gauge(given).with().set(1.0)
        #expect(registry.values() == [expected: 1])
    }

    @Test(
        arguments: [
            ([("a.b", "1")], #"{a_b="1"}"#), ([("9", "1")], #"{_9="1"}"#), ([("", "1")], #"{_="1"}"#),
            ([("__name__", "1")], #"{_name__="1"}"#), ([("a:b", "1")], #"{a_b="1"}"#), ([("a", "")], ""),
            ([("a", "1"), ("a", "2")], #"{a="2"}"#), ([("a_b", "1"), ("a.b", "2")], #"{a_b="2",a_b_="1"}"#),
            ([("b", "1"), ("a", "2")], #"{a="2",b="1"}"#),
        ] as [([(String, String)], String)])
    func `label names become such as Prometheus knows`(given: [(String, String)], expected: String) {
        let registry = InstrumentRegistry()
        let family = registry.gauge("x")
        family.with(given).set(1.0)
        #expect(registry.values() == ["x" + expected: 1])
        #expect(family.with(given) === family.with(given.reversed().reversed()))
        #expect(registry.seriesCount == 1)
    }

    @Test func `the order of labels does not matter`() {
        let family = InstrumentRegistry().counter("x")
        let series = family.with([("a", "1"), ("b", "2"), ("c", "3")])
        #expect(family.with([("c", "3"), ("a", "1"), ("b", "2")]) === series)
        #expect(family.with([("a", "2"), ("b", "1"), ("c", "3")]) !== series)
        #expect(family.with([("a", "1"), ("b", "2")]) !== series)
    }

    @Test func `names that were changed lead to the same series as those that needed no change`() {
        let registry = InstrumentRegistry()
        let plain = registry.counter("a_b_total").with([("c_d", "1")])
        #expect(registry.counter("a.b").with([("c.d", "1")]) === plain)
        #expect(registry.counter("a-b").with([("c-d", "1"), ("none", "")]) === plain)
    }

    @Test func `kinds that would share a name or a line get names of their own`() {
        let registry = InstrumentRegistry()
        registry.counter("x").with().increment()
        registry.gauge("x").with().set(2.0)
        registry.gauge("x_total").with().set(3.0)
        registry.histogram("h", bounds: []).with().observe(1)
        registry.counter("h_count").with().increment()
        registry.summary("h_sum").with().observe(1)
        let names = registry.snapshot().map(\.name)
        #expect(names == ["h", "h_count_counter", "h_sum_summary", "x", "x_gauge", "x_total_gauge"])
    }

    @Test func `beyond the limit label sets are counted together and no count is lost`() {
        var options = InstrumentRegistry.Options()
        options.seriesMaxPerFamily = 10
        options.familyMax = 3
        let registry = InstrumentRegistry(options: options)
        let family = registry.counter("x")
        for i in 0..<100 { family.with([("i", "\(i)")]).increment() }
        #expect(registry.seriesCount == 11)
        #expect(registry.values()[#"x_total{overflow="__other__"}"#] == 90)
        #expect(registry.foldedCounts == ["x": 90])
        for i in 0..<50 { registry.gauge("g\(i)").with().set(1.0) }
        #expect(registry.snapshot().map(\.name) == ["g0", "g1", "other_gauge", "x"])
    }

    @Test(arguments: UInt64(0)..<50)
    func `any names and labels give a page of well-formed lines`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let registry = InstrumentRegistry()
        let sample = Array("http.requests__total{le=\"x\\\n\",quantile}ü🐦\0 9".utf8)
        func text() -> String {
            String(decoding: random.mutated(sample).shuffled(using: &random).prefix(Int.random(in: 0...12, using: &random)), as: UTF8.self)
        }
        for _ in 0..<400 {
            let labels = (0..<Int.random(in: 0...4, using: &random)).map { _ in (text(), text()) }
            let name = text()
            switch Int.random(in: 0..<6, using: &random) {
            case 0: registry.counter(name, help: text(), unit: text()).with(labels).increment()
            case 1: registry.gauge(name, help: text()).with(labels).set(Double.random(in: -1e20...1e20, using: &random))
            case 2: registry.histogram(name, bounds: [1, .nan, .infinity]).with(labels).observe(2)
            case 3: registry.summary(name).with(labels).observe(Double(bitPattern: random.next()))
            case 4: registry.exponentialHistogram(name).with(labels).observe(Double(bitPattern: random.next()))
            default: registry.timer(name).with(labels).recordNanoseconds(Int64(truncatingIfNeeded: random.next()))
            }
        }
        var seen: Set<Substring> = []
        for line in String(decoding: registry.page(.text), as: UTF8.self).split(separator: "\n") where !line.hasPrefix("# ") {
            #expect(isLine(line), "\(line)")
            let end = line.lastIndex(of: " ")!
            #expect(seen.insert(line[..<end]).inserted, "twice: \(line)")
        }
        #expect(registry.page(.json).count > 0 && registry.page(.csv).count > 0 && registry.page(.openMetrics).count > 0)
    }

    /// `name{label="value",…} number`, by a reading of its own.
    private func isLine(_ line: Substring) -> Bool {
        let bytes = Array(line.utf8)
        var at = 0
        func isLetter(_ byte: UInt8) -> Bool { (byte | 32 >= 97 && byte | 32 <= 122) || byte == 95 }
        func isNameByte(_ byte: UInt8) -> Bool { isLetter(byte) || (byte >= 48 && byte <= 58) }
        func name() -> Bool {
            guard at < bytes.count, isLetter(bytes[at]) || bytes[at] == 58 else { return false }
            while at < bytes.count, isNameByte(bytes[at]) { at += 1 }
            return true
        }
        guard name(), at < bytes.count else { return false }
        if bytes[at] == UInt8(ascii: "{") {
            repeat {
                at += 1
                guard name(), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "="), bytes[at + 1] == UInt8(ascii: "\"") else { return false }
                at += 2
                while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
                at += 1
            } while at < bytes.count && bytes[at] == UInt8(ascii: ",")
            guard at < bytes.count, bytes[at] == UInt8(ascii: "}") else { return false }
            at += 1
        }
        guard at < bytes.count, bytes[at] == UInt8(ascii: " ") else { return false }
        return Double(String(decoding: bytes[(at + 1)...], as: UTF8.self).replacing("Inf", with: "inf").replacing("NaN", with: "nan")) != nil
    }
}
