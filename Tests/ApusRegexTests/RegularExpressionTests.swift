import ApusRegex
import Testing

struct RegularExpressionTests {
    @Test(arguments: [
        ("a.c", "abc", true), ("a.c", "xabcx", false), ("", "", true), ("", "x", false), ("a|bc", "bc", true), ("a.b", "a\nb", true),
        ("(?i)ABC", "abc", true), ("5..", "503", true), ("ü+", "üü", true),
    ])
    func `the whole text is matched`(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try RegularExpression(pattern).matches(text) == expected)
    }

    @Test func `groups are found, also those that took no part`() throws {
        let expression = try RegularExpression("(?P<host>[a-z]+):(\\d+)?(x)?")
        #expect(expression.groupCount == 3)
        #expect(expression.group(named: "host") == 1)
        #expect(expression.group(named: "nothing") == nil)
        #expect(expression.captures("web:80") == [0..<6, 0..<3, 4..<6, nil])
        #expect(expression.captures("80") == nil)
    }

    @Test(arguments: ["(", "a**", "[z-a]", "(?P<n", "\\", "(?=x)", "a{5000}"])
    func `a pattern that is none says why`(_ pattern: String) {
        #expect { try RegularExpression(pattern) } throws: { "\($0)".contains("regular expression") }
    }

    @Test func `an evil pattern is no slower than its text is long`() throws {
        #expect(try !RegularExpression("(a+)+b").matches(String(repeating: "a", count: 100_000)))
    }
}
