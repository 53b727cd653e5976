import ApusModel
import ApusRegex
import ApusSelection
import Testing

struct MatcherTests {
    static let labels: Labels = ["__name__": "up", "job": "node"]

    @Test(
        arguments: [
            ("job", .equal, "node", true), ("job", .equal, "", false), ("job", .notEqual, "", true), ("gone", .equal, "", true), ("gone", .notEqual, "x", true),
            ("gone", .notEqual, "", false), ("job", .matches, "no.*", true), ("job", .matches, "o", false), ("job", .doesNotMatch, "no.*", false),
            ("gone", .matches, ".*", true), ("gone", .matches, ".+", false), ("gone", .doesNotMatch, ".+", true), ("job", .matches, "a|node|b", true),
        ] as [(String, Matcher.Operation, String, Bool)])
    func `a missing label is the empty text`(_ name: String, _ operation: Matcher.Operation, _ value: String, _ expected: Bool) throws {
        #expect(try Matcher(name, operation, value).matches(Self.labels) == expected)
    }

    @Test(
        arguments: [
            ("a|b|c", ["a", "b", "c"]), ("(a|b)", ["a", "b"]), ("(?:a|b)", ["a", "b"]), ("a", ["a"]), ("a|b.", nil), ("", [""]), ("a|", ["a", ""]),
            ("(a)|(b)", nil),
            // A combining mark makes one character with what stands before it, and takes nothing of its meaning.
            (".\u{301}", nil), ("a|\u{301}b", ["a", "\u{301}b"]), ("(\u{301}a|b)", ["\u{301}a", "b"]),
        ] as [(String, [String]?)])
    func `a choice of fixed texts is seen`(_ pattern: String, _ expected: [String]?) throws {
        #expect(try Matcher("x", .matches, pattern).alternatives == expected)
    }

    @Test(arguments: [
        ("abc.*", "abc"), ("abc*", "ab"), ("abc+", "abc"), ("a|b", ""), (".*", ""), ("/api/.*", "/api/"), ("ab?c", "a"), ("ab{0,1}", "a"), ("(?i)ab", ""),
        (".\u{301}", ""), ("ae\u{301}*", "ae"), ("é?", ""),
    ])
    func `a fixed start is seen`(_ pattern: String, _ expected: String) throws {
        #expect(try Matcher("x", .matches, pattern).prefixBytes == Array(expected.utf8))
    }

    @Test(arguments: ["abc.*", "ab*c", "(a|b)", "a|b", "x?y", "(?i)ABC", "[ab]c", "a{2}"])
    func `shortcuts agree with the expression`(_ pattern: String) throws {
        let (matcher, expression) = (try Matcher("x", .matches, pattern), try RegularExpression(pattern))
        for text in ["", "a", "b", "ab", "abc", "abcd", "ac", "aa", "xy", "y", "ABC"] where expression.matches(text) {
            #expect(matcher.matches(text))
            #expect(Array(text.utf8).starts(with: matcher.prefixBytes))
            if let alternatives = matcher.alternatives { #expect(alternatives.contains(text)) }
        }
    }
}
