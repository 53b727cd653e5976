/// Numbers as Go's `strconv` writes them, which is what users of PromQL see in labels and messages.
enum FloatText {
    /// The shortest digits that read back as the same number, never with an exponent: `1000000`, `0.25`, `+Inf`, `NaN`.
    static func plain(_ value: Double) -> String {
        if let special = special(value) { return special }
        let (sign, digits, point) = parts(value)
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    /// As `%g`: the shortest digits, with an exponent below 1e-4 and from 1e+06 on.
    static func general(_ value: Double) -> String {
        if let special = special(value) { return special }
        let (sign, digits, point) = parts(value)
        let exponent = point - 1
        guard exponent < -4 || exponent >= 6 else { return plain(value) }
        let fraction = digits.dropFirst()
        let power = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
        return "\(sign)\(digits.prefix(1))\(fraction.isEmpty ? "" : ".\(fraction)")e\(exponent < 0 ? "-" : "+")\(power)"
    }

    /// As `%f`: six digits behind the point.
    static func fixed(_ value: Double) -> String {
        guard value.magnitude < 1e12 else { return plain(value) }
        let millionths = Int64((value.magnitude * 1e6).rounded(.toNearestOrEven))
        let fraction = String(millionths % 1_000_000)
        let sign = value.sign == .minus ? "-" : ""
        return "\(sign)\(millionths / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
    }

    private static func special(_ value: Double) -> String? {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        return nil
    }

    /// The significant digits, and how many of them stand before the point (negative: zeros behind it).
    private static func parts(_ value: Double) -> (sign: String, digits: String, point: Int) {
        var text = Substring("\(value.magnitude)")
        var exponent = 0
        if let e = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: e)...]) ?? 0
            text = text[..<e]
        }
        let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
        let whole = pieces[0]
        let fraction = pieces.count > 1 ? pieces[1] : ""
        var digits = Substring(whole + fraction)
        var point = whole.count + exponent
        while digits.first == "0" {
            digits = digits.dropFirst()
            point -= 1
        }
        while digits.last == "0" { digits = digits.dropLast() }
        return (value.sign == .minus ? "-" : "", String(digits), point)
    }
}
