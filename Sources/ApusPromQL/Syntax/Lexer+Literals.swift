/// Numbers, durations and strings.
extension Lexer {
    /// What stands in a string is checked here, so that `GoText.unquoted` can trust it.
    mutating func string(_ quote: UInt8) throws(ParseError) -> Token {
        position += 1
        let isRaw = quote == UInt8(ascii: "`")
        while let byte = peek {
            if byte == quote {
                position += 1
                return make(.string)
            }
            if byte == UInt8(ascii: "\n") && !isRaw { break }
            // U+FFFD is what a decoder makes of bytes that are not UTF-8, and refused as Prometheus refuses those.
            if byte == 0xef && peek(1) == 0xbf && peek(2) == 0xbd { throw fault("invalid UTF-8 rune") }
            position += 1
            if byte == UInt8(ascii: "\\") && !isRaw { try escape(quote) }
        }
        throw fault(isRaw ? "unterminated raw string" : "unterminated quoted string")
    }

    /// Behind a backslash.
    private mutating func escape(_ quote: UInt8) throws(ParseError) {
        guard let byte = peek else { throw fault("escape sequence not terminated") }
        let (count, radix, highest): (Int, UInt32, UInt32)
        switch byte {
        case quote, UInt8(ascii: "\\"), UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"), UInt8(ascii: "v"):
            position += 1
            return
        case UInt8(ascii: "0")...UInt8(ascii: "7"): (count, radix, highest) = (3, 8, 255)
        case UInt8(ascii: "x"): (count, radix, highest) = (2, 16, 255)
        case UInt8(ascii: "u"): (count, radix, highest) = (4, 16, 0x10ffff)
        case UInt8(ascii: "U"): (count, radix, highest) = (8, 16, 0x10ffff)
        default: throw fault("unknown escape sequence \(namedNext())")
        }
        if radix == 16 { position += 1 }
        var value: UInt64 = 0
        for _ in 0..<count {
            guard let byte = peek else { throw fault("escape sequence not terminated") }
            guard let digit = Self.digit(byte), digit < radix else {
                throw fault("illegal character \(namedNext()) in escape sequence")
            }
            value = value &* UInt64(radix) &+ UInt64(digit)
            position += 1
        }
        if value > UInt64(highest) || (0xd800..<0xe000).contains(value) {
            throw fault("escape sequence is an invalid Unicode code point")
        }
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        if isDigit(byte) { return UInt32(byte - 0x30) }
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "f") ? UInt32(lower - UInt8(ascii: "a") + 10) : nil
    }

    /// The next character as `U+0071 'q'`.
    private func namedNext() -> String {
        guard let scalar = nextScalar else { return "U+FFFD" }
        let code = "U+" + GoText.hexadecimal(scalar.value, digits: 4, uppercase: true)
        return GoText.isPrintable(scalar) ? "\(code) '\(scalar)'" : code
    }

    mutating func numberOrDuration() throws(ParseError) -> Token {
        if scanNumber() { return make(.number) }
        if scanRestOfDuration() { return make(.duration) }
        throw fault("bad number or duration syntax: \(GoText.quoted(make(.number).text))")
    }

    /// The units and numbers behind a duration's first number; their order is checked when it is read.
    private mutating func scanRestOfDuration() -> Bool {
        guard accept("smhdwy") else { return false }
        _ = accept("s")
        while accept("0123456789") {
            while accept("0123456789") {}
            guard accept("smhdw") else { return false }
            _ = accept("s")
        }
        guard let byte = peek, Self.isLetter(byte) || Self.isDigit(byte) else { return true }
        position += 1
        return false
    }

    /// A run that looks like a number, which is read (and may be refused) later.
    ///
    /// - Returns: False when a letter follows or a sign of a number stands where none may; `position` is then behind it.
    private mutating func scanNumber() -> Bool {
        var isHexadecimal = false
        if accept("0") && accept("xX") {
            isHexadecimal = true
            _ = accept("_")
        }
        let first = position
        _ = accept(".")
        acceptDigit(isHexadecimal)
        var (hasPoint, hasExponent) = (false, false)
        while let byte = peek {
            if byte == UInt8(ascii: ".") {
                position += 1
                if hasPoint || accept("_.") || isHexadecimal { return false }
                hasPoint = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                position += 1
                if hasExponent { return false }
                hasExponent = true
                _ = accept("+-")
                if accept("._eE") || peek == nil { return false }
            } else if byte == UInt8(ascii: "_") {
                position += 1
                if accept("._eE") || peek == nil { return false }
            } else if Self.isDigit(byte) || (isHexadecimal && Self.digit(byte) != nil) {
                while let digit = peek, Self.isDigit(digit) || (isHexadecimal && Self.digit(digit) != nil) { position += 1 }
            } else {
                break
            }
        }
        if position == first && !isHexadecimal && first == start { return false }
        guard let byte = peek else { return true }
        return !Self.isLetter(byte) && !Self.isDigit(byte)
    }

    private mutating func acceptDigit(_ isHexadecimal: Bool) {
        if let byte = peek, Self.isDigit(byte) || (isHexadecimal && Self.digit(byte) != nil) { position += 1 }
    }
}
