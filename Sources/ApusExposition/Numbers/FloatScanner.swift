internal import ApusBytes

/// Reads numbers out of text as Go's `strconv.ParseFloat` does, without hexadecimal and underscores.
///
/// `1`, `-1.5`, `.5`, `1.`, `1e-05`, and in any case of letters `inf`, `+Inf`, `-infinity`, `nan`; correctly rounded.
enum FloatScanner {
    /// The number that begins at `at`, which is moved behind it; nil, when there is none or it is too large for a Double.
    ///
    /// What follows the number is the caller's to judge. Every NaN is the ordinary one.
    /// - Complexity: O(length); 5 to 20 ns.
    @inline(__always)
    static func scan(_ bytes: borrowing Span<UInt8>, _ at: inout Int, end: Int) -> Double? {
        let start = at
        var offset = at
        guard offset < end else { return nil }
        let isNegative = bytes[offset] == UInt8(ascii: "-")
        if isNegative || bytes[offset] == UInt8(ascii: "+") { offset &+= 1 }
        var digits: UInt64 = 0
        let digitsStart = offset
        // Up to nineteen digits fit; longer numbers go the slow way.
        while offset < end, case let digit = bytes[offset] &- UInt8(ascii: "0"), digit < 10 {
            digits = digits &* 10 &+ UInt64(digit)
            offset &+= 1
        }
        var digitCount = offset &- digitsStart
        var exponent = 0
        if offset < end && bytes[offset] == UInt8(ascii: ".") {
            offset &+= 1
            let fractionStart = offset
            while offset < end, case let digit = bytes[offset] &- UInt8(ascii: "0"), digit < 10 {
                digits = digits &* 10 &+ UInt64(digit)
                offset &+= 1
            }
            exponent = fractionStart &- offset
            digitCount &-= exponent
        }
        guard digitCount > 0 else { return special(bytes, &at, end: end) }
        if offset < end && bytes[offset] | 0x20 == UInt8(ascii: "e") {
            guard let power = scanExponent(bytes, &offset, end: end) else { return nil }
            exponent &+= power
        }
        at = offset
        guard digitCount <= 19 else { return slow(bytes, start..<offset) }
        if digits < 1 << 53 && exponent >= -22 && exponent <= 22 {
            // Both are exact in a Double, so one operation rounds correctly.
            let power = PowersOfTen.exactDoubles[Int(exponent.magnitude)]
            let magnitude = exponent < 0 ? Double(digits) / power : Double(digits) * power
            return isNegative ? -magnitude : magnitude
        }
        guard let magnitude = rounded(digits, exponent) else { return slow(bytes, start..<offset) }
        return isNegative ? -magnitude : magnitude
    }

    /// The whole of a run as a number.
    static func number(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Double? {
        var at = range.lowerBound
        guard let value = scan(bytes, &at, end: range.upperBound), at == range.upperBound else { return nil }
        return value
    }

    private static func scanExponent(_ bytes: borrowing Span<UInt8>, _ offset: inout Int, end: Int) -> Int? {
        offset &+= 1
        var isNegative = false
        if offset < end, bytes[offset] == UInt8(ascii: "-") || bytes[offset] == UInt8(ascii: "+") {
            isNegative = bytes[offset] == UInt8(ascii: "-")
            offset &+= 1
        }
        let start = offset
        var power = 0
        while offset < end, case let digit = bytes[offset] &- UInt8(ascii: "0"), digit < 10 {
            // Far above what a number of any allowed length could make up for.
            if power < 1_000_000_000 { power = power &* 10 &+ Int(digit) }
            offset &+= 1
        }
        guard offset > start else { return nil }
        return isNegative ? -power : power
    }

    /// `digits · 10^exponent`, correctly rounded, after D. Lemire, "Number Parsing at a Gigabyte per Second" (2021): one
    /// multiplication by 64 or 128 bits of the power of ten.
    ///
    /// - Returns: nil where these bits do not decide, and for what is subnormal, zero or infinite.
    @inline(never)
    private static func rounded(_ digits: UInt64, _ exponent: Int) -> Double? {
        guard digits != 0 else { return 0 }
        guard exponent >= -342 && exponent <= 308 else { return nil }
        let leadingZeroCount = digits.leadingZeroBitCount
        let normalized = digits << UInt64(leadingZeroCount)
        let index = (exponent &- PowersOfTen.exponents.lowerBound) &* 2
        var (powerHigh, powerLow) = (PowersOfTen.halves[index], PowersOfTen.halves[index &+ 1])
        if exponent < 0 {
            powerLow &+= 1
            if powerLow == 0 { powerHigh &+= 1 }
        }
        var (upper, lower) = normalized.multipliedFullWidth(by: powerHigh)
        if upper & 0x1ff == 0x1ff {
            let more = normalized.multipliedFullWidth(by: powerLow).high
            let (sum, carry) = lower.addingReportingOverflow(more)
            lower = sum
            if carry { upper &+= 1 }
        }
        if lower == .max && (exponent < -27 || exponent > 55) { return nil }
        let upperBit = upper >> 63
        let shift = upperBit &+ 9
        var mantissa = upper >> shift
        var power = PowersOfTen.binaryExponent(exponent) &+ 63 &+ Int(upperBit) &- leadingZeroCount &+ 1023
        guard power > 0 else { return nil }
        // Halfway between two numbers: only possible for small powers, and then the even one is right.
        if lower <= 1 && exponent >= -4 && exponent <= 23 && mantissa & 3 == 1 && mantissa << shift == upper {
            mantissa &= ~1
        }
        mantissa = (mantissa &+ (mantissa & 1)) >> 1
        if mantissa >= 1 << 53 {
            mantissa = 1 << 52
            power &+= 1
        }
        guard power < 0x7ff else { return nil }
        return Double(bitPattern: UInt64(power) << 52 | (mantissa & 0x000f_ffff_ffff_ffff))
    }

    /// Through the C library; the text is known to be a decimal number.
    @inline(never)
    private static func slow(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Double? {
        guard let text = string(bytes, range), let value = Double(text), value.isFinite else { return nil }
        return value
    }

    @inline(never)
    private static func special(_ bytes: borrowing Span<UInt8>, _ at: inout Int, end: Int) -> Double? {
        var offset = at
        let sign = bytes[offset]
        if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { offset += 1 }
        let wordStart = offset
        while offset < end, bytes[offset] | 0x20 >= UInt8(ascii: "a"), bytes[offset] | 0x20 <= UInt8(ascii: "z"),
            offset - wordStart < 9
        {
            offset += 1
        }
        guard let word = string(bytes, wordStart..<offset)?.lowercased() else { return nil }
        let value: Double
        switch word {
        case "inf", "infinity": value = sign == UInt8(ascii: "-") ? -.infinity : .infinity
        case "nan" where wordStart == at: value = .nan
        default: return nil
        }
        at = offset
        return value
    }
}
