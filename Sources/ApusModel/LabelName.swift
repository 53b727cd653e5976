/// What names may look like. Since 3.0 Prometheus takes any UTF-8; the legacy form needs no quotes.
public enum LabelName {
    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    public static func isLegacy(_ name: some StringProtocol) -> Bool { matches(name, colon: false) }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    public static func isLegacyMetric(_ name: some StringProtocol) -> Bool { matches(name, colon: true) }

    /// In double quotes, with backslash, quote and control characters escaped as Go's `strconv.Quote` does for printable text.
    public static func quoted(_ text: some StringProtocol) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case let c where c.value < 0x20 || c.value == 0x7f:
                let hex = String(c.value, radix: 16)
                result += "\\x" + (hex.count < 2 ? "0" + hex : hex)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func matches(_ name: some StringProtocol, colon: Bool) -> Bool {
        var first = true
        for c in name.utf8 {
            switch c {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): break
            case UInt8(ascii: ":") where colon: break
            case UInt8(ascii: "0")...UInt8(ascii: "9") where !first: break
            default: return false
            }
            first = false
        }
        return !first
    }
}
