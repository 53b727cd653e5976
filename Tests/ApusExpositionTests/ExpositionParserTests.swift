import ApusExposition
import ApusModel
import ApusTestKit
import Testing

@Suite struct ExpositionParserTests {
    private func parse(
        _ page: String, _ format: ExpositionFormat = .text, options: ExpositionParser.Options = .init()
    ) throws(ExpositionError) -> (batch: WriteBatch, summary: ExpositionSummary) {
        var parser = ExpositionParser(options: options)
        var batch = WriteBatch()
        let summary = try parser.parse(Array(page.utf8), format: format, time: 99, into: &batch)
        return (batch, summary)
    }

    /// A line, and the series, value and time that it means.
    struct Line: Sendable, CustomTestStringConvertible {
        var text: String
        var labels: Labels
        var value: Double
        var time: Int64
        var testDescription: String { text }

        init(_ text: String, _ labels: Labels, _ value: Double, _ time: Int64 = 99) {
            self.text = text
            self.labels = labels
            self.value = value
            self.time = time
        }
    }

    static let both: [Line] = [
        .init("up 1", ["__name__": "up"], 1), .init("a:b_C9 -2.5", ["__name__": "a:b_C9"], -2.5),
        .init("up{} 1", ["__name__": "up"], 1), .init("up{job=\"x\"} 3e4", ["__name__": "up", "job": "x"], 3e4),
        .init("up{job=\"x\",} 1", ["__name__": "up", "job": "x"], 1),
        .init("up{z=\"1\",a=\"2\",m=\"3\"} 1", ["__name__": "up", "a": "2", "m": "3", "z": "1"], 1),
        .init(
            "up{Zone=\"1\",a=\"2\",_A=\"3\",_b=\"4\"} 1",
            ["__name__": "up", "Zone": "1", "a": "2", "_A": "3", "_b": "4"], 1),
        .init("up{empty=\"\",a=\"b\"} 1", ["__name__": "up", "a": "b"], 1),
        .init("up{a=\"q\\\"q\\\\b\\nn\\t\"} 1", ["__name__": "up", "a": "q\"q\\b\nn\\t"], 1),
        .init("up{a=\"{},= #\"} 1", ["__name__": "up", "a": "{},= #"], 1),
        .init("up{ä=\"b\"} 1".replacing("ä", with: "\"ä\""), ["__name__": "up", "ä": "b"], 1),
        .init("{\"my.metric\"} 1", ["__name__": "my.metric"], 1),
        .init("{\"my.metric\",\"l.b\"=\"x\",c=\"d\"} 1", ["__name__": "my.metric", "l.b": "x", "c": "d"], 1),
        .init("{a=\"b\",\"my \\\"metric\\\"\"} 1", ["__name__": "my \"metric\"", "a": "b"], 1),
        .init("up{\"a\\\\b\"=\"c\"} 1", ["__name__": "up", "a\\b": "c"], 1),
        .init("up +Inf", ["__name__": "up"], .infinity), .init("up -inf", ["__name__": "up"], -.infinity),
        .init("up 0.1", ["__name__": "up"], 0.1), .init("up .5", ["__name__": "up"], 0.5),
        .init("up 5.", ["__name__": "up"], 5),
        .init("up 17.30000000000000123456", ["__name__": "up"], 17.3),
        .init("up 1.7976931348623157e308", ["__name__": "up"], 1.7976931348623157e308),
        .init(
            "long{a=\"\(String(repeating: "v", count: 300))\"} 1",
            ["__name__": "long", "a": String(repeating: "v", count: 300)], 1),
        .init("\(String(repeating: "n", count: 200)) 1", ["__name__": String(repeating: "n", count: 200)], 1),
    ]

    @Test(arguments: both, ExpositionFormat.allCases)
    func `reads a line`(_ line: Line, _ format: ExpositionFormat) throws {
        let (batch, summary) = try parse(line.text + "\n" + (format == .text ? "" : "# EOF"), format)
        #expect(batch.series.map(\.labels) == [line.labels])
        #expect(batch.values == [line.value] && batch.times == [line.time])
        #expect(summary.sampleCount == 1)
    }

