/// Reads the scalars of the configuration, in Prometheus's notation.
public enum ScalarText {
    private static let units: [(String, Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000), ("y", 31_536_000_000),
    ]

    /// Milliseconds of `1y2w3d4h5m6s7ms` (each part at most once, largest first) or `0`; nil when the text is no duration or
    /// passes 292 years.
    public static func milliseconds(_ text: some StringProtocol) -> Int64? {
        if text == "0" { return 0 }
        var rest = Substring(text)
        var total: Int64 = 0
        var previous = Int64.max
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            guard let scale = units.first(where: { $0.0 == unit })?.1, scale < previous else { return nil }
            previous = scale
            rest = rest.dropFirst(unit.count)
            let (part, overflow) = number.multipliedReportingOverflow(by: scale)
            let (sum, carried) = total.addingReportingOverflow(part)
            if overflow || carried || sum > 9_223_372_036_854 { return nil }
            total = sum
        }
        return total
    }

    /// Writes what `milliseconds(_:)` reads.
    public static func text(milliseconds: Int64) -> String {
        if milliseconds == 0 { return "0s" }
        var rest = milliseconds
        var result = ""
        for (unit, scale) in units.reversed() where rest >= scale {
            // Years and weeks only when nothing is left over, as Prometheus writes them.
            if (unit == "y" || unit == "w") && rest % scale != 0 { continue }
            result += "\(rest / scale)\(unit)"
            rest %= scale
        }
        return result
    }

    /// Bytes of `10GB` (powers of 1024, as in Prometheus; `GiB` means the same) or of a bare number; nil when it is neither.
    public static func byteCount(_ text: some StringProtocol) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.uppercased()
        guard let number = Double(digits) else { return nil }
        let letter = unit.replacing("IB", with: "B")
        guard let power = ["B", "KB", "MB", "GB", "TB", "PB", "EB"].firstIndex(of: letter.isEmpty ? "B" : letter) else { return nil }
        var bytes = number
        for _ in 0..<power { bytes *= 1024 }
        return Int(exactly: bytes.rounded())
    }

    public static func boolean(_ text: some StringProtocol) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    /// Whether a scalar's text is of the shape.
    static func fits(_ text: String, _ shape: Shape) -> Bool {
        switch shape {
        case .text, .secret, .anything: true
        case .duration: milliseconds(text) != nil
        case .retention: text == "unlimited" || milliseconds(text) != nil
        case .byteCount: byteCount(text) != nil
        case .integer(let range): Int(text).map(range.contains) ?? false
        case .number: Double(text) != nil
        case .boolean: boolean(text) != nil
        case .choice(let words): words.contains(text)
        case .list, .dictionary, .section: false
        }
    }
}
