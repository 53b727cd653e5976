import ApusTestKit
import Testing

@testable import ApusServer

struct ParameterTests {
    @Test(
        arguments: [
            ("0", 0), ("1435781430.781", 1_435_781_430_781), ("1.0004", 1000), ("1.0006", 1001), ("1795233060.0005", 1_795_233_060_000), ("-1.5", -1500),
            ("1e3", 1_000_000),
            ("1e30", TimeText.latest), ("-1e30", TimeText.earliest), ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
            ("2015-07-01T22:10:51+02:00", 1_435_781_451_000), ("1969-12-31T23:59:59Z", -1000), ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("2015-07-01T20:10:51.7819999Z", 1_435_781_451_781),
        ] as [(String, Int64)])
    func `reads times`(_ text: String, _ milliseconds: Int64) {
        #expect(TimeText.time(text) == milliseconds)
    }

    @Test(arguments: [
        "", "x", "nan", "inf", "0x10", " 1", "1 ", "2015-07-01", "2015-13-01T00:00:00Z", "2015-02-29T00:00:00Z",
        "2015-07-01T24:00:00Z", "2015-07-01T20:10:51", "2015-07-01T20:10:51.Z", "2015-07-01T20:10:51+2:00", "2015-07-01T20:10:51Zx",
        "1e999",
    ])
    func `refuses what is no time`(_ text: String) {
        #expect(TimeText.time(text) == nil)
    }

    @Test(
        arguments: [
            ("15", 15_000), ("0.5", 500), ("1.5e3", 1_500_000), ("5m", 300_000), ("1h30m", 5_400_000), ("1d", 86_400_000),
            ("1y2w3d4h5m6s7ms", 33_019_506_007), ("250ms", 250), ("0s", 0), ("-1", -1000),
        ] as [(String, Int64)])
    func `reads durations`(_ text: String, _ milliseconds: Int64) throws {
        #expect(try TimeText.duration(text) == milliseconds)
    }

    @Test(arguments: ["", "x", "5", "m", "1m1h", "1m1m", "-5m", "5 m", "1.5h", "99999999999999999999s", "300000000y", "1e30", "1µs"].filter { $0 != "5" })
    func `refuses what is no duration`(_ text: String) {
        #expect(throws: TimeText.DurationError.self) { try TimeText.duration(text) }
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (1_435_781_451_781, "2015-07-01T20:10:51.781Z"), (951_782_400_500, "2000-02-29T00:00:00.5Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `writes times`(_ milliseconds: Int64, _ text: String) {
        #expect(RFC3339.text(milliseconds: milliseconds) == text)
    }

    @Test(arguments: UInt64(0)..<200)
    func `times read back as they were written`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let time = Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
        #expect(RFC3339.milliseconds(RFC3339.text(milliseconds: time)) == time)
    }

    @Test
    func `splits and decodes forms`() throws {
        let form = try FormParameters(query: "a=1&b=%C3%A9+x&match%5B%5D=1&c&=z&a=3&&d=%3D%26=".utf8, body: "a=2&match[]=0".utf8)
        #expect(form["a"] == "2")
        #expect(form.all("a") == ["2", "1", "3"])
        #expect(form["b"] == "é x")
        #expect(form.all("match[]") == ["0", "1"])
        #expect(form["c"] == nil && form["missing"] == nil)
        #expect(form.all("c") == [""])
        #expect(form["d"] == "=&=")
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "%=1", "a=%ff", "a=%C3"])
    func `refuses broken escapes`(_ text: String) {
        #expect(throws: APIError.self) { try FormParameters(query: text.utf8) }
    }

    @Test
    func `refuses a form of too many parameters`() {
        let text = String(repeating: "a&", count: FormParameters.countMax + 1)
        #expect(throws: APIError.self) { try FormParameters(query: text.utf8) }
    }

    @Test
    func `any bytes are a form or an error, any text a time, a duration or none`() {
        var generator = SeededGenerator(seed: 11)
        let seeds = ["a=1&match[]=up%7B%7D&start=2015-07-01T20:10:51.781Z", "1h30m", "2015-07-01T22:10:51+02:00", "1e308", "-9223372036854775808"]
        for round in 0..<20_000 {
            let bytes = generator.mutated(Array(seeds[round % seeds.count].utf8))
            _ = try? FormParameters(query: bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            _ = TimeText.time(text)
            _ = try? TimeText.duration(text)
            _ = EscapedName.unescaped("U__" + text)
            _ = HostName(text).isLoopback
        }
    }
}
