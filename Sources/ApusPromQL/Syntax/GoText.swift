internal import Foundation

/// Text forms of Go's standard library that Prometheus's printed expressions and messages are made of.
enum GoText {
    /// In double quotes, with everything that is not printable escaped.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars { appendEscaped(scalar, quote: "\"", to: &result) }
        return result + "\""
    }

    /// Bytes that may be no UTF-8 in double quotes; those that are not appear as `\xff`.
    static func quoted(_ bytes: [UInt8]) -> String {
        var result = "\""
        var index = 0
        while index < bytes.count {
            var scalar: Unicode.Scalar?
            for length in 1...4 where scalar == nil && index + length <= bytes.count {
                if let text = String(validating: bytes[index..<(index + length)], as: UTF8.self) {
                    scalar = text.unicodeScalars.first
                    index += length
                }
            }
            if let scalar {
                appendEscaped(scalar, quote: "\"", to: &result)
            } else {
                result += "\\x" + hexadecimal(UInt32(bytes[index]), digits: 2)
                index += 1
            }
        }
        return result + "\""
    }

    /// One character in single quotes.
    static func quoted(_ scalar: Unicode.Scalar) -> String {
        var result = "'"
        appendEscaped(scalar, quote: "'", to: &result)
        return result + "'"
    }

    private static func appendEscaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar, to result: inout String) {
        switch scalar {
        case quote, "\\":
            result.unicodeScalars.append("\\")
            result.unicodeScalars.append(scalar)
        case "\u{7}": result += "\\a"
        case "\u{8}": result += "\\b"
        case "\u{c}": result += "\\f"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case "\u{b}": result += "\\v"
        case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
        case _ where scalar.value < 0x20 || scalar.value == 0x7f: result += "\\x" + hexadecimal(scalar.value, digits: 2)
        case _ where scalar.value < 0x10000: result += "\\u" + hexadecimal(scalar.value, digits: 4)
        default: result += "\\U" + hexadecimal(scalar.value, digits: 8)
        }
    }

    static func hexadecimal(_ value: UInt32, digits: Int, uppercase: Bool = false) -> String {
        let text = String(value, radix: 16, uppercase: uppercase)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// Letters, marks, numbers, punctuation, symbols and the plain space.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7f { return scalar.value >= 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator, .paragraphSeparator:
            return false
        default:
            return true
        }
    }

    /// A number without an exponent, in the fewest digits that read back as the same.
    static func decimal(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let text = value.magnitude.description
        let sign = value.sign == .minus ? "-" : ""
        let parts = text.split(separator: "e", maxSplits: 1)
        let mantissa = parts[0].split(separator: ".", maxSplits: 1)
        let whole = String(mantissa[0])
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let digits = whole + fraction
        let point = whole.count + exponent
        if point <= 0 { return trimmed(sign + "0." + String(repeating: "0", count: -point) + digits) }
        if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return trimmed(sign + digits.prefix(point) + "." + digits.dropFirst(point))
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.hasSuffix("0") { text = text.dropLast() }
        return String(text.hasSuffix(".") ? text.dropLast() : text)
    }

    /// With a fixed number of digits behind the point.
    static func fixed(_ value: Double, digits: Int) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return String(format: "%.\(digits)f", value)
    }

    /// A number literal as Go reads it: whole numbers in base 10, 16, or 8 (with a leading zero), floating point, underscores
    /// between digits.
    ///
    /// - Returns: Nil with a reason in Go's words when it is none, or too great.
    static func number(_ text: String) -> (value: Double?, reason: String) {
        if let integer = integer(text) { return (integer, "") }
        let lower = text.lowercased()
        if lower == "inf" { return (.infinity, "") }
        if lower == "nan" { return (.nan, "") }
        guard hasGoodUnderscores(text), isFloatingPoint(lower.filter { $0 != "_" }), let value = Double(lower.filter { $0 != "_" }) else {
            return (nil, "strconv.ParseFloat: parsing \(quoted(text)): invalid syntax")
        }
        guard value.isFinite else { return (nil, "strconv.ParseFloat: parsing \(quoted(text)): value out of range") }
        return (value, "")
    }

    private static func integer(_ text: String) -> Double? {
        guard hasGoodUnderscores(text) else { return nil }
        var digits = Substring(text.lowercased().filter { $0 != "_" })
        var radix = 10
        if digits.hasPrefix("0x") {
            radix = 16
            digits = digits.dropFirst(2)
        } else if digits.count > 1 && digits.hasPrefix("0") {
            radix = 8
            digits = digits.dropFirst()
        }
        guard let first = digits.first, first.isHexDigit, let value = Int64(digits, radix: radix) else { return nil }
        return Double(value)
    }

    /// `digits [. digits] [e [sign] digits]` with a digit before or behind the point.
    private static func isFloatingPoint(_ text: String) -> Bool {
        var rest = Substring(text)
        func digits() -> Int {
            let run = rest.prefix { $0 >= "0" && $0 <= "9" }
            rest = rest[run.endIndex...]
            return run.count
        }
        var count = digits()
        if rest.hasPrefix(".") {
            rest = rest.dropFirst()
            count += digits()
        }
        guard count > 0 else { return false }
        if rest.hasPrefix("e") {
            rest = rest.dropFirst()
            if rest.hasPrefix("+") || rest.hasPrefix("-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// Underscores stand only between digits, or behind a base's prefix.
    private static func hasGoodUnderscores(_ text: String) -> Bool {
        guard text.contains("_") else { return true }
        var previous: Character = "."
        var body = Substring(text)
        if text.lowercased().hasPrefix("0x") {
            previous = "0"
            body = body.dropFirst(2)
        }
        for c in body {
            if c == "_" {
                guard previous.isHexDigit else { return false }
            } else if previous == "_" && !c.isHexDigit {
                return false
            }
            previous = c
        }
        return previous != "_"
    }

    /// The text of a string literal whose form the lexer has checked, without quotes and escapes.
    ///
    /// Bytes that are not UTF-8 (`"\xff"`) become U+FFFD.
    static func unquoted(_ literal: String) -> String { String(decoding: unquotedBytes(literal), as: UTF8.self) }

    static func unquotedBytes(_ literal: String) -> [UInt8] {
        let bytes = Array(literal.utf8)
        guard bytes.count >= 2, let quote = bytes.first else { return [] }
        let inside = bytes[1..<(bytes.count - 1)]
        if quote == UInt8(ascii: "`") || !inside.contains(UInt8(ascii: "\\")) { return Array(inside) }
        var result: [UInt8] = []
        var index = inside.startIndex
        func digits(_ count: Int, radix: Int) -> UInt32 {
            let end = min(index + count, inside.endIndex)
            defer { index = end }
            return UInt32(String(decoding: inside[index..<end], as: UTF8.self), radix: radix) ?? 0xfffd
        }
        while index < inside.endIndex {
            let byte = inside[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < inside.endIndex else {
                result.append(byte)
                continue
            }
            let escape = inside[index]
            index += 1
            switch escape {
            case UInt8(ascii: "a"): result.append(7)
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "v"): result.append(11)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                index -= 1
                result.append(UInt8(truncatingIfNeeded: digits(3, radix: 8)))
            case UInt8(ascii: "x"): result.append(UInt8(truncatingIfNeeded: digits(2, radix: 16)))
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                let scalar = Unicode.Scalar(digits(escape == UInt8(ascii: "u") ? 4 : 8, radix: 16)) ?? "\u{fffd}"
                result.append(contentsOf: String(Character(scalar)).utf8)
            default: result.append(escape)
            }
        }
        return result
    }
}
