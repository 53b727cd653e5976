import ApusPromQL
import Testing

/// What the parser refuses, with Prometheus's words and positions.
@Suite struct ParserFaultTests {
    static let syntax = [
        ("", "unknown position: parse error: no expression found in input"),
        ("# nothing", "1:1: parse error: no expression found in input"),
        ("1 +", "1:4: parse error: unexpected end of input"),
        ("a b", "1:3: parse error: unexpected identifier \"b\""),
        ("a\n  b:c", "2:3: parse error: unexpected metric identifier \"b:c\""),
        ("a \"a long string\"", "1:3: parse error: unexpected string \"\\\"a long st\"..."),
        ("* 2", "1:1: parse error: unexpected <op:*>"), ("(a", "1:3: parse error: unclosed left parenthesis"),
        (">= 2", "1:1: parse error: unexpected <op:>=>"), ("a)", "1:3: parse error: unexpected right parenthesis ')'"),
        ("a]", "1:2: parse error: unexpected right bracket ']'"), ("a[[5m]", "1:3: parse error: unexpected character in duration expression: '['"),
        ("a[5m[", "1:5: parse error: unexpected left bracket '['"), ("a}", "1:2: parse error: unexpected character: '}'"),
        ("é", "1:1: parse error: unexpected character: 'é'"), ("a ~ b", "1:3: parse error: unexpected character: '~'"),
        ("a =~ b", "1:3: parse error: unexpected character after '=': '~'"), ("a ! b", "1:3: parse error: unexpected character after '!': ' '"),
        ("a = b", "1:3: parse error: unexpected \"=\""), ("on", "1:1: parse error: unexpected <on>"), ("a bool b", "1:3: parse error: unexpected <bool>"),
        ("a + group_left b", "1:5: parse error: unexpected <group_left>"), ("by(a)", "1:3: parse error: unexpected \"(\""),
        ("a:b(c)", "1:4: parse error: unexpected \"(\""), ("sum a", "1:5: parse error: unexpected identifier \"a\""),
        ("sum(a b)", "1:7: parse error: unexpected identifier \"b\" in aggregation"),
        ("sum(max(a) b)", "1:12: parse error: unexpected identifier \"b\" in aggregation"),
        ("sum by (a) b", "1:12: parse error: unexpected identifier \"b\" in aggregation"),
        ("sum(a) b", "1:8: parse error: unexpected identifier \"b\""), ("abs(a b)", "1:7: parse error: unexpected identifier \"b\""),
        ("abs(a,)", "1:6: parse error: trailing commas not allowed in function call args"), ("abs(,)", "1:5: parse error: unexpected \",\""),
        ("1 + sum(a) without a", "1:20: parse error: unexpected identifier \"a\" in grouping opts, expected \"(\""),
        ("sum by (,) (a)", "1:9: parse error: unexpected \",\" in grouping opts, expected label"),
        ("sum by (without) (a)", "1:9: parse error: unexpected <without> in grouping opts, expected label"),
        ("sum by (a b) (c)", "1:11: parse error: unexpected identifier \"b\" in grouping opts, expected \",\" or \")\""),
        ("sum by (\"\") (c)", "1:9: parse error: invalid label name for grouping: \"\""),
        ("a + on() group_left * b", "1:21: parse error: unexpected <op:*> in grouping opts, expected \"(\""),
    ]

    static let selectors = [
        ("a{", "1:3: parse error: unexpected end of input inside braces"), ("a{{}}", "1:3: parse error: unexpected left brace '{'"),
        ("a{,}", "1:3: parse error: unexpected \",\" in label matching, expected identifier or \"}\""),
        ("a{b,c}", "1:4: parse error: unexpected \",\" in label matching, expected label matching operator"),
        ("a{b=c}", "1:5: parse error: unexpected identifier \"c\" in label matching, expected string"),
        ("a{b=\"c\" d=\"e\"}", "1:9: parse error: unexpected identifier \"d\" in label matching, expected \",\" or \"}\""),
        ("a{1}", "1:3: parse error: unexpected character inside braces: '1'"),
        ("a{b!c}", "1:4: parse error: unexpected character after '!' inside braces: 'c'"),
        ("a{b=~\"(\"}", "1:3: parse error: error parsing regexp: missing closing ): `(`"),
        ("a{b=~\"*\"}", "1:3: parse error: error parsing regexp: missing argument to repetition operator: `*`"),
        ("a @ b", "1:5: parse error: unexpected identifier \"b\" in @, expected timestamp"),
        ("a @ start", "1:10: parse error: unexpected end of input in @, expected timestamp"),
        ("a @ 1e30", "1:1: parse error: timestamp out of bounds for @ modifier: 1000000000000000019884624838656.000000"),
        ("a @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"),
        ("1 @ 2", "1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a subquery"),
        ("a offset b", "1:10: parse error: unexpected identifier \"b\" in offset, expected number or duration"),
        ("a offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"),
        (
            "1 offset 2m",
            "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery"
        ),
        ("a offset 1000y", "1:10: parse error: duration out of range"), ("a offset Inf", "1:10: parse error: duration out of range"),
        ("a[", "1:3: parse error: unexpected end of input in duration expression"), ("a[5m", "1:5: parse error: unclosed left bracket"),
        ("a[]", "1:3: parse error: unexpected \"]\" in subquery selector, expected number or duration"),
        ("a[:5m]", "1:4: parse error: unexpected colon before duration in duration expression"),
        ("a[5m 6m]", "1:6: parse error: unexpected duration \"6m\" in subquery or range, expected \":\" or \"]\""),
        ("a[5m:1m 6m]", "1:9: parse error: unexpected duration \"6m\" in subquery selector, expected \"]\""),
        ("a[5m:(]", "1:7: parse error: unexpected \"]\" in subquery selector, expected number or duration or \"]\""),
        ("a[5m:1m:1m]", "1:8: parse error: unexpected colon ':'"), ("a[0]", "1:3: parse error: duration must be greater than 0"),
        ("a[-5m]", "1:3: parse error: duration must be greater than 0"), ("a[5m:0s]", "1:6: parse error: duration must be greater than 0"),
        ("(a)[5m]", "1:4: parse error: ranges only allowed for vector selectors"),
        ("a offset 5m[5m]", "1:12: parse error: no offset modifiers allowed before range"),
        ("a @ 5 [5m]", "1:7: parse error: no @ modifiers allowed before range"),
        ("a[5m+5m]", "1:3: parse error: experimental duration expression is not enabled"),
        ("a offset (5m)", "1:11: parse error: experimental duration expression is not enabled"),
    ]

