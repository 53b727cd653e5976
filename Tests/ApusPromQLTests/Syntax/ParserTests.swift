import ApusPromQL
import ApusSelection
import Testing

/// What the parser accepts, seen through the printer: each row is a query and its normal form.
@Suite struct ParserTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var query: String
        var printed: String
        var type: ValueType

        init(_ query: String, _ printed: String? = nil, _ type: ValueType = .vector) {
            self.query = query
            self.printed = printed ?? query
            self.type = type
        }

        var testDescription: String { query }
    }

    static let numbers = [
        Example("1", "1", .scalar), Example("007", "7", .scalar), Example("010", "8", .scalar), Example("09.5", "9.5", .scalar),
        Example("0x1F", "31", .scalar), Example("0Xe", "14", .scalar), Example(".5", "0.5", .scalar), Example("5.", "5", .scalar),
        Example("1e3", "1000", .scalar), Example("1E-7", "0.0000001", .scalar), Example("2.5e+2", "250", .scalar),
        Example("1_000_000", "1000000", .scalar), Example("1_000.5", "1000.5", .scalar), Example("0x_f", "15", .scalar),
        Example("Inf", "+Inf", .scalar), Example("-iNF", "-Inf", .scalar), Example("NaN", "NaN", .scalar),
        Example("+3", "3", .scalar), Example("--3", "3", .scalar), Example("-0", "-0", .scalar),
        Example("99999999999999999999", "100000000000000000000", .scalar), Example("5m", "5m", .scalar),
        Example("1h30m", "1h30m", .scalar), Example("-90s", "-1m30s", .scalar), Example("1500ms", "1s500ms", .scalar),
        Example("365d", "1y", .scalar), Example("12w6d", "90d", .scalar), Example("0s", "0s", .scalar),
    ]

    static let strings = [
        Example("\"a\"", "\"a\"", .string), Example("'it''s'".replacing("''", with: "\\'"), "\"it's\"", .string),
        Example("`raw\\n`", "\"raw\\\\n\"", .string), Example("\"\\t\\x41\\102\\u00e9\\U0001F426\"", "\"\\tABé🐦\"", .string),
        Example("\"\\xff\"", "\"\\xff\"", .string), Example("'\"'", "\"\\\"\"", .string), Example("\"\u{ad}\"", "\"\\u00ad\"", .string),
    ]

    static let selectors = [
        Example("up"), Example("job:up:rate5m"), Example(":a"), Example("up{}", "up"), Example("up{job=\"a\"}"),
        Example("up{job='a',}", "up{job=\"a\"}"), Example("up { b !~ 'x|y' , a =~ `.+` }", "up{a=~\".+\",b!~\"x|y\"}"),
        Example("{__name__=~\"a.*\"}"), Example("{\"my.metric\"}", "{__name__=\"my.metric\"}"),
        Example("{\"my.metric\", \"la bel\"!=\"x\"}", "{\"la bel\"!=\"x\",__name__=\"my.metric\"}"),
        Example("up{on=\"a\",sum=\"b\",by=\"c\"}", "up{by=\"c\",on=\"a\",sum=\"b\"}"), Example("sum"), Example("offset offset 5m"),
        Example("by + without", "by + without"), Example("start"), Example("end{a=\"b\"}"), Example("and and and"),
        Example("unless unless or", "unless unless or"), Example("start @ start()"), Example("# before\nup # behind\n", "up"),
        Example("infinity"), Example("up offset 5m"), Example("up offset -1h30m"), Example("up offset 300", "up offset 5m"),
        Example("up offset 0", "up"), Example("up @ 12.3456", "up @ 12.346"), Example("up @ -5", "up @ -5.000"),
        Example("up @ 5m", "up @ 300.000"), Example("up offset 1d @ end()", "up @ end() offset 1d"),
        Example("up[5m]", nil, .matrix), Example("up[90]", "up[1m30s]", .matrix), Example("up[1.5]", "up[1s500ms]", .matrix),
        Example("up[ 5m ] offset 1w @ 7", "up[5m] @ 7.000 offset 1w", .matrix), Example("up[5m:]", nil, .matrix),
        Example("rate(up[1m])[1h:30s] @ start() offset 5m", nil, .matrix),
        Example("(up > 0)[10m:1m] offset -5m", nil, .matrix),
    ]

    static let operations = [
        Example("1+2*3^2^2", "1 + 2 * 3 ^ 2 ^ 2", .scalar), Example("-2^2", "-2 ^ 2", .scalar), Example("-a*b", "-a * b"),
        Example("a atan2 B ATAN2 c", "a atan2 B atan2 c"), Example("a == bool 1"), Example("1 < bool 2", nil, .scalar),
        Example("a>=b<=c!=d", "a >= b <= c != d"), Example("a or b and c unless d"), Example("a % on() b", "a % on () b"),
        Example("a + ignoring() b", "a + b"), Example("a / on(x) group_left b", "a / on (x) group_left () b"),
        Example("a * ignoring(x,y,) GROUP_RIGHT(z) b", "a * ignoring (x, y) group_right (z) b"),
        Example("a and on(\"l.m\") b", "a and on (\"l.m\") b"), Example("a == bool on(group_left, bool) b", "a == bool on (group_left, bool) b"),
        Example("(((a)))"), Example("+a"), Example("- - a", "--a"), Example("a - -1"), Example("(1)+(a)", "(1) + (a)"),
    ]

    static let calls = [
        Example("rate(up[5m])"), Example("time()", nil, .scalar), Example("pi ( )", "pi()", .scalar), Example("round(a,0.5)", "round(a, 0.5)"),
        Example("round(a)"), Example("hour()"), Example("vector(1)"), Example("scalar(a)", nil, .scalar),
        Example("label_join(a,'b','c')", "label_join(a, \"b\", \"c\")"), Example("clamp(a, -1, Inf)", "clamp(a, -1, +Inf)"),
        Example("sum(a)"), Example("sum by()(a)", "sum(a)"), Example("sum without()(a)", "sum without () (a)"),
        Example("SUM BY (a, b) (c)", "sum by (a, b) (c)"), Example("sum(c) by (a)", "sum by (a) (c)"),
        Example("topk without (a,) (5, b)", "topk without (a) (5, b)"), Example("count_values('v', a)", "count_values(\"v\", a)"),
        Example("quantile(0.9, a) by (offset, \"x y\")", "quantile by (offset, \"x y\") (0.9, a)"),
        Example("sum(rate(a[5m])) by (job) / on (job) count(b) by (job)", "sum by (job) (rate(a[5m])) / on (job) count by (job) (b)"),
    ]

    @Test(arguments: numbers + strings + selectors + operations + calls)
    func `reads and prints`(_ example: Example) throws {
        let expression = try Parser.parse(example.query)
        #expect(expression.description == example.printed)
        #expect(expression.valueType == example.type)
        #expect(try Parser.parse(expression.description).description == example.printed)
    }

    @Test func `experimental syntax is read when it is enabled`() throws {
        var options = ParserOptions()
        options.allowsExperimentalFunctions = true
        options.allowsDurationExpressions = true
        let examples = [
            ("mad_over_time(a[5m])", "mad_over_time(a[5m])"), ("limitk(2, a)", "limitk(2, a)"), ("info(a, {b=~\".*\"})", "info(a, {b=~\".*\"})"),
            ("a[1m+2m*2]", "a[1m + 2m * 2]"), ("a[(5m)]", "a[5m]"), ("a[5m:1h/4] offset -(1h+5m)", "a[5m:1h / 4] offset -(1h + 5m)"),
            ("a offset 2 ^ 2", "a offset 2s ^ 2"), ("a offset (2 ^ 2)", "a offset (2 ^ 2)"),
            ("a offset (1h) * 2", "a offset (1h * 2)"), ("a[(-2m)^2]", "a[(-2m) ^ 2]"), ("a offset --5m", "a offset 5m"),
        ]
        for (query, printed) in examples {
            let expression = try Parser.parse(query, options: options)
            #expect(expression.description == printed)
            #expect(try Parser.parse(printed, options: options).description == printed)
        }
    }

    @Test func `durations are computed`() throws {
        var options = ParserOptions()
        options.allowsDurationExpressions = true
        guard case .subquery(let subquery) = try Parser.parse("a[2*(1m+30s)%100 : 2^3] offset -(10/4)", options: options) else {
            Issue.record("no subquery")
            return
        }
        #expect(subquery.rangeMilliseconds == 80_000)
        #expect(subquery.stepMilliseconds == 8000)
        #expect(subquery.offsetMilliseconds == -2500)
    }

    @Test func `the tree holds what was written and where`() throws {
        guard case .aggregation(let sum) = try Parser.parse(" sum by (job) (rate(up{a=\"b\"}[5m] offset 1m)) "),
            case .call(let rate) = sum.expression, case .matrix(let matrix) = rate.arguments[0]
        else {
            Issue.record("not that tree")
            return
        }
        #expect(sum.source == 1..<45)
        #expect(sum.grouping == ["job"])
        #expect(rate.source == 15..<44)
        #expect(matrix.source == 20..<43)
        #expect(matrix.rangeMilliseconds == 300_000)
        #expect(matrix.selector.offsetMilliseconds == 60_000)
        #expect(matrix.selector.name == "up")
        #expect(matrix.selector.matchers.map(\.description) == ["a=\"b\"", "__name__=\"up\""])
    }

    @Test func `set operations match many to many and scalars match nothing`() throws {
        guard case .binary(let set) = try Parser.parse("a or b"), case .binary(let scalar) = try Parser.parse("a * 2") else {
            Issue.record("no operation")
            return
        }
        #expect(set.matching?.cardinality == .manyToMany)
        #expect(scalar.matching == nil)
    }

    @Test func `all selectors are found`() throws {
        let expression = try Parser.parse("sum(rate(a[5m])) / topk(scalar(b), {c=\"d\"} or max_over_time(e[1h:])) - -f")
        #expect(expression.selectors.map { $0.map(\.value) } == [["a"], ["b"], ["d"], ["e"], ["f"]])
    }
}

