internal import ApusBytes

/// Numbers as exposition formats write them.
enum NumberText {
    static func string(_ value: Double) -> String {
        var text: [UInt8] = []
        append(value, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    @inline(__always)
    static func append(_ value: UInt64, to output: inout [UInt8]) {
        if value < 10 {
            output.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
            return
        }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = value
        while rest > 0 {
            start &-= 1
            let tenth = rest / 10
            digits[start] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest &- tenth &* 10)
            rest = tenth
        }
        ApusBytes.append(digits.span, start..<20, to: &output)
    }

    /// The shortest text that reads back as the same number; `+Inf`, `-Inf`, `NaN`.
    static func append(_ value: Double, to output: inout [UInt8]) {
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 {
            if whole < 0 { output.append(UInt8(ascii: "-")) }
            append(whole.magnitude, to: &output)
        } else if value.isFinite {
            output.append(contentsOf: value.description.utf8)
        } else {
            output.append(contentsOf: value.isNaN ? "NaN".utf8 : value > 0 ? "+Inf".utf8 : "-Inf".utf8)
        }
    }
}
