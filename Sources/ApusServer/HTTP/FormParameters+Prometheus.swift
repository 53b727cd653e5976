internal import ApusPromQL

/// Parameters in the forms that Prometheus's API takes, with its words when they are wrong.
extension FormParameters {
    /// A time in milliseconds since 1970 UTC; the default when the parameter is absent or empty.
    func time(_ name: String, default defaultTime: Int64) throws(APIError) -> Int64 {
        guard let text = self[name] else { return defaultTime }
        guard let time = TimeText.time(text) else {
            throw .invalid(name, "invalid time value for '\(name)': cannot parse \(goQuoted(text)) to a valid timestamp")
        }
        return time
    }

    /// A time that must be given.
    func time(_ name: String) throws(APIError) -> Int64 {
        guard let time = TimeText.time(self[name] ?? "") else {
            throw .invalid(name, "cannot parse \(goQuoted(self[name] ?? "")) to a valid timestamp")
        }
        return time
    }

    /// Milliseconds, rounded down; nil when the parameter is absent or empty.
    func duration(_ name: String) throws(APIError) -> Int64? {
        guard let text = self[name] else { return nil }
        do throws(TimeText.DurationError) {
            return try TimeText.duration(text)
        } catch {
            throw .invalid(name, error.description)
        }
    }

    /// The `limit` parameter; nil when there is none, or 0, which means none.
    func limit() throws(APIError) -> Int? {
        guard let text = self["limit"] else { return nil }
        guard let limit = Int(text) else {
            throw .invalid("limit", "strconv.Atoi: parsing \(goQuoted(text)): invalid syntax")
        }
        guard limit >= 0 else { throw .invalid("limit", "limit must be non-negative") }
        return limit == 0 ? nil : limit
    }

    /// `start` and `end`, by default all of time. An end before the start is an empty range: nil.
    func timeRange() throws(APIError) -> ClosedRange<Int64>? {
        let start = try time("start", default: TimeText.earliest)
        let end = try time("end", default: TimeText.latest)
        return start <= end ? start...end : nil
    }
}

/// Times and durations as text.
enum TimeText {
    /// The bounds of what a time parameter may say, in milliseconds; beyond them a time is taken for the bound.
    static let earliest: Int64 = -9_223_372_036_854_775
    static let latest: Int64 = 9_223_372_036_854_775

    enum DurationError: Error, CustomStringConvertible {
        case invalid(String)
        case overflow(String)

        var description: String {
            switch self {
            case .invalid(let text): "cannot parse \(goQuoted(text)) to a valid duration"
            case .overflow(let text): "cannot parse \(goQuoted(text)) to a valid duration. It overflows int64"
            }
        }
    }

    /// Unix seconds with a fraction, or RFC 3339; to the nearest millisecond.
    static func time(_ text: String) -> Int64? {
        if let seconds = number(text) {
            guard seconds.isFinite else { return nil }
            // The fraction by itself, as Prometheus does it: multiplying large seconds would round a half that is none.
            let whole = seconds.rounded(.towardZero)
            let milliseconds = whole * 1000 + ((seconds - whole) * 1000).rounded()
            if milliseconds >= Double(latest) { return latest }
            return milliseconds <= Double(earliest) ? earliest : Int64(milliseconds)
        }
        // What Prometheus itself prints for the ends of time.
        if text == "-292273086-05-16T16:47:06Z" { return earliest }
        if text == "292277025-08-18T07:12:54.999999999Z" { return latest }
        return RFC3339.milliseconds(text)
    }

    /// Seconds with a fraction, or a Prometheus duration (`1h30m`); in milliseconds, rounded down.
    static func duration(_ text: String) throws(DurationError) -> Int64 {
        if let seconds = number(text) {
            let nanoseconds = seconds * 1e9
            guard nanoseconds.magnitude <= 9.2e18 else { throw .overflow(text) }
            return Int64((nanoseconds / 1e6).rounded(.down))
        }
        guard let milliseconds = prometheusDuration(text) else { throw .invalid(text) }
        return milliseconds
    }

    /// `1y2w3d4h5m6s7ms`: each unit at most once, largest first.
    private static func prometheusDuration(_ text: String) -> Int64? {
        let units: [(name: String, milliseconds: Int64)] = [
            ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
            ("ms", 1),
        ]
        var rest = Substring(text)
        var total: Int64 = 0
        var next = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let name = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard let count = Int64(digits), let at = units.firstIndex(where: { $0.name == name }), at >= next else { return nil }
            let (product, overflows) = count.multipliedReportingOverflow(by: units[at].milliseconds)
            let (sum, alsoOverflows) = total.addingReportingOverflow(product)
            guard !overflows, !alsoOverflows, sum <= latest else { return nil }
            total = sum
            next = at + 1
            rest = rest.dropFirst(digits.count + name.count)
        }
        return total
    }

    /// A decimal number; unlike `Double.init` without hexadecimal, and as in Go without spaces.
    private static func number(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || "+-.eE".utf8.contains($0) }) else { return nil }
        return Double(text)
    }
}
