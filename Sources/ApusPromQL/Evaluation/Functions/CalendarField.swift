/// A part of a date or time of day in UTC, in the proleptic Gregorian calendar.
enum CalendarField: Sendable {
    case minute, hour, dayOfWeek, dayOfMonth, dayOfYear, daysInMonth, month, year

    init?(function name: String) {
        switch name {
        case "minute": self = .minute
        case "hour": self = .hour
        case "day_of_week": self = .dayOfWeek
        case "day_of_month": self = .dayOfMonth
        case "day_of_year": self = .dayOfYear
        case "days_in_month": self = .daysInMonth
        case "month": self = .month
        case "year": self = .year
        default: return nil
        }
    }

    /// - Parameter seconds: Since 1970; the fraction is cut off. What 64 bits cannot hold, NaN and the infinities among it,
    ///   is 2^63 seconds after 1970, as in Prometheus on amd64, where the conversion overflows.
    func value(atSeconds seconds: Double) -> Double {
        let (days, second) = Self.split(seconds)
        let date = Self.date(days)
        switch self {
        case .minute: return Double(second % 3600 / 60)
        case .hour: return Double(second / 3600)
        case .dayOfWeek: return Double(Self.modulo(days + 4, 7))
        case .dayOfMonth: return Double(date.day)
        case .dayOfYear: return Double(days - Self.days(date.year, 1, 1) + 1)
        case .daysInMonth:
            let next = date.month == 12 ? (date.year + 1, 1) : (date.year, date.month + 1)
            return Double(Self.days(next.0, next.1, 1) - Self.days(date.year, date.month, 1))
        case .month: return Double(date.month)
        case .year: return Double(date.year)
        }
    }

    /// Whole days since 1970 and the second of the day.
    private static func split(_ seconds: Double) -> (days: Int, second: Int) {
        guard let seconds = Int(exactly: seconds.rounded(.towardZero)) else { return (106_751_991_167_300, 55_808) }
        return (floorDivide(seconds, 86_400), modulo(seconds, 86_400))
    }

    private static func modulo(_ a: Int, _ b: Int) -> Int { (a % b + b) % b }

    private static func floorDivide(_ a: Int, _ b: Int) -> Int { a / b - (a % b < 0 ? 1 : 0) }

    /// Days since 1970 of a date. Years are reckoned from March, so that the leap day is a year's last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return y * 365 + floorDivide(y, 4) - floorDivide(y, 100) + floorDivide(y, 400) + dayOfYear - 719_468
    }

    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        // 719468 days lie between 0000-03-01 and 1970-01-01; an era of 400 years has 146097.
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
