internal import ApusBytes

/// What a column of integers may be decoded into: the integers, or doubles that hold their bits for a while.
protocol IntegerSlot {
    init(pattern: Int64)
    var pattern: Int64 { get }
}

extension Int64: IntegerSlot {
    init(pattern: Int64) { self = pattern }
    var pattern: Int64 { self }
}

extension Double: IntegerSlot {
    init(pattern: Int64) { self = Double(bitPattern: UInt64(bitPattern: pattern)) }
    var pattern: Int64 { Int64(bitPattern: bitPattern) }
}

/// A column of 64-bit integers as differences in a bit-packed frame; drawn in `docs/formats/block.md`.
enum IntegerColumn {
    private enum Flag {
        static let order: UInt8 = 0x03
        static let base: UInt8 = 0x04
        static let shift: UInt8 = 0x08
        static let patches: UInt8 = 0x10
        static let known: UInt8 = 0x1f
    }

    static func encode(_ values: borrowing Span<Int64>, into bytes: inout [UInt8]) {
        guard values.count > 0 else { return }
        var residuals: [Int64] = []
        let plan = IntegerPlan(values, residuals: &residuals)
        var flags = UInt8(plan.order)
        if plan.base != 0 { flags |= Flag.base }
        if plan.shift != 0 { flags |= Flag.shift }
        if !plan.patches.isEmpty { flags |= Flag.patches }
        bytes.append(flags)
        bytes.append(UInt8(plan.width))
        if plan.order > 0 { bytes.appendZigzag(values[0]) }
        if plan.order > 1 { bytes.appendZigzag(values[1] &- values[0]) }
        if plan.base != 0 { bytes.appendZigzag(plan.base) }
        if plan.shift != 0 { bytes.append(UInt8(plan.shift)) }
        if !plan.patches.isEmpty {
            bytes.appendVarint(UInt64(plan.patches.count))
            var next = 0
            for index in plan.patches {
                bytes.appendVarint(UInt64(index - next))
                bytes.appendZigzag(residuals[index] &- plan.base)
                residuals[index] = plan.base
                next = index + 1
            }
        }
        pack(residuals.span, plan, into: &bytes)
    }

