internal import ApusBytes

/// One sample as bytes, told by its difference to the sample before it in the same series: the common form of the head's
/// slots and of the write-ahead log, made once and copied to both. At most 16 bytes; `docs/formats/write-ahead-log.md`.
struct EncodedSample {
    /// The bytes, little-endian, `low` first.
    var low: UInt64
    var high: UInt64
    var byteCount: Int
}

/// What the next sample of a series is told against.
struct SampleState: Equatable {
    /// Milliseconds since 1970 UTC; 0 before the first sample.
    var time: Int64 = 0
    var bits: UInt64 = 0
    /// The distance of the last two samples, 0 when it does not fit.
    var step: Int32 = 0

    /// Takes over a sample as the last one.
    @inline(__always)
    mutating func advance(time: Int64, bits: UInt64) {
        step = Int32(exactly: time &- self.time) ?? 0
        self.time = time
        self.bits = bits
    }
}

/// A control byte, then 0, 1, 4 or 7 bytes of time, then 0 to 8 bytes of value.
///
/// Control, low two bits: the time's change of step takes no bytes (0), one (1) or four (2), or the step itself takes
/// seven (3). High six bits: 63, the value is the one before; else `8 t + n - 1`: its exclusive-or with the one before is
/// `n` bytes shifted left by `t` (at most 5) bytes.
enum SampleCodec {
    static let byteCountMax = 16
    private static let same: UInt64 = 63

    @inline(__always)
    static func encode(time: Int64, bits: UInt64, after state: SampleState) -> EncodedSample {
        let step = time &- state.time
        let change = step &- Int64(state.step)
        var low: UInt64
        var used: UInt64
        if change == 0 {
            (low, used) = (0, 8)
        } else if Int64(Int8(truncatingIfNeeded: change)) == change {
            (low, used) = (1 | UInt64(UInt8(truncatingIfNeeded: change)) &<< 8, 16)
        } else if Int64(Int32(truncatingIfNeeded: change)) == change {
            (low, used) = (2 | UInt64(UInt32(truncatingIfNeeded: change)) &<< 8, 40)
        } else {
            (low, used) = (3 | UInt64(bitPattern: step) &<< 8, 64)
        }
        let difference = bits ^ state.bits
        if difference == 0 {
            return EncodedSample(low: low | same &<< 2, high: 0, byteCount: Int(used &>> 3))
        }
        let shift = min(UInt64(difference.trailingZeroBitCount) &>> 3, 5)
        let value = difference &>> (shift &<< 3)
        let count = 8 &- UInt64(value.leadingZeroBitCount) &>> 3
        low |= (shift &<< 3 | (count &- 1)) &<< 2
        let total = Int(used &>> 3 &+ count)
        if used == 64 { return EncodedSample(low: low, high: value, byteCount: total) }
        return EncodedSample(low: low | value &<< used, high: value &>> (64 &- used), byteCount: total)
    }

    /// Reads one sample, moves `state` to it and returns how many bytes it took; nil when the bytes are no sample.
    @inline(__always)
    static func decode(
        _ bytes: borrowing Span<UInt8>, at offset: Int, end: Int, after state: inout SampleState
    ) -> Int? {
        guard offset < end else { return nil }
        let control = UInt64(bytes[offset])
        var at = offset &+ 1
        let step: Int64
        switch control & 3 {
        case 0: step = Int64(state.step)
        case 1:
            guard at < end else { return nil }
            step = Int64(state.step) &+ Int64(Int8(bitPattern: bytes[at]))
            at &+= 1
        case 2:
            guard end &- at >= 4 else { return nil }
            step = Int64(state.step) &+ Int64(Int32(truncatingIfNeeded: load(bytes, at: at, count: 4)))
            at &+= 4
        default:
            guard end &- at >= 7 else { return nil }
            step = Int64(bitPattern: load(bytes, at: at, count: 7) &<< 8) &>> 8
            at &+= 7
        }
        let code = control &>> 2
        if code != same {
            let count = Int(code & 7) &+ 1
            let shift = code &>> 3
            guard end &- at >= count, count &+ Int(shift) <= 8 else { return nil }
            state.bits ^= load(bytes, at: at, count: count) &<< (shift &<< 3)
            at &+= count
        }
        state.step = Int32(exactly: step) ?? 0
        state.time = state.time &+ step
        return at &- offset
    }

    /// `count` (1 to 8) bytes at `offset`, little-endian.
    @inline(__always)
    static func load(_ bytes: borrowing Span<UInt8>, at offset: Int, count: Int) -> UInt64 {
        if offset &+ 8 <= bytes.count {
            return loadLittleEndian64(bytes, at: offset) & (~0 &>> (UInt64(8 &- count) &<< 3))
        }
        var value: UInt64 = 0
        for i in 0..<count { value |= UInt64(bytes[offset &+ i]) &<< UInt64(i &<< 3) }
        return value
    }
}
