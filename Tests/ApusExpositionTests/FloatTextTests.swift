import ApusExposition
import ApusTestKit
import Testing

@Suite struct FloatTextTests {
    /// What Go's strconv gives for 'f' and 'g' with precision -1, and Prometheus's API for the number.
    struct Example: Sendable, CustomTestStringConvertible {
        var value: Double
        var plain: String
        var general: String
        var json: String
        var testDescription: String { general }

        init(_ value: Double, _ plain: String, _ general: String, json: String? = nil) {
            self.value = value
            self.plain = plain
            self.general = general
            self.json = json ?? plain
        }
    }

    static let examples: [Example] = [
        .init(0, "0", "0"), .init(-0.0, "-0", "-0"), .init(1, "1", "1"), .init(-1, "-1", "-1"), .init(10, "10", "10"),
        .init(0.5, "0.5", "0.5"), .init(0.1, "0.1", "0.1"), .init(12.25, "12.25", "12.25"),
        .init(-3.125, "-3.125", "-3.125"),
        .init(100_000, "100000", "100000"), .init(999_999, "999999", "999999"), .init(1e6, "1000000", "1e+06"),
        .init(1_234_567, "1234567", "1.234567e+06"), .init(123_456_789, "123456789", "1.23456789e+08"),
        .init(1_435_781_451.781, "1435781451.781", "1.435781451781e+09"),
        .init(0.0001, "0.0001", "0.0001"), .init(0.00001, "0.00001", "1e-05"), .init(1.7e-5, "0.000017", "1.7e-05"),
        .init(1e-6, "0.000001", "1e-06"), .init(1e-7, "0.0000001", "1e-07", json: "1e-07"),
        .init(1.5e-10, "0.00000000015", "1.5e-10", json: "1.5e-10"),
        .init(0.30000000000000004, "0.30000000000000004", "0.30000000000000004"),
        .init(1.0 / 3, "0.3333333333333333", "0.3333333333333333"),
        .init(200.0 / 3, "66.66666666666667", "66.66666666666667"),
        .init(0x1p53, "9007199254740992", "9.007199254740992e+15"), .init(1e15, "1000000000000000", "1e+15"),
        .init(1e20, "100000000000000000000", "1e+20"),
        .init(1e21, "1000000000000000000000", "1e+21", json: "1e+21"),
        .init(1.5e300, "15" + String(repeating: "0", count: 299), "1.5e+300", json: "1.5e+300"),
        .init(.infinity, "+Inf", "+Inf"), .init(-.infinity, "-Inf", "-Inf"), .init(.nan, "NaN", "NaN"),
        .init(-.nan, "NaN", "NaN"),
        .init(.leastNonzeroMagnitude, "0." + String(repeating: "0", count: 323) + "5", "5e-324", json: "5e-324"),
        .init(
            2.2250738585072014e-308, "0." + String(repeating: "0", count: 307) + "22250738585072014",
            "2.2250738585072014e-308", json: "2.2250738585072014e-308"),
        .init(
            1.7976931348623157e308, "17976931348623157" + String(repeating: "0", count: 292),
            "1.7976931348623157e+308", json: "1.7976931348623157e+308"),
        .init(9.5367431640625e-7, "0.00000095367431640625", "9.5367431640625e-07", json: "9.5367431640625e-07"),
        .init(0x1p-44, "0.00000000000005684341886080802", "5.684341886080802e-14", json: "5.684341886080802e-14"),
        .init(9_007_199_254_740_992, "9007199254740992", "9.007199254740992e+15"),
        .init(4.35, "4.35", "4.35"), .init(1e23, "100000000000000000000000", "1e+23", json: "1e+23"),
        .init(999_999_999_999.999, "999999999999.999", "9.99999999999999e+11"),
    ]

