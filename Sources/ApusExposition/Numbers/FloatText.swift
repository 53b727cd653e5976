internal import ApusBytes

/// Numbers as text, digit for digit as Go's `strconv` writes them, which Prometheus's users and tools compare against.
///
/// All forms have the fewest digits that read back as the same number. Infinities are `+Inf` and `-Inf`, every NaN is
/// `NaN`, and the negative zero keeps its sign. Each costs some 20 to 55 ns and allocates nothing but the output's growth.
public enum FloatText {
    /// Never with an exponent: `1000000`, `0.000017`; Go's `FormatFloat(value, 'f', -1, 64)`. Up to 326 bytes.
    public static func appendPlain(_ value: Double, to output: inout [UInt8]) {
        guard value.isFinite else { return appendSpecial(value, to: &output) }
        if value.sign == .minus { output.append(UInt8(ascii: "-")) }
        let number = ShortestDigits(value.magnitude)
        appendPlain(DigitText(number.digits), exponent: number.exponent, to: &output)
    }

    /// With an exponent below 0.0001 and from 1000000 on: `100000`, `1e+06`, `1.7e-05`; Go's `FormatFloat(value, 'g', -1, 64)`.
    public static func appendGeneral(_ value: Double, to output: inout [UInt8]) {
        guard value.isFinite else { return appendSpecial(value, to: &output) }
        if value.sign == .minus { output.append(UInt8(ascii: "-")) }
        let number = ShortestDigits(value.magnitude)
        let text = DigitText(number.digits)
        let exponent = number.exponent + text.count - 1
        if number.digits != 0 && (exponent < -4 || exponent >= 6) {
            appendScientific(text, exponent: exponent, to: &output)
        } else {
            appendPlain(text, exponent: number.exponent, to: &output)
        }
    }

    /// As `appendGeneral`, but never looking like a whole number: `1.0`, `1e+06`, `+Inf`; OpenMetrics asks for it in `le` and
    /// `quantile`, and Prometheus stores them so.
    public static func appendOpenMetrics(_ value: Double, to output: inout [UInt8]) {
        let start = output.count
        // The formats have no negative zero.
        appendGeneral(value == 0 ? 0 : value, to: &output)
        guard value.isFinite, !output[start...].contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") })
        else { return }
        output.append(UInt8(ascii: "."))
        output.append(UInt8(ascii: "0"))
    }

    /// As in the answers of Prometheus's HTTP API: plain, but with an exponent below 1e-6 and from 1e21 on (`1e-07`); without
    /// the quotes that it stands in there.
    public static func appendJSON(_ value: Double, to output: inout [UInt8]) {
        guard value.isFinite else { return appendSpecial(value, to: &output) }
        if value.sign == .minus { output.append(UInt8(ascii: "-")) }
        let magnitude = value.magnitude
        let number = ShortestDigits(magnitude)
        let text = DigitText(number.digits)
        if magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21) {
            appendScientific(text, exponent: number.exponent + text.count - 1, to: &output)
        } else {
            appendPlain(text, exponent: number.exponent, to: &output)
        }
    }

    /// Decimal digits, with a sign when negative.
    public static func append(_ value: Int64, to output: inout [UInt8]) {
        if value < 0 { output.append(UInt8(ascii: "-")) }
        let text = DigitText(value.magnitude)
        ApusBytes.append(text.bytes.span, text.start..<DigitText.end, to: &output)
    }

    /// Milliseconds as seconds, as in Prometheus's HTTP API: `1435781451.781`, three decimals or none: `1435781451`.
    public static func appendSeconds(milliseconds: Int64, to output: inout [UInt8]) {
        if milliseconds < 0 { output.append(UInt8(ascii: "-")) }
        let (seconds, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
        let text = DigitText(seconds)
        ApusBytes.append(text.bytes.span, text.start..<DigitText.end, to: &output)
        guard rest != 0 else { return }
        output.append(UInt8(ascii: "."))
        let thousandths = UInt8(truncatingIfNeeded: rest / 100)
        output.append(UInt8(ascii: "0") + thousandths)
        let pair = UInt8(truncatingIfNeeded: rest % 100)
        output.append(UInt8(ascii: "0") + pair / 10)
        output.append(UInt8(ascii: "0") + pair % 10)
    }

    @inline(never)
    private static func appendSpecial(_ value: Double, to output: inout [UInt8]) {
        output.append(contentsOf: value.isNaN ? "NaN".utf8 : value > 0 ? "+Inf".utf8 : "-Inf".utf8)
    }

    /// `digits · 10^exponent` without an exponent.
    @inline(__always)
    private static func appendPlain(_ text: borrowing DigitText, exponent: Int, to output: inout [UInt8]) {
        let point = text.count &+ exponent
        if exponent >= 0 {
            ApusBytes.append(text.bytes.span, text.start..<DigitText.end, to: &output)
            for _ in 0..<exponent { output.append(UInt8(ascii: "0")) }
        } else if point > 0 {
            let split = text.start &+ point
            ApusBytes.append(text.bytes.span, text.start..<split, to: &output)
            output.append(UInt8(ascii: "."))
            ApusBytes.append(text.bytes.span, split..<DigitText.end, to: &output)
        } else {
            output.append(UInt8(ascii: "0"))
            output.append(UInt8(ascii: "."))
            for _ in 0..<(0 &- point) { output.append(UInt8(ascii: "0")) }
            ApusBytes.append(text.bytes.span, text.start..<DigitText.end, to: &output)
        }
    }

    /// `d.ddde±dd`, the exponent of at least two digits.
    @inline(__always)
    private static func appendScientific(_ text: borrowing DigitText, exponent: Int, to output: inout [UInt8]) {
        output.append(text.bytes[text.start])
        if text.count > 1 {
            output.append(UInt8(ascii: "."))
            ApusBytes.append(text.bytes.span, (text.start &+ 1)..<DigitText.end, to: &output)
        }
        output.append(UInt8(ascii: "e"))
        output.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        let magnitude = exponent.magnitude
        if magnitude >= 100 { output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / 100)) }
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / 10 % 10))
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10))
    }
}

/// The decimal digits of a number, at the end of a small buffer.
struct DigitText {
    static let end = 20
    var bytes = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var start = DigitText.end

    var count: Int { Self.end &- start }

    @inline(__always)
    init(_ number: UInt64) {
        var number = number
        // Eight digits at a time, so that the divisions of a long number need not wait for each other.
        while number >= 100_000_000 {
            let (rest, low) = number.quotientAndRemainder(dividingBy: 100_000_000)
            let (upper, lower) = (low / 10_000, low % 10_000)
            set(lower / 100, at: start &- 4)
            set(lower % 100, at: start &- 2)
            set(upper / 100, at: start &- 8)
            set(upper % 100, at: start &- 6)
            start &-= 8
            number = rest
        }
        while number >= 100 {
            start &-= 2
            set(number % 100, at: start)
            number /= 100
        }
        if number >= 10 {
            start &-= 2
            set(number, at: start)
        } else {
            start &-= 1
            bytes[start] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number)
        }
    }

    @inline(__always)
    private mutating func set(_ pair: UInt64, at index: Int) {
        let tens = pair / 10
        bytes[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: tens)
        bytes[index &+ 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: pair &- tens &* 10)
    }
}
