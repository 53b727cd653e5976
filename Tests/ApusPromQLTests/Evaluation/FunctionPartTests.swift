import ApusModel
import ApusRegex
import Foundation
import Testing

@testable import ApusPromQL

struct FunctionPartTests {
    @Test(arguments: UInt64(0)..<20)
    func `dates agree with the calendar of Foundation`(seed: UInt64) throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        for _ in 0..<200 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // From 1600 to 2600: Foundation is Julian before.
            let seconds = Double(Int64(state >> 29) % 31_556_952_000) - 11_600_000_000
            let date = Date(timeIntervalSince1970: seconds)
            let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .weekday], from: date)
            #expect(CalendarField.year.value(atSeconds: seconds) == parts.year.map(Double.init))
            #expect(CalendarField.month.value(atSeconds: seconds) == parts.month.map(Double.init))
            #expect(CalendarField.dayOfMonth.value(atSeconds: seconds) == parts.day.map(Double.init))
            #expect(CalendarField.hour.value(atSeconds: seconds) == parts.hour.map(Double.init))
            #expect(CalendarField.minute.value(atSeconds: seconds) == parts.minute.map(Double.init))
            #expect(CalendarField.dayOfWeek.value(atSeconds: seconds) == parts.weekday.map { Double($0 - 1) })
            #expect(CalendarField.dayOfYear.value(atSeconds: seconds) == calendar.ordinality(of: .day, in: .year, for: date).map(Double.init))
            #expect(CalendarField.daysInMonth.value(atSeconds: seconds) == calendar.range(of: .day, in: .month, for: date).map { Double($0.count) })
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -0x1p63, 0x1p62])
    func `dates beyond all calendars do not trap`(seconds: Double) {
        for name in ["year", "month", "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute"] {
            #expect(CalendarField(function: name)?.value(atSeconds: seconds).isFinite == true)
        }
    }

    @Test(arguments: [
        (0.0, "0", "0"), (-0.0, "-0", "-0"), (1, "1", "1"), (0.25, "0.25", "0.25"), (1e6, "1000000", "1e+06"),
        (123_456.5, "123456.5", "123456.5"), (1e21, "1000000000000000000000", "1e+21"), (1.5e-7, "0.00000015", "1.5e-07"),
        (-2.5e100, "-25" + String(repeating: "0", count: 99), "-2.5e+100"), (.infinity, "+Inf", "+Inf"), (.nan, "NaN", "NaN"),
        (0.0001, "0.0001", "0.0001"),
    ])
    func `numbers are written as Go writes them`(value: Double, plain: String, general: String) {
        #expect(FloatText.plain(value) == plain)
        #expect(FloatText.general(value) == general)
    }

    @Test(arguments: [
        ("$1", "a-b", "a"), ("${1}x", "a-b", "ax"), ("$1x", "a-b", ""), ("$2$1", "a-b", "ba"), ("$$1", "a-b", "$1"),
        ("$", "a-b", "$"), ("${", "a-b", "${"), ("${1", "a-b", "${1"), ("$9", "a-b", ""), ("$right!", "a-b", "b!"),
        ("${right}", "a-b", "b"), ("$0", "a-b", "a-b"), ("ö$1", "a-b", "öa"), ("$99999999999999999999", "a-b", ""),
    ])
    func `replacements are expanded`(template: String, text: String, expanded: String) throws {
        let expression = try RegularExpression("(.*)-(?P<right>.*)")
        let captures = try #require(expression.captures(text))
        #expect(ReplacementTemplate(template, expression).expanded(text, captures) == expanded)
    }

    @Test func `names with numbers sort as people count`() {
        let sorted = ["disk10", "disk9", "disk", "disk2", "cpu", "disk02b", "disk2a"].sorted { NaturalOrder.compare($0, $1) < 0 }
        #expect(sorted == ["cpu", "disk", "disk2", "disk2a", "disk02b", "disk9", "disk10"])
    }

    @Test func `groups are numbered in the order they come`() {
        var table = GroupTable(grouping: ["a"], isWithout: false)
        for index in 0..<1000 {
            #expect(table.group(of: ["__name__": "m", "a": "\(index % 100)", "b": "\(index)"]) == index % 100)
        }
        #expect(table.labels.count == 100)
        #expect(table.labels[7] == ["a": "7"])
        var without = GroupTable(grouping: ["b"], isWithout: true)
        #expect(without.group(of: ["__name__": "m", "a": "1", "b": "2"]) == 0)
        #expect(without.group(of: ["__name__": "n", "a": "1"]) == 0)
        #expect(without.labels == [["a": "1"]])
    }

    @Test func `compensated sums keep what a plain sum loses`() {
        var sum = CompensatedSum()
        for value in [1e100, 1, -1e100, 1] { sum.add(value) }
        #expect(sum.total == 2)
        var infinite = CompensatedSum(1)
        infinite.add(.infinity)
        infinite.add(5)
        #expect(infinite.total == .infinity)
        infinite.add(-.infinity)
        #expect(infinite.total.isNaN)
    }
}
