import ApusExposition
import ApusModel
import ApusTestKit
import Testing

@Suite struct ExpositionWriterTests {
    private let families: [MetricFamily] = [
        MetricFamily(
            name: "requests_total", metadata: MetricMetadata(kind: .counter, help: "All \"requests\"\nso far \\o/"),
            samples: [
                .init(
                    labels: ["path": "/a\"b\\c\nd"], value: 1e6,
                    exemplar: .init(labels: ["trace": "x"], value: 0.5, time: 1500)),
                .init(suffix: "_created", labels: ["path": "/a\"b\\c\nd"], value: 1.5, time: 2000),
            ]),
        MetricFamily(
            name: "latency_seconds", metadata: MetricMetadata(kind: .histogram, unit: "seconds"),
            samples: [
                .init(suffix: "_bucket", labels: ["le": "0.5"], value: 3),
                .init(suffix: "_bucket", labels: ["le": "+Inf"], value: 4),
                .init(suffix: "_sum", value: 1.25, time: 1234), .init(suffix: "_count", value: 4),
            ]),
        MetricFamily(
            name: "build", metadata: MetricMetadata(kind: .info), samples: [.init(labels: ["version": "1"], value: 1)]),
        MetricFamily(
            name: "my.metric", metadata: MetricMetadata(kind: .gauge, help: "Dotted"),
            samples: [.init(labels: ["a.b": "c"], value: -.infinity), .init(value: .nan)]),
    ]

    @Test func `writes the text format`() {
        let page = String(decoding: ExpositionWriter.page(families, format: .text), as: UTF8.self)
        #expect(
            page == #"""
                # HELP requests_total All "requests"\nso far \\o/
                # TYPE requests_total counter
                requests_total{path="/a\"b\\c\nd"} 1e+06
                # TYPE requests_created gauge
                requests_created{path="/a\"b\\c\nd"} 1.5 2000
                # TYPE latency_seconds histogram
                latency_seconds_bucket{le="0.5"} 3
                latency_seconds_bucket{le="+Inf"} 4
                latency_seconds_sum 1.25 1234
                latency_seconds_count 4
                # TYPE build_info gauge
                build_info{version="1"} 1
                # HELP "my.metric" Dotted
                # TYPE "my.metric" gauge
                {"my.metric","a.b"="c"} -Inf
                {"my.metric"} NaN

                """#)
    }

    @Test func `writes OpenMetrics`() {
        let page = String(decoding: ExpositionWriter.page(families, format: .openMetrics), as: UTF8.self)
        #expect(
            page == #"""
                # TYPE requests counter
                # HELP requests All \"requests\"\nso far \\o/
                requests_total{path="/a\"b\\c\nd"} 1e+06 # {trace="x"} 0.5 1.500
                requests_created{path="/a\"b\\c\nd"} 1.5 2
                # TYPE latency_seconds histogram
                # UNIT latency_seconds seconds
                latency_seconds_bucket{le="0.5"} 3
                latency_seconds_bucket{le="+Inf"} 4
                latency_seconds_sum 1.25 1.234
                latency_seconds_count 4
                # TYPE build info
                build_info{version="1"} 1
                # TYPE "my.metric" gauge
                # HELP "my.metric" Dotted
                {"my.metric","a.b"="c"} -Inf
                {"my.metric"} NaN
                # EOF

                """#)
    }

    @Test func `leaves out exemplars that are too long, and units that are not in the name`() {
        let long = MetricFamily.Exemplar(labels: ["trace": String(repeating: "é", count: 124)], value: 1)
        let family = MetricFamily(
            name: "a", metadata: MetricMetadata(kind: .counter, unit: "bytes"),
            samples: [.init(value: 1, exemplar: long)])
        let page = ExpositionWriter.page([family], format: .openMetrics)
        #expect(String(decoding: page, as: UTF8.self) == "# TYPE a counter\na_total 1\n# EOF\n")
    }

    @Test(arguments: UInt64(0)..<64, ExpositionFormat.allCases)
    func `what is written is read again`(seed: UInt64, format: ExpositionFormat) throws {
        var random = SeededGenerator(seed: seed)
        var families: [MetricFamily] = []
        let pieces = ["a", "B", "_", "9", ".", "é", "\"", "\\", "\n", " ", "{", "=", ",", "#", "😀", "le"]
        let text = { (r: inout SeededGenerator) in
            (0..<Int.random(in: 1...12, using: &r)).map { _ in pieces.randomElement(using: &r) ?? "" }.joined()
        }
        var expected: [(Labels, Double, Int64)] = []
        for i in 0..<10 {
            let name = "m\(i)" + text(&random)
            var family = MetricFamily(name: name, metadata: MetricMetadata(kind: .gauge, help: text(&random)))
            for _ in 0..<5 {
                let labels = Labels(
                    (0..<Int.random(in: 0...5, using: &random)).map { _ in (text(&random), text(&random)) })
                let value = Double(bitPattern: random.next())
                let time =
                    Bool.random(using: &random) ? Int64.random(in: -1_000_000...2_000_000_000_000, using: &random) : nil
                family.samples.append(.init(labels: labels, value: value, time: time))
                var full = LabelsBuilder(labels)
                full.set("__name__", name)
                expected.append((full.build(), value, time ?? 42))
            }
            families.append(family)
        }
        var parser = ExpositionParser()
        var batch = WriteBatch()
        _ = try parser.parse(ExpositionWriter.page(families, format: format), format: format, time: 42, into: &batch)
        #expect(batch.series.map(\.labels) == expected.map(\.0))
        #expect(zip(batch.values, expected).allSatisfy { $0 == $1.1 || ($0.isNaN && $1.1.isNaN) })
        #expect(batch.times == expected.map(\.2))
        #expect(batch.metadata.map(\.1) == families.map(\.metadata))
        #expect(batch.metadata.map(\.metric) == families.map(\.name))
    }

    @Test(
        arguments: [
            (nil, .text), ("", .text), ("*/*", .text), ("text/plain", .text), ("application/json", .text),
            ("application/openmetrics-text", .openMetrics), ("application/openmetrics-text;version=2.0.0", .text),
            (ExpositionFormat.accept, .openMetrics),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.6",
                .text
            ),
            ("application/openmetrics-text; version=\"1.0.0\"; charset=utf-8, text/plain;q=0.9", .openMetrics),
            ("application/openmetrics-text;q=0,text/plain;q=0.1", .text), ("application/openmetrics-text;q=0", .text),
            ("text/plain,application/openmetrics-text;version=0.0.1", .openMetrics), ("text/html,*/*;q=0.8", .text),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2",
                .openMetrics
            ),
            ("APPLICATION/OpenMetrics-Text;Q=1", .openMetrics), (";;,,;q=x", .text),
        ] as [(String?, ExpositionFormat)])
    func `answers in the format that the client likes best`(accept: String?, format: ExpositionFormat) {
        #expect(ExpositionFormat.negotiated(accept: accept) == format)
    }

    @Test func `knows a page by its content type`() {
        for format in ExpositionFormat.allCases { #expect(ExpositionFormat(contentType: format.contentType) == format) }
        #expect(ExpositionFormat(contentType: nil) == .text)
        #expect(ExpositionFormat(contentType: "text/plain; version=1.0.0") == .text)
        #expect(ExpositionFormat(contentType: "text/html") == nil)
    }
}
