import ApusPromQL
import ApusTestKit
import Testing

@Suite struct PrinterTests {
    /// Everything that the random queries use is enabled.
    static let options: ParserOptions = {
        var options = ParserOptions()
        options.allowsExperimentalFunctions = true
        options.allowsDurationExpressions = true
        return options
    }()

    @Test(arguments: UInt64(0)..<64)
    func `what is printed reads back as the same tree`(seed: UInt64) throws {
        var queries = RandomQuery(seed: seed)
        for _ in 0..<50 {
            let query = queries.next()
            let expression = try Parser.parse(query, options: Self.options)
            let once = expression.description
            #expect(try Parser.parse(once, options: Self.options).withoutSources == expression.withoutSources, "\(query)")
            let pretty = expression.prettyDescription
            #expect(try Parser.parse(pretty, options: Self.options).withoutSources == expression.withoutSources, "\(query)")
        }
    }

    @Test func `short expressions stay on one line`() throws {
        let query = "sum by (job) (rate(requests_total{code=~\"5..\"}[5m])) / sum by (job) (rate(requests_total[5m]))"
        #expect(try Parser.parse(query).prettyDescription == query)
    }

    @Test func `long expressions are split at operators, calls and parentheses`() throws {
        let query = """
            topk by (job) (10, (histogram_quantile(0.99, sum by (job, le) (rate(request_duration_seconds_bucket{code="200"}[5m])))
            - -quantile_over_time(0.5, very_long_metric_name_of_some_kind{environment="production"}[1h:1m] @ end() offset 1d)))
            """
        let expected = """
            topk by (job) (
              10,
              (
                  histogram_quantile(0.99, sum by (job, le) (rate(request_duration_seconds_bucket{code="200"}[5m])))
                -
                  -quantile_over_time(
                    0.5,
            very_long_metric_name_of_some_kind{environment="production"}[1h:1m] @ end() offset 1d
                  )
              )
            )
            """
        #expect(try Parser.parse(query).prettyDescription == expected)
    }

    @Test func `a long subquery is split inside`() throws {
        let name = String(repeating: "x", count: 60)
        let expression = try Parser.parse("max_over_time((\(name) > \(name))[1h:5m])")
        #expect(expression.prettyDescription == "max_over_time(\n  (\n      \(name)\n    >\n      \(name)\n  )[1h:5m]\n)")
    }

    @Test(arguments: [
        ("1", #"{"type":"numberLiteral","val":"1"}"#), ("-Inf", #"{"type":"numberLiteral","val":"-Inf"}"#),
        ("'a\"\\n<'", "{\"type\":\"stringLiteral\",\"val\":\"a\\\"\\u000a<\"}"),
        (
            "a{b!=\"c\"} offset -5s @ 1.5",
            #"{"matchers":[{"name":"b","type":"!=","value":"c"},{"name":"__name__","type":"=","value":"a"}],"name":"a","#
                + #""offset":-5000,"startOrEnd":null,"timestamp":1500,"type":"vectorSelector"}"#
        ),
        (
            "{a=~\"b\"}[1m] @ end()",
            #"{"matchers":[{"name":"a","type":"=~","value":"b"}],"name":"","offset":0,"range":60000,"startOrEnd":"end","#
                + #""timestamp":null,"type":"matrixSelector"}"#
        ),
        (
            "vector(1)[1m:1s]",
            #"{"expr":{"args":[{"type":"numberLiteral","val":"1"}],"func":{"argTypes":["scalar"],"name":"vector","#
                + #""returnType":"vector","variadic":0},"type":"call"},"offset":0,"range":60000,"startOrEnd":null,"step":1000,"#
                + #""timestamp":null,"type":"subquery"}"#
        ),
        (
            "(1) == bool -(2)",
            #"{"bool":true,"lhs":{"expr":{"type":"numberLiteral","val":"1"},"type":"parenExpr"},"matching":null,"op":"==","#
                + #""rhs":{"expr":{"expr":{"type":"numberLiteral","val":"2"},"type":"parenExpr"},"op":"-","type":"unaryExpr"},"#
                + #""type":"binaryExpr"}"#
        ),
        (
            "vector(1) / on (x) group_right (y) sum without (z) (vector(2))",
            #"{"bool":false,"lhs":{"args":[{"type":"numberLiteral","val":"1"}],"func":{"argTypes":["scalar"],"name":"vector","#
                + #""returnType":"vector","variadic":0},"type":"call"},"matching":{"card":"one-to-many","include":["y"],"labels":["x"],"#
                + #""on":true},"op":"/","rhs":{"expr":{"args":[{"type":"numberLiteral","val":"2"}],"func":{"argTypes":["scalar"],"#
                + #""name":"vector","returnType":"vector","variadic":0},"type":"call"},"grouping":["z"],"op":"sum","param":null,"#
                + #""type":"aggregation","without":true},"type":"binaryExpr"}"#
        ),
    ])
    func `the tree is given as JSON`(_ query: String, json: String) throws {
        #expect(String(decoding: try Parser.parse(query).syntaxTreeJSON, as: UTF8.self) == json)
    }
}
