internal import ApusBytes

/// Chooses how a column of values is written, and writes it.
enum ValueEncoder {
    static func encode(_ values: borrowing Span<Double>, into bytes: inout [UInt8]) {
        guard values.count > 0 else { return }
        var integers: [Int64] = []
        integers.reserveCapacity(values.count)
        var exceptions: [Int] = []

        // Three values tell the digits of nearly every column; only when they do not, all are looked at.
        let probe = [values[0], values[values.count / 2], values[values.count - 1]]
        var decimals = decimals(of: probe.span)
        scale(values, decimals, &integers, &exceptions)
        if !exceptions.isEmpty {
            decimals = Self.decimals(of: values)
            integers.removeAll(keepingCapacity: true)
            exceptions.removeAll(keepingCapacity: true)
            scale(values, decimals, &integers, &exceptions)
        }
        if exceptions.isEmpty {
            bytes.append(UInt8(decimals))
            return IntegerColumn.encode(integers.span, into: &bytes)
        }
        let notFiniteCount = exceptions.reduce(0) { $0 + (values[$1].isFinite ? 0 : 1) }
        let areMarkers = notFiniteCount == exceptions.count && areEqual(values, exceptions)
        if areMarkers && exceptions.count < values.count {
            return write(UInt8(decimals), integers.span, exceptions, values, into: &bytes)
        }
        // Not all fit: try what may do, and keep the shortest.
        var best: [UInt8] = []
        if 2 * exceptions.count < values.count {
            write(UInt8(decimals), integers.span, exceptions, values, into: &best)
        }
        var other: [UInt8] = []
        for keepsNotFinite in [false, true] {
            // What is not finite lies far from the rest; it is worth a place among them when there is no rest to speak of.
            guard keepsNotFinite ? notFiniteCount == 0 || 4 * notFiniteCount > values.count : notFiniteCount > 0 else { continue }
            takeBits(values, keepsNotFinite, &integers, &exceptions)
            guard exceptions.count < values.count else { continue }
            other.removeAll(keepingCapacity: true)
            write(ChunkCodec.Flag.bits, integers.span, exceptions, values, into: &other)
            if best.isEmpty || other.count < best.count { swap(&best, &other) }
        }
        bytes.append(contentsOf: best)
    }

    /// The least number of digits behind the point that makes integers of most values.
    private static func decimals(of values: borrowing Span<Double>) -> Int {
        let powers = ChunkCodec.powersOfTen
        var decimals = 0
        var misses = 0
        for i in values.indices {
            let value = values[i]
            if integer(value, powers[decimals]) != nil { continue }
            var more = decimals + 1
            while more <= ChunkCodec.decimalsMax && integer(value, powers[more]) == nil { more += 1 }
            if more <= ChunkCodec.decimalsMax {
                decimals = more
            } else {
                misses += 1
                if misses > 8 + i / 4 && value.isFinite { break }
            }
        }
        return decimals
    }

    /// The integer that divided by `power` is `value`, bit by bit; nil when there is none.
    @inline(__always)
    private static func integer(_ value: Double, _ power: Double) -> Int64? {
        let scaled = value * power
        // Adding and taking away 2^52 rounds to an integer, without a call into the mathematics library.
        let shift = Double(signOf: scaled, magnitudeOf: 0x1p52)
        let rounded = abs(scaled) < 0x1p52 ? (scaled + shift) - shift : scaled
        guard abs(rounded) <= ChunkCodec.integerMax else { return nil }
        let integer = Int64(rounded)
        return (Double(integer) / power).bitPattern == value.bitPattern ? integer : nil
    }

    private static func scale(
        _ values: borrowing Span<Double>, _ decimals: Int, _ integers: inout [Int64], _ exceptions: inout [Int]
    ) {
        let power = ChunkCodec.powersOfTen[decimals]
        for i in values.indices {
            let value = values[i]
            if let integer = integer(value, power) {
                integers.append(integer)
            } else {
                exceptions.append(i)
            }
        }
    }

    private static func takeBits(
        _ values: borrowing Span<Double>, _ keepsNotFinite: Bool, _ integers: inout [Int64], _ exceptions: inout [Int]
    ) {
        integers.removeAll(keepingCapacity: true)
        exceptions.removeAll(keepingCapacity: true)
        for i in values.indices {
            if keepsNotFinite || values[i].isFinite {
                integers.append(ChunkCodec.ordered(values[i].pattern))
            } else {
                exceptions.append(i)
            }
        }
    }

    /// Whether all the exceptions have the same bits.
    private static func areEqual(_ values: borrowing Span<Double>, _ exceptions: [Int]) -> Bool {
        for index in exceptions where values[index].bitPattern != values[exceptions[0]].bitPattern { return false }
        return true
    }

    private static func write(
        _ form: UInt8, _ integers: borrowing Span<Int64>, _ exceptions: [Int], _ values: borrowing Span<Double>, into bytes: inout [UInt8]
    ) {
        guard let first = exceptions.first else {
            bytes.append(form)
            return IntegerColumn.encode(integers, into: &bytes)
        }
        let pattern = values[first].bitPattern
        let isEqual = areEqual(values, exceptions)
        bytes.append(form | ChunkCodec.Flag.exceptions | (isEqual ? ChunkCodec.Flag.exceptionsEqual : 0))
        bytes.appendVarint(UInt64(exceptions.count))
        if isEqual { bytes.appendFixed64(pattern) }
        var next = 0
        for index in exceptions {
            bytes.appendVarint(UInt64(index - next))
            if !isEqual { bytes.appendFixed64(values[index].bitPattern) }
            next = index + 1
        }
        IntegerColumn.encode(integers, into: &bytes)
    }
}