    static let literals = [
        ("5mx", "1:1: parse error: bad number or duration syntax: \"5mx\""), ("1.2.3", "1:1: parse error: bad number or duration syntax: \"1.2.\""),
        ("1__0", "1:1: parse error: bad number or duration syntax: \"1__\""), ("1e", "1:1: parse error: bad number or duration syntax: \"1e\""),
        ("5q", "1:1: parse error: bad number or duration syntax: \"5\""), ("1h1d", "1:1: parse error: not a valid duration string: \"1h1d\""),
        ("5hs", "1:1: parse error: unknown unit \"hs\" in duration \"5hs\""),
        ("1e400", "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e400\": value out of range"),
        ("(1e)", "1:2: parse error: error parsing number: strconv.ParseFloat: parsing \"1e\": invalid syntax"),
        ("\"a", "1:1: parse error: unterminated quoted string"), ("'a\nb'", "1:1: parse error: unterminated quoted string"),
        ("`a", "1:1: parse error: unterminated raw string"), ("\"\\q\"", "1:1: parse error: unknown escape sequence U+0071 'q'"),
        ("\"\\xg0\"", "1:1: parse error: illegal character U+0067 'g' in escape sequence"),
        ("\"\\u12", "1:1: parse error: escape sequence not terminated"),
        ("\"\\ud800\"", "1:1: parse error: escape sequence is an invalid Unicode code point"),
        ("\"\\400\"", "1:1: parse error: escape sequence is an invalid Unicode code point"), ("\"\u{fffd}\"", "1:1: parse error: invalid UTF-8 rune"),
    ]

    static let types = [
        ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("{a=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("a{__name__=\"b\"}", "1:1: parse error: metric name must not be set twice: \"a\" or \"b\""),
        ("nothing(a)", "1:1: parse error: unknown function with name \"nothing\""),
        ("mad_over_time(a[5m])", "1:1: parse error: function \"mad_over_time\" is not enabled"),
        (
            "limitk(1, a)",
            "1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions"
        ),
        ("rate(a)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"),
        ("vector(a)", "1:8: parse error: expected type scalar in call to function \"vector\", got instant vector"),
        ("abs()", "1:1: parse error: expected 1 argument(s) in call to \"abs\", got 0"),
        ("round()", "1:1: parse error: expected at least 1 argument(s) in call to \"round\", got 0"),
        ("hour(a, b)", "1:1: parse error: expected at most 1 argument(s) in call to \"hour\", got 2"),
        ("label_join(a, \"b\", \"c\", d)", "1:25: parse error: expected type string in call to function \"label_join\", got instant vector"),
        ("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
        ("sum(a, b)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2"),
        ("topk(a)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"),
        ("sum(a[5m])", "1:5: parse error: expected type instant vector in aggregation expression, got range vector"),
        ("topk(a, b)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"),
        ("count_values(1, b)", "1:14: parse error: expected type string in aggregation parameter, got scalar"),
        ("-\"a\"", "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"string\""),
        ("a[5m][5m:]", "1:1: parse error: subquery is only allowed on instant vector, got matrix instead"),
        ("1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
        ("a + \"b\"", "1:5: parse error: binary expression must contain only scalar and instant vector types"),
        ("1  == 1", "1:4: parse error: comparisons between scalars must use BOOL modifier"),
        ("a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"),
        ("a and 1", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"),
        ("a + on(x) 1", "1:1: parse error: vector matching only allowed between instant vectors"),
        ("a or on(x) group_left b", "1:1: parse error: no grouping allowed for \"or\" operation"),
        ("a / on(x) group_left(x) b", "1:3: parse error: label \"x\" must not occur in ON and GROUP clause at once"),
    ]

    @Test(arguments: syntax + selectors + literals + types)
    func `a fault is named and placed`(_ query: String, message: String) {
        let error = #expect(throws: ParseError.self) { try Parser.parse(query) }
        #expect(error?.description == message)
    }

    @Test(arguments: [
        ("a[5m/0]", "1:5: parse error: division by zero"), ("a[5m%0]", "1:5: parse error: modulo by zero"),
        ("a[1m/(1-1)]", "1:3: parse error: division by zero"), ("a[1m-2m]", "1:3: parse error: duration must be greater than 0"),
        ("a offset (9e9 * 9e9)", "1:11: parse error: duration is out of range"),
        ("info(a, b)", "1:9: parse error: expected label selectors only, got vector selector instead"),
        ("info(a, sum(b))", "1:9: parse error: expected label selectors only"),
    ])
    func `experimental syntax has faults of its own`(_ query: String, message: String) {
        var options = ParserOptions()
        options.allowsExperimentalFunctions = true
        options.allowsDurationExpressions = true
        let error = #expect(throws: ParseError.self) { try Parser.parse(query, options: options) }
        #expect(error?.description == message)
    }
}
