/// Prometheus's durations: whole numbers with units from the biggest to the smallest, `1h30m`.
enum DurationText {
    enum Fault: Error, CustomStringConvertible {
        case invalid(String)
        case unknownUnit(String, String)
        case outOfRange

        var description: String {
            switch self {
            case .invalid(let text): "not a valid duration string: \(GoText.quoted(text))"
            case .unknownUnit(let unit, let text): "unknown unit \(GoText.quoted(unit)) in duration \(GoText.quoted(text))"
            case .outOfRange: "duration out of range"
            }
        }
    }

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// The longest time that fits 64 bits of nanoseconds, as Prometheus holds it.
    static let millisecondsMax = Int64.max / 1_000_000

    static func milliseconds(_ text: String) throws(Fault) -> Int64 {
        guard !text.isEmpty else { throw .invalid(text) }
        if text == "0" { return 0 }
        var rest = Substring(text)
        var total: Int64 = 0
        var previous = -1
        while !rest.isEmpty {
            let digits = rest.prefix { $0 >= "0" && $0 <= "9" }
            guard !digits.isEmpty else { throw .invalid(text) }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { !($0 >= "0" && $0 <= "9") }
            guard let count = UInt64(digits), !unit.isEmpty else { throw .invalid(text) }
            rest = rest[unit.endIndex...]
            guard let index = units.firstIndex(where: { $0.name == unit }) else { throw .unknownUnit(String(unit), text) }
            guard index > previous else { throw .invalid(text) }
            previous = index
            guard count <= UInt64(Int64.max) else { throw .outOfRange }
            let (part, overflow) = Int64(count).multipliedReportingOverflow(by: units[index].milliseconds)
            let (sum, carried) = total.addingReportingOverflow(part)
            guard !overflow, !carried, sum <= millisecondsMax else { throw .outOfRange }
            total = sum
        }
        return total
    }

    /// Years and weeks only when nothing remains, as `90d` reads better than `12w6d`; nothing at all for a negative time.
    static func text(milliseconds: Int64) -> String {
        guard milliseconds != 0 else { return "0s" }
        var rest = milliseconds
        var result = ""
        for (name, size) in units {
            if (name == "y" || name == "w") && rest % size != 0 { continue }
            let count = rest / size
            if count > 0 {
                result += "\(count)\(name)"
                rest -= count * size
            }
        }
        return result
    }

    /// With a minus sign where needed.
    static func signedText(milliseconds: Int64) -> String {
        milliseconds < 0 ? "-" + text(milliseconds: milliseconds == .min ? .max : -milliseconds) : text(milliseconds: milliseconds)
    }
}
