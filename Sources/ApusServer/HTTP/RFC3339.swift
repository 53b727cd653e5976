/// Times such as `2015-07-01T20:10:51.781Z` and `2015-07-01T22:10:51+02:00`.
enum RFC3339 {
    /// Milliseconds since 1970 UTC, further digits cut; nil when the text is not a time of that form.
    static func milliseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 64,
            let year = number(bytes, 0..<4), bytes[4] == UInt8(ascii: "-"),
            let month = number(bytes, 5..<7), bytes[7] == UInt8(ascii: "-"),
            let day = number(bytes, 8..<10), bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"),
            let hour = number(bytes, 11..<13), bytes[13] == UInt8(ascii: ":"),
            let minute = number(bytes, 14..<16), bytes[16] == UInt8(ascii: ":"),
            let second = number(bytes, 17..<19),
            (1...12).contains(month), day >= 1, day <= dayCount(year: year, month: month),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var at = 19
        var milliseconds: Int64 = 0
        if bytes[at] == UInt8(ascii: ".") {
            at += 1
            var scale: Int64 = 100
            let first = at
            while at < bytes.count, let digit = number(bytes, at..<at + 1) {
                milliseconds += digit * scale
                scale /= 10
                at += 1
            }
            guard at > first else { return nil }
        }
        guard let offset = offsetMinutes(bytes[at...]) else { return nil }
        let days = daysSince1970(year: year, month: month, day: day)
        return (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + milliseconds
    }

    /// As Go prints it in UTC, without digits that are 0 at the end.
    static func text(milliseconds: Int64) -> String {
        let (day, rest) = milliseconds.quotientAndRemainderRoundingDown(86_400_000)
        let date = civil(daysSince1970: day)
        let two = { (value: Int64) in value < 10 ? "0\(value)" : "\(value)" }
        var year = String(date.year)
        while year.count < 4 { year = "0" + year }
        let seconds = rest / 1000
        var result = "\(year)-\(two(date.month))-\(two(date.day))T\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        if rest % 1000 != 0 {
            var fraction = String(1000 + rest % 1000).dropFirst()
            while fraction.last == "0" { fraction = fraction.dropLast() }
            result += "." + fraction
        }
        return result + "Z"
    }

    private static func offsetMinutes(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard let sign = bytes.first else { return nil }
        if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return bytes.count == 1 ? 0 : nil }
        let zone = Array(bytes)
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), zone.count == 6, zone[3] == UInt8(ascii: ":"),
            let hours = number(zone, 1..<3), let minutes = number(zone, 4..<6), hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func number(_ bytes: [UInt8], _ range: Range<Int>) -> Int64? {
        var result: Int64 = 0
        for i in range {
            guard bytes[i] >= 0x30, bytes[i] <= 0x39 else { return nil }
            result = result * 10 + Int64(bytes[i] - 0x30)
        }
        return result
    }

    private static func dayCount(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days of the proleptic Gregorian calendar; years start in March here, so that the leap day comes last.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let m = (month + 9) % 12
        return y * 365 + y.quotientAndRemainderRoundingDown(4).0 - y.quotientAndRemainderRoundingDown(100).0
            + y.quotientAndRemainderRoundingDown(400).0 + (m * 153 + 2) / 5 + day - 1 - 719_468
    }

    private static func civil(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainderRoundingDown(146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100)
        let m = (dayOfYear * 5 + 2) / 153
        let month = m < 10 ? m + 3 : m - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (m * 153 + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func quotientAndRemainderRoundingDown(_ divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
