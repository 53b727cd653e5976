import ApusPromQL
import ApusTestKit
import Testing

@Suite struct ParserRobustnessTests {
    static let queries =
        (ParserTests.numbers + ParserTests.strings + ParserTests.selectors + ParserTests.operations + ParserTests.calls).map(\.query)
        + (ParserFaultTests.syntax + ParserFaultTests.selectors + ParserFaultTests.literals + ParserFaultTests.types).map(\.0)

    @Test(arguments: UInt64(0)..<32)
    func `no damage to a query traps`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            var bytes = Array(Self.queries.randomElement(using: &random)?.utf8 ?? "".utf8)
            if Bool.random(using: &random) {
                bytes += Array(" + ".utf8) + Array(Self.queries.randomElement(using: &random)?.utf8 ?? "".utf8)
            }
            check(String(decoding: random.mutated(bytes), as: UTF8.self))
        }
    }

    @Test(arguments: UInt64(0)..<16)
    func `no order of words traps`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let words = [
            "sum", "by", "without", "(", ")", "[", "]", "{", "}", ",", ":", "=", "==", "!=", "=~", "!~", "+", "-", "^", "%", "and", "or", "on",
            "ignoring", "group_left", "bool", "offset", "@", "start", "end", "5m", "1", "0", "Inf", "NaN", "\"x\"", "up", "rate", "time", "topk",
            "1e308", "9y", "#", "\n", "é", "'", "info", "0x", ".", "atan2",
        ]
        for _ in 0..<1000 {
            let count = Int.random(in: 1...14, using: &random)
            check((0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: Bool.random(using: &random) ? " " : ""))
        }
    }

    /// Accepted text prints to text that is accepted; a fault lies inside the text.
    private func check(_ query: String) {
        do throws(ParseError) {
            let expression = try Parser.parse(query, options: PrinterTests.options)
            #expect(!expression.syntaxTreeJSON.isEmpty)
            // A range below a millisecond prints as `0s`, which is none.
            let printed = expression.description
            if !printed.contains("[0s") && !printed.contains(":0s]") {
                #expect(throws: Never.self, "\(query) prints as \(printed)") { try Parser.parse(printed, options: PrinterTests.options) }
            }
        } catch {
            #expect(error.source.lowerBound <= query.utf8.count && !error.message.isEmpty)
        }
    }

    static let deep: [(start: String, again: String, end: String)] = [
        ("", "(", ""), ("", "-", "1"), ("", "sum(", ""), ("", "abs(", ""), ("", "sum by (a) (", ""), ("1", "+1", ""), ("1", "^1", ""),
        ("a", " or b", ""), ("a", "[5m:]", ""), ("a[", "(", ""), ("a[5m", "+1m", "]"), ("a offset ", "-", "1"), ("a[1", "^1", "]"),
        ("a", " @ 1", ""), ("a", " offset 0", ""), ("", "{", ""), ("", "\"", ""), ("a{", "b=\"c\",", "}"), ("sum by (", "a,", ")(a)"),
        ("label_join(a,'b'", ",'c'", ")"), ("", "#", ""), ("", "topk(1,", ""),
    ]

    @Test(arguments: deep)
    func `a hundred thousand levels are refused or read`(_ part: (start: String, again: String, end: String)) throws {
        let query = part.start + String(repeating: part.again, count: 100_000) + part.end
        do throws(ParseError) {
            let expression = try Parser.parse(query, options: PrinterTests.options)
            #expect(!expression.description.isEmpty)
        } catch {
            #expect(!error.message.isEmpty)
        }
    }

    @Test func `the limits are stated in the fault`() throws {
        func message(_ query: String) -> String? { #expect(throws: ParseError.self) { try Parser.parse(query) }?.message }
        #expect(message(String(repeating: "(", count: 300)) == "expression is nested deeper than 250 levels")
        #expect(message("1" + String(repeating: "+1", count: 2000)) == "expression is deeper than 1000 operations")
        #expect(message(String(repeating: " ", count: 1 << 21)) == "expression is longer than 1048576 bytes")
    }

    @Test func `what the limits allow is read and printed`() throws {
        let chain = "1" + String(repeating: " + 1", count: 998)
        #expect(try Parser.parse(chain).description == chain)
        let nested = String(repeating: "(", count: 249) + "a" + String(repeating: ")", count: 249)
        let expression = try Parser.parse(nested)
        #expect(expression.description == nested)
        #expect(expression.prettyDescription.hasSuffix(")"))
        #expect(expression.valueType == .vector)
    }
}
