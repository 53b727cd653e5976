/// A decimal number: `digits · 10^exponent`, with no zero at the end of the digits (except for zero itself).
struct ShortestDigits {
    var digits: UInt64
    var exponent: Int

    /// The shortest decimal that reads back as this number, and of several the closest to it.
    ///
    /// Schubfach, after R. Giulietti, "The Schubfach way to render doubles" (2020): scale the interval of numbers that
    /// round to `magnitude` by a power of ten such that it holds one or a few whole numbers, and pick among them.
    /// - Parameter magnitude: Finite, positive or zero.
    /// - Complexity: O(1), some 5 to 30 ns.
    @inline(__always)
    init(_ magnitude: Double) {
        // Whole numbers of less than 2^53, and those with up to three decimals: what most metrics are.
        if magnitude < 1e12 {
            let thousandths = (magnitude * 1000).rounded(.toNearestOrEven)
            // Of the decimals with at most 15 digits no two round to the same number, so this is the only short one.
            if thousandths / 1000 == magnitude {
                self.init(stripping: UInt64(thousandths), exponent: -3)
                return
            }
        } else if magnitude < 0x1p53, magnitude.rounded(.towardZero) == magnitude {
            self.init(stripping: UInt64(magnitude), exponent: 0)
            return
        }
        self.init(anyOf: magnitude)
    }

    @inline(never)
    private init(anyOf magnitude: Double) {
        let bits = magnitude.bitPattern
        let fraction = bits & 0x000f_ffff_ffff_ffff
        let biased = Int(bits >> 52)
        guard fraction != 0 || biased != 0 else {
            self.init(stripping: 0, exponent: 0)
            return
        }
        let significand = biased == 0 ? fraction : fraction | 1 << 52
        let binary = max(biased, 1) - 1075
        // Below a power of two the neighbours stand twice as close.
        let isLowerCloser = fraction == 0 && biased > 1
        let scale = (binary &* 1_262_611 &- (isLowerCloser ? 524_031 : 0)) >> 22
        let shift = UInt64(truncatingIfNeeded: binary &+ PowersOfTen.binaryExponent(-scale) &+ 1)

        let index = (-scale &- PowersOfTen.exponents.lowerBound) &* 2
        var (high, low) = (PowersOfTen.halves[index], PowersOfTen.halves[index &+ 1])
        if !PowersOfTen.isExact(-scale) {
            low &+= 1
            if low == 0 { high &+= 1 }
        }
        // All in quarters of the scaled unit, rounded to odd, so that comparisons are those of the exact values.
        let exact = Self.scaled(significand &* 4, shift, high, low)
        let isOdd = significand & 1
        let lowest = Self.scaled(significand &* 4 &- (isLowerCloser ? 1 : 2), shift, high, low) &+ isOdd
        let highest = Self.scaled(significand &* 4 &+ 2, shift, high, low) &- isOdd

        let whole = exact / 4
        if whole >= 10 {
            let tens = whole / 10
            let isBelowInside = lowest <= 40 &* tens
            let isAboveInside = 40 &* tens &+ 40 <= highest
            if isBelowInside != isAboveInside {
                self.init(stripping: tens &+ (isAboveInside ? 1 : 0), exponent: scale &+ 1)
                return
            }
        }
        let isBelowInside = lowest <= 4 &* whole
        let isAboveInside = 4 &* whole &+ 4 <= highest
        let isUp: Bool
        if isBelowInside != isAboveInside {
            isUp = isAboveInside
        } else {
            let middle = 4 &* whole &+ 2
            isUp = exact > middle || (exact == middle && whole & 1 != 0)
        }
        self.init(stripping: whole &+ (isUp ? 1 : 0), exponent: scale)
    }

    @inline(__always)
    private init(stripping digits: UInt64, exponent: Int) {
        var (digits, exponent) = (digits, exponent)
        if digits == 0 {
            exponent = 0
        } else {
            while digits >= 100_000_000, digits % 100_000_000 == 0 {
                digits /= 100_000_000
                exponent &+= 8
            }
            while digits % 10 == 0 {
                digits /= 10
                exponent &+= 1
            }
        }
        self.digits = digits
        self.exponent = exponent
    }

    /// floor(significand · 2^shift · power / 2^128), its lowest bit set when anything was cut off.
    @inline(__always)
    private static func scaled(_ significand: UInt64, _ shift: UInt64, _ high: UInt64, _ low: UInt64) -> UInt64 {
        let factor = significand &<< shift
        let lower = low.multipliedFullWidth(by: factor).high
        let upper = high.multipliedFullWidth(by: factor)
        let (middle, carry) = upper.low.addingReportingOverflow(lower)
        return (upper.high &+ (carry ? 1 : 0)) | (middle > 1 ? 1 : 0)
    }
}