    /// Little-endian: residual `i` takes bits `i * width ..< (i + 1) * width`.
    private static func pack(_ residuals: borrowing Span<Int64>, _ plan: IntegerPlan, into bytes: inout [UInt8]) {
        let width = plan.width
        guard width > 0, residuals.count > 0 else { return }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: (residuals.count * width + 7) / 8))
        var out = bytes.mutableSpan
        var at = start
        var word: UInt64 = 0
        var filled = 0
        for i in residuals.indices {
            let offset = UInt64(bitPattern: residuals[i] &- plan.base) >> UInt64(plan.shift)
            word |= offset &<< UInt64(filled)
            filled &+= width
            if filled >= 64 {
                for shift in 0..<8 { out[at &+ shift] = UInt8(truncatingIfNeeded: word &>> UInt64(8 &* shift)) }
                at &+= 8
                filled &-= 64
                word = filled == 0 ? 0 : offset &>> UInt64(width &- filled)
            }
        }
        while filled > 0 {
            out[at] = UInt8(truncatingIfNeeded: word)
            word >>= 8
            filled &-= 8
            at &+= 1
        }
    }

    /// Decodes `out.count - start` integers into `out[start...]`.
    ///
    /// - Returns: Where the column ends in `bytes`.
    static func decode<Slot: IntegerSlot>(
        _ bytes: borrowing Span<UInt8>, _ reader: ByteReader, into out: inout MutableSpan<Slot>, from start: Int
    ) throws(DecodingError) -> Int {
        let count = out.count - start
        guard count > 0 else { return reader.offset }
        var reader = reader
        let flags = try reader.byte(bytes)
        let width = Int(try reader.byte(bytes))
        let order = Int(flags & Flag.order)
        guard flags & ~Flag.known == 0, order <= 2, order <= count, width <= 64 else {
            throw DecodingError("unknown form of column", at: reader.offset)
        }
        let first = order > 0 ? try reader.zigzag(bytes) : 0
        let firstDelta = order > 1 ? try reader.zigzag(bytes) : 0
        let base = flags & Flag.base != 0 ? try reader.zigzag(bytes) : 0
        let shift = flags & Flag.shift != 0 ? Int(try reader.byte(bytes)) : 0
        guard shift < 64 else { throw DecodingError("shift of 64 or more", at: reader.offset) }

        var patchReader = reader
        if flags & Flag.patches != 0 {
            for _ in 0..<(try reader.count(bytes, itemByteCount: 2)) {
                _ = try reader.varint(bytes)
                _ = try reader.varint(bytes)
            }
        }
        let residualCount = count - order
        let (bitCount, overflow) = residualCount.multipliedReportingOverflow(by: width)
        guard !overflow, (bitCount + 7) / 8 <= reader.remaining else {
            throw DecodingError("packed numbers pass the end", at: reader.offset)
        }
        let residualStart = start + order
        unpack(bytes, at: reader.offset, width: width, shift: shift, base: base, into: &out, from: residualStart)

        if flags & Flag.patches != 0 {
            var next = 0
            for _ in 0..<(try patchReader.count(bytes, itemByteCount: 2)) {
                let gap = try patchReader.varint(bytes)
                guard gap < UInt64(residualCount - next) else { throw DecodingError("patch passes the end", at: patchReader.offset) }
                next += Int(gap)
                out[residualStart + next] = Slot(pattern: base &+ (try patchReader.zigzag(bytes)))
                next += 1
            }
        }
        sum(&out, from: start, order: order, first: first, firstDelta: firstDelta)
        return reader.offset + (bitCount + 7) / 8
    }

    private static func unpack<Slot: IntegerSlot>(
        _ bytes: borrowing Span<UInt8>, at offset: Int, width: Int, shift: Int, base: Int64, into out: inout MutableSpan<Slot>,
        from start: Int
    ) {
        let end = out.count
        if width == 0 {
            let slot = Slot(pattern: base)
            for i in start..<end { out[i] = slot }
            return
        }
        let mask = UInt64.max >> UInt64(64 - width)
        var bit = 0
        var i = start
        // One load holds a number of up to 57 bits at any bit offset.
        if width <= 57 {
            while i < end {
                let at = offset &+ bit &>> 3
                guard bytes.count &- at >= 8 else { break }
                let number = (loadLittleEndian64(bytes, at: at) &>> UInt64(bit & 7)) & mask
                out[i] = Slot(pattern: base &+ Int64(bitPattern: number &<< UInt64(shift)))
                bit &+= width
                i &+= 1
            }
        }
        // A wider one may need a ninth byte.
        while i < end {
            let at = offset &+ bit &>> 3
            guard width > 57, bytes.count &- at >= 9 else { break }
            let skipped = UInt64(bit & 7)
            let low = loadLittleEndian64(bytes, at: at) &>> skipped
            let number = (skipped == 0 ? low : low | UInt64(bytes[at &+ 8]) &<< (64 &- skipped)) & mask
            out[i] = Slot(pattern: base &+ Int64(bitPattern: number &<< UInt64(shift)))
            bit &+= width
            i &+= 1
        }
        // At the end of the bytes there is no room for such loads.
        while i < end {
            var number: UInt64 = 0
            var got = 0
            while got < width {
                let skipped = (bit &+ got) & 7
                number |= (UInt64(bytes[offset &+ (bit &+ got) &>> 3]) &>> UInt64(skipped)) &<< UInt64(got)
                got &+= 8 &- skipped
            }
            out[i] = Slot(pattern: base &+ Int64(bitPattern: (number & mask) &<< UInt64(shift)))
            bit &+= width
            i &+= 1
        }
    }

    /// Turns residuals into the values they are differences of.
    private static func sum<Slot: IntegerSlot>(
        _ out: inout MutableSpan<Slot>, from start: Int, order: Int, first: Int64, firstDelta: Int64
    ) {
        switch order {
        case 1:
            var value = first
            out[start] = Slot(pattern: value)
            for i in (start &+ 1)..<out.count {
                value &+= out[i].pattern
                out[i] = Slot(pattern: value)
            }
        case 2:
            var value = first &+ firstDelta
            var delta = firstDelta
            out[start] = Slot(pattern: first)
            out[start &+ 1] = Slot(pattern: value)
            for i in (start &+ 2)..<out.count {
                delta &+= out[i].pattern
                value &+= delta
                out[i] = Slot(pattern: value)
            }
        default: break
        }
    }
}