    private func text(_ body: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        body(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: examples)
    func `writes what Go writes`(_ example: Example) {
        #expect(text { FloatText.appendPlain(example.value, to: &$0) } == example.plain)
        #expect(text { FloatText.appendGeneral(example.value, to: &$0) } == example.general)
        #expect(text { FloatText.appendJSON(example.value, to: &$0) } == example.json)
    }

    @Test(arguments: [
        (0.0, "0.0"), (-0.0, "0.0"), (1.0, "1.0"), (-1.0, "-1.0"), (0.5, "0.5"), (1e6, "1e+06"),
        (123_456.0, "123456.0"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (1e-7, "1e-07"),
    ])
    func `writes bounds as OpenMetrics wants them`(value: Double, expected: String) {
        #expect(text { FloatText.appendOpenMetrics(value, to: &$0) } == expected)
    }

    /// The standard library's shortest digits: the oracle.
    private func digits(_ text: some StringProtocol) -> (digits: String, exponent: Int) {
        let parts = text.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var all = mantissa.joined()
        var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - (mantissa.count > 1 ? mantissa[1].count : 0)
        while all.hasPrefix("0") && all.count > 1 { all.removeFirst() }
        while all.hasSuffix("0") && all.count > 1 {
            all.removeLast()
            exponent += 1
        }
        return (all, all == "0" ? 0 : exponent)
    }

    @Test(arguments: UInt64(0)..<8)
    func `has the shortest digits for any bits, and reads back`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<4000 {
            var value = Double(bitPattern: random.next()).magnitude
            switch round % 8 {
            case 0: value = Double(bitPattern: random.next() & 0x7ff0_0000_0000_0000)
            case 1: value = Double.random(in: 0..<1000, using: &random)
            case 2: value = (Double.random(in: 0..<1e9, using: &random) * 1000).rounded() / 1000
            case 3: value = Double(Int64.random(in: 0...(1 << 60), using: &random))
            case 4: value = Double(bitPattern: random.next() & 0x000f_ffff_ffff_ffff)
            default: break
            }
            guard value.isFinite else { continue }
            let general = text { FloatText.appendGeneral(value, to: &$0) }
            let plain = text { FloatText.appendPlain(value, to: &$0) }
            let json = text { FloatText.appendJSON(-value, to: &$0) }
            #expect(digits(general) == digits(value.description))
            #expect(Double(general) == value && Double(plain) == value && Double(json) == -value)
        }
    }

    @Test(arguments: -323...308)
    func `writes every power of ten with one digit`(exponent: Int) throws {
        let value = try #require(Double("1e\(exponent)"))
        #expect(digits(text { FloatText.appendGeneral(value, to: &$0) }) == digits(value.description))
    }

    @Test(arguments: [
        (Int64(1_435_781_451_781), "1435781451.781"), (1_435_781_451_000, "1435781451"),
        (1_435_781_451_100, "1435781451.100"),
        (1_435_781_451_020, "1435781451.020"), (1_435_781_451_003, "1435781451.003"), (0, "0"), (7, "0.007"),
        (-1, "-0.001"),
        (-1500, "-1.500"), (.min, "-9223372036854775.808"), (.max, "9223372036854775.807"),
    ])
    func `writes milliseconds as seconds`(milliseconds: Int64, expected: String) {
        #expect(text { FloatText.appendSeconds(milliseconds: milliseconds, to: &$0) } == expected)
    }

    @Test(arguments: [0, 9, 10, 99, 100, 12_345_678, 123_456_789, -1, .min, .max, 10_000_000_000_000_000] as [Int64])
    func `writes whole numbers`(number: Int64) {
        #expect(text { FloatText.append(number, to: &$0) } == String(number))
    }

    @Test(arguments: [
        ("", "\"\""), ("plain", "\"plain\""), ("a\"b\\c", "\"a\\\"b\\\\c\""), ("a\nb\tc\rd", "\"a\\nb\\tc\\rd\""),
        ("\u{0}\u{8}\u{c}\u{1f}\u{7f}", "\"\\u0000\\u0008\\u000c\\u001f\u{7f}\""), ("héllo 😀", "\"héllo 😀\""),
        ("<a&b>", "\"<a&b>\""),
    ])
    func `writes JSON strings`(input: String, expected: String) {
        #expect(text { JSONText.append(input, to: &$0) } == expected)
    }

    @Test func `escapes HTML where it is asked for`() {
        #expect(text { JSONText.append("<a&b>", escapesHTML: true, to: &$0) } == "\"\\u003ca\\u0026b\\u003e\"")
    }
}