    static let textOnly: [Line] = [
        .init("  up \t 1 \t 1500 \t", ["__name__": "up"], 1, 1500),
        .init("up { a = \"b\" , c = \"d\" } 1", ["__name__": "up", "a": "b", "c": "d"], 1),
        .init("up 1 -7", ["__name__": "up"], 1, -7), .init("up{a=\"b\"}1", ["__name__": "up", "a": "b"], 1),
        .init("up{a=\"b\" c=\"d\"} 1", ["__name__": "up", "a": "b", "c": "d"], 1),
        .init("up{a=\"b\nc\"} 1", ["__name__": "up", "a": "b\nc"], 1),
        .init("\n\n # a comment\n#TYPE up what\n# TYPEup\nup 1", ["__name__": "up"], 1),
        .init("up 1 9223372036854775807", ["__name__": "up"], 1, .max),
    ]

    @Test(arguments: UInt64(0)..<8)
    func `reads any number as the C library does`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var numbers = [
            "0", "-0", "00012", "9007199254740993", "9007199254740992.5", "18446744073709551615",
            "18446744073709551616",
        ]
        numbers += [
            "4.9e-324", "2e-324", "2.2250738585072011e-308", "2.2250738585072014e-308", "1e-400", "0e999999999999",
            "1.7976931348623158e308",
        ]
        numbers += [
            "7.3177701707893310e15", "5e-1", "8.5", "1e22", "1e23", "123456789012345678e-20",
            "0.000000000000000000000000000000123",
        ]
        for round in 0..<3000 {
            let value = Double(bitPattern: random.next())
            let digits = String(random.next() >> UInt64.random(in: 0..<64, using: &random))
            switch round % 3 {
            case 0 where value.isFinite: numbers.append(value.description)
            case 1: numbers.append("\(digits)e\(Int.random(in: -330...285, using: &random))")
            default: numbers.append("\(digits).\(random.next() >> 40)")
            }
        }
        let page = numbers.map { "m \($0)\n" }.joined()
        let (batch, _) = try parse(page)
        #expect(batch.values.map(\.bitPattern) == numbers.map { Double($0)?.bitPattern })
    }

    @Test(arguments: textOnly)
    func `the text format is generous with blanks`(_ line: Line) throws {
        for end in ["", "\n", "\n\n"] {
            let (batch, _) = try parse(line.text + end)
            #expect(batch.series.map(\.labels) == [line.labels])
            #expect(batch.values == [line.value] && batch.times == [line.time])
        }
    }

    @Test(arguments: [
        Line("up 1 1.5", ["__name__": "up"], 1, 1500), Line("up 1 -0.001", ["__name__": "up"], 1, -1),
        Line("up 1 1520879607.789", ["__name__": "up"], 1, 1_520_879_607_789),
        Line("up_total 1 # {trace=\"x\"} 0.5", ["__name__": "up_total"], 1),
        Line("up_total 1 2 # {} 0.5 3.5", ["__name__": "up_total"], 1, 2000),
    ])
    func `OpenMetrics has seconds and exemplars`(_ line: Line) throws {
        let (batch, summary) = try parse(line.text + "\n# EOF\n", .openMetrics)
        #expect(batch.series.map(\.labels) == [line.labels])
        #expect(batch.values == [line.value] && batch.times == [line.time])
        #expect(summary.exemplarCount == (line.text.contains("#") ? 1 : 0))
    }

    @Test func `keeps what is declared of a family`() throws {
        let text =
            "# HELP a One \\\\ two\\nthree \\\" four\n# TYPE a counter\na 1\n# TYPE \"b.c\" untyped\n# HELP \"b.c\"\n# UNIT a x\n"
        let (batch, _) = try parse(text)
        #expect(batch.metadata.map(\.metric) == ["a", "b.c"])
        #expect(
            batch.metadata.map(\.1) == [
                .init(kind: .counter, help: "One \\ two\nthree \\\" four"), .init(kind: .unknown),
            ])
        let open =
            "# TYPE a_seconds gaugehistogram\n# UNIT a_seconds seconds\n# HELP a_seconds Say \\\"hi\\\" \n# EOF\n"
        #expect(
            try parse(open, .openMetrics).batch.metadata.map(\.1) == [
                .init(kind: .gaugehistogram, help: "Say \"hi\" ", unit: "seconds")
            ])
        var options = ExpositionParser.Options()
        options.readsMetadata = false
        #expect(try parse(text, options: options).batch.metadata.isEmpty)
    }

    @Test func `writes le and quantile as floats, as Prometheus 3 stores them`() throws {
        let page = """
            # TYPE h histogram
            h_bucket{le="1",x="1"} 1
            h_bucket{le="1e6"} 1
            h_bucket{le="+Inf"} 1
            h_bucket{le="odd"} 1
            # TYPE s summary
            s{quantile="0",le="1"} 1
            # TYPE g gauge
            g{le="1"} 1
            """
        let labels = try parse(page).batch.series.map { $0.labels?["le"] ?? $0.labels?["quantile"] }
        #expect(labels == ["1.0", "1e+06", "+Inf", "odd", "1", "1"])
        #expect(try parse(page).batch.series[4].labels?["quantile"] == "0.0")
        var options = ExpositionParser.Options()
        options.normalizesBucketLabels = false
        #expect(try parse(page, options: options).batch.series[0].labels?["le"] == "1")
    }

    @Test func `passes over times when told so`() throws {
        var options = ExpositionParser.Options()
        options.honorsTimestamps = false
        let (batch, summary) = try parse("a 1 5\nb 2\n", options: options)
        #expect(batch.times == [99, 99])
        #expect(summary.timestampedSampleCount == 1)
    }

    @Test(arguments: [
        ("up", 1), ("up \n", 1), ("a 1\nup x\n", 2), ("a 1\nb 2\n3up 1", 3), ("up{ 1", 1), ("up{a} 1", 1),
        ("up{a=b} 1", 1),
        ("up{a=\"b} 1", 1), ("up{a=\"b\"", 1), ("up{a=\"b\\", 1), ("up{1a=\"b\"} 1", 1), ("up{a:b=\"c\"} 1", 1),
        ("{a=\"b\"} 1", 1),
        ("up{\"other\"} 1", 1), ("{\"a\",\"b\"} 1", 1), ("up 1 1.5", 1), ("up 1 2 3", 1),
        ("up 1 99999999999999999999", 1),
        ("up 1x", 1), ("up 0x10", 1), ("up 1_000", 1), ("up 1e", 1), ("up 1e400", 1), ("up -nan", 1),
        ("up 1 # {} 1", 1), ("é 1", 1),
        ("up-down 1", 1), ("# TYPE up what\n", 1), ("# HELP  \n", 1), ("a 1\n# TYPE 1a gauge\n", 2),
        ("up{a=\"b\"}} 1", 1), (",", 1), ("up{,} 1", 1),
        ("# HELP a \u{0}\n\nup", 3),
    ])
    func `says on which line a page is bad, and takes nothing of it`(page: String, line: Int) throws {
        var parser = ExpositionParser()
        var batch = WriteBatch()
        batch.append(["__name__": "before"], time: 1, value: 1)
        let error = try #require(throws: ExpositionError.self) {
            try parser.parse(Array(page.utf8), format: .text, time: 1, into: &batch)
        }
        #expect(error.line == line)
        #expect(batch.entries.count == 1 && batch.times.count == 1 && batch.values.count == 1 && batch.metadata.isEmpty)
        #expect(batch.series[0].labels == ["__name__": "before"])
    }

    @Test(arguments: [
        ("", 1), ("up 1\n", 2), ("up 1", 1), ("# EOF\nup 1\n", 2), ("# EOF ", 1), ("up  1\n# EOF", 1),
        (" up 1\n# EOF", 1), ("\n# EOF", 1),
        ("up 1 \n# EOF", 1), ("up{a=\"b\", c=\"d\"} 1\n# EOF", 1), ("up{a=\"b\"c=\"d\"} 1\n# EOF", 1),
        ("# a comment\n# EOF", 1), ("# TYPE a_b gauge\n# UNIT a_b c\n# EOF", 2),
        ("up 1 nan\n# EOF", 1), ("up 1 1e300\n# EOF", 1), ("up 1 # {a=\"b\"}\n# EOF", 1),
        ("up 1 # {\"a\"} 1\n# EOF", 1), ("up 1 #\n# EOF", 1), ("# TYPE a gauge", 1),
        ("# HELP a\n# EOF", 1), ("up{a=\"b\nc\"} 1\n# EOF", 1), ("#EOF", 1),
    ])
    func `OpenMetrics is strict`(page: String, line: Int) throws {
        let error = try #require(throws: ExpositionError.self) { try parse(page, .openMetrics) }
        #expect(error.line == line)
    }

    @Test func `counts the good samples before the bad one`() throws {
        let error = try #require(throws: ExpositionError.self) { try parse("a 1\nb 2\nc d\n") }
        #expect(error.goodSampleCount == 2)
        #expect(error.description.contains("line 3"))
    }

    @Test func `checks suffixes when asked to`() throws {
        var options = ExpositionParser.Options()
        options.checksSuffixes = true
        let good =
            "# TYPE a counter\na_total 1\na_created 1\n# TYPE b histogram\nb_bucket{le=\"1\"} 1\nb_sum 1\n# TYPE c info\nc_info 1\n# EOF"
        #expect(try parse(good, .openMetrics, options: options).summary.sampleCount == 5)
        for bad in [
            "# TYPE a counter\na 1\n# EOF", "# TYPE a gauge\nb 1\n# EOF", "# TYPE a summary\na_bucket 1\n# EOF",
        ] {
            #expect(throws: ExpositionError.self) { try parse(bad, .openMetrics, options: options) }
            #expect(try parse(bad, .openMetrics).summary.sampleCount == 1)
        }
    }

    @Test func `keeps the limits`() throws {
        var options = ExpositionParser.Options()
        options.sampleCountMax = 2
        options.pageByteCountMax = 12
        #expect(try parse("a 1\nb 1\n", options: options).summary.sampleCount == 2)
        #expect(throws: ExpositionError.self) { try parse("a 1\nb 1\nc 1", options: options) }
        #expect(throws: ExpositionError.self) { try parse("a 1\nb 1\n\n\n\n\n\n\n\n\n", options: options) }
    }

    @Test func `sorts a line of very many labels`() throws {
        let line = "m{" + (0..<2000).reversed().map { "l\($0)=\"\($0)\"" }.joined(separator: ",") + "} 1"
        let labels = Labels([("__name__", "m")] + (0..<2000).map { ("l\($0)", "\($0)") })
        var options = ExpositionParser.Options()
        options.labelCountMax = 2000
        #expect(try parse(line, options: options).batch.bytes == labels.bytes)
        options.labelCountMax = 1999
        #expect(throws: ExpositionError.self) { try parse(line, options: options) }
    }

    @Test func `leaves duplicates for the store to refuse`() throws {
        for page in [
            "m{a=\"1\",a=\"2\"} 1", "m{b=\"0\",a=\"1\",a=\"2\"} 1", "m{__name__=\"n\"} 1",
            "{\"m\",\"a\"=\"1\",a=\"2\"} 1",
        ] {
            #expect(try parse(page).batch.series.map(\.labels) == [nil])
        }
    }

    @Test(arguments: UInt64(0)..<16)
    func `damaged pages give an error or a sound batch`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let text = Array(
            "# HELP h Help\\n me\n# TYPE h histogram\nh_bucket{x=\"a\\\"b\",le=\"1\"} 17 1500\n{\"q.m\", \"l.b\"=\"x\"} 1e-7\n\nup{Z=\"é\"} +Inf\n"
                .utf8)
        let open = Array(
            "# TYPE a counter\n# HELP a x\na_total{a=\"b\",c=\"d\"} 1.5 1.25 # {t=\"x\"} 0.5 3\n{\"q.m\",\"l.b\"=\"x\"} NaN\n# EOF\n"
                .utf8)
        var parser = ExpositionParser()
        var batch = WriteBatch()
        for round in 0..<3000 {
            batch.removeAll()
            let format: ExpositionFormat = round % 2 == 0 ? .text : .openMetrics
            let page = random.mutated(round % 2 == 0 ? text : open)
            guard let summary = try? parser.parse(page, format: format, time: 1, into: &batch) else {
                #expect(batch.entries.isEmpty && batch.bytes.isEmpty && batch.times.isEmpty && batch.metadata.isEmpty)
                continue
            }
            #expect(batch.entries.count == summary.sampleCount && batch.times.count == batch.entries.count)
            for entry in batch.entries {
                var cursor = LabelCursor(offset: entry.labels.lowerBound, end: entry.labels.upperBound)
                let span = batch.bytes.span
                while let label = cursor.next(span) {
                    #expect(label.value.upperBound == cursor.offset && !label.value.isEmpty)
                }
                #expect(cursor.offset == entry.labels.upperBound)
            }
        }
    }
}
