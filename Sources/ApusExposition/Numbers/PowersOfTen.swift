/// The leading 128 bits of every power of ten that formatting and parsing a Double can ask for.
///
/// Computed once, at first use, in some 50 µs: exactly, from whole numbers. A positive power of ten has the bits of
/// the power of five; dividing a large power of two by five again and again gives the negative ones, since
/// floor(floor(x / 5) / 5) is floor(x / 25).
enum PowersOfTen {
    static let exponents = -342...324

    /// For each exponent the high and the low half of floor(10^exponent · 2^r), where r makes the highest bit one.
    static let halves: [UInt64] = {
        var negative: [[UInt64]] = []
        // 2^1151: after 342 divisions by five there are still 357 bits.
        var number = [UInt64](repeating: 0, count: 17) + [1 << 63]
        for _ in 1...342 {
            var remainder: UInt64 = 0
            for i in number.indices.reversed() {
                (number[i], remainder) = (5 as UInt64).dividingFullWidth((remainder, number[i]))
            }
            negative.append(leadingBits(number))
        }
        var result = Array(negative.reversed().joined())
        number = [UInt64](repeating: 0, count: 14)
        number[0] = 1
        for _ in 0...324 {
            result += leadingBits(number)
            var carry: UInt64 = 0
            for i in number.indices {
                let product = number[i].multipliedFullWidth(by: 5)
                let (sum, overflow) = product.low.addingReportingOverflow(carry)
                number[i] = sum
                carry = product.high + (overflow ? 1 : 0)
            }
        }
        return result
    }()

    /// Whether the 128 bits are all of the power.
    @inline(__always)
    static func isExact(_ exponent: Int) -> Bool { exponent >= 0 && exponent <= 55 }

    /// floor(log2(10^exponent)), for exponents of at most four digits.
    @inline(__always)
    static func binaryExponent(_ exponent: Int) -> Int { (exponent &* 217_706) >> 16 }

    /// Powers that a Double holds exactly.
    static let exactDoubles: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20,
        1e21, 1e22,
    ]

    /// The highest 128 bits of a little-endian number that is not zero: high half, low half.
    private static func leadingBits(_ number: [UInt64]) -> [UInt64] {
        let top = number.lastIndex { $0 != 0 } ?? 0
        let word = { (i: Int) in i >= 0 ? number[i] : 0 }
        let shift = UInt64(word(top).leadingZeroBitCount)
        // A smart shift by 64 gives zero, which is right for a shift of zero on the left.
        return [
            word(top) << shift | word(top - 1) >> (64 - shift),
            word(top - 1) << shift | word(top - 2) >> (64 - shift),
        ]
    }
}