@Suite struct SelectorTests {
    @Test(arguments: [("up", 1), ("up{}", 1), ("{}", 0), ("{a=\"b\"}", 1), ("sum{a!=\"\",\"b c\"=~\"d\"}", 3), ("{\"x.y\"}", 1)])
    func `a lone selector gives its matchers`(_ text: String, count: Int) throws {
        #expect(try Parser.parseSelector(text).count == count)
    }

    @Test(arguments: [
        ("", "unknown position: parse error: unexpected end of input"), ("1", "1:1: parse error: unexpected number \"1\""),
        ("up[5m]", "1:3: parse error: unexpected \"[\""), ("up offset 5m", "1:4: parse error: unexpected <offset>"),
        ("up or b", "1:4: parse error: unexpected <op:or>"), ("rate(a)", "1:5: parse error: unexpected \"(\""),
        ("{a}", "1:3: parse error: unexpected \"}\" in label matching, expected label matching operator"),
    ])
    func `anything else is refused`(_ text: String, message: String) {
        let error = #expect(throws: ParseError.self) { try Parser.parseSelector(text) }
        #expect(error?.description == message)
    }

    @Test func `selectors of everything are told apart`() throws {
        #expect(Parser.isUnbounded(try Parser.parseSelector("{}")))
        #expect(Parser.isUnbounded(try Parser.parseSelector("{a=~\".*\",b!=\"c\"}")))
        #expect(!Parser.isUnbounded(try Parser.parseSelector("{a=~\".*\",b=\"c\"}")))
    }
}
