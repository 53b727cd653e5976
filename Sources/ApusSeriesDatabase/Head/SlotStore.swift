internal import ApusBytes

/// The bytes of all samples of a head: an open slot for each series, and the full ones, which never change again.
struct SlotStore {
    static let segmentSlotCount = 8192

    /// The open slots, `Slot.byteCount` bytes for each series.
    var open: [UInt8] = []
    /// Full slots in segments of `segmentSlotCount`, so that growing copies nothing.
    private(set) var segments: [[UInt8]] = []
    private(set) var fullCount = 0

    var byteCount: Int { open.capacity + segments.count * Self.segmentSlotCount * Slot.byteCount }

    mutating func addSeries() {
        open.reserveMore(Slot.byteCount)
        for _ in 0..<Slot.byteCount / 16 { open.append(contentsOf: Self.zeros) }
    }

    private static let zeros = [UInt8](repeating: 0, count: 16)

    /// Where a full slot starts.
    static func place(of slot: UInt32) -> (segment: Int, start: Int) {
        (Int(slot) / segmentSlotCount, Int(slot) % segmentSlotCount * Slot.byteCount)
    }

    /// Copies an open slot behind the full ones; the new slot's number.
    private mutating func seal(at start: Int) -> UInt32 {
        var segment: [UInt8] = []
        if fullCount % Self.segmentSlotCount == 0 {
            segment.reserveCapacity(Self.segmentSlotCount * Slot.byteCount)
        } else {
            segment = segments.removeLast()
        }
        append(open.span, start..<start + Slot.byteCount, to: &segment)
        segments.append(segment)
        fullCount += 1
        return UInt32(fullCount - 1)
    }

    /// Adds an encoded sample to a series: to its open slot, or to a fresh one when that is full.
    @inline(__always)
    mutating func push(
        _ encoded: EncodedSample, time: Int64, bits: UInt64, series: Int, cell: inout SeriesCell
    ) {
        let start = series &* Slot.byteCount
        let used = Int(cell.usedByteCount)
        if !cell.isEmpty && used &+ encoded.byteCount <= Slot.byteCount && cell.openCount < 255 {
            var span = open.mutableSpan
            if used &+ SampleCodec.byteCountMax <= Slot.byteCount {
                storeLittleEndian64(encoded.low, in: &span, at: start &+ used)
                if encoded.byteCount > 8 { storeLittleEndian64(encoded.high, in: &span, at: start &+ used &+ 8) }
            } else {
                for i in 0..<encoded.byteCount {
                    let word = i < 8 ? encoded.low : encoded.high
                    span[start &+ used &+ i] = UInt8(truncatingIfNeeded: word &>> UInt64((i & 7) &<< 3))
                }
            }
            cell.usedByteCount = UInt8(truncatingIfNeeded: used &+ encoded.byteCount)
            cell.openCount &+= 1
            cell.last.advance(time: time, bits: bits)
        } else {
            begin(time: time, bits: bits, series: series, cell: &cell)
        }
    }

    /// Seals the open slot, if it holds anything, and begins a new one with this sample.
    @inline(never)
    private mutating func begin(time: Int64, bits: UInt64, series: Int, cell: inout SeriesCell) {
        let start = series * Slot.byteCount
        if cell.isEmpty {
            cell.minTime = min(cell.minTime, time)
        } else {
            open[start + 24] = cell.openCount
            open[start + 25] = cell.usedByteCount
            for i in 0..<4 { open[start + 20 + i] = UInt8(truncatingIfNeeded: cell.newestSlot &>> UInt32(8 * i)) }
            cell.newestSlot = seal(at: start)
        }
        cell.last.advance(time: time, bits: bits)
        cell.openCount = 1
        cell.usedByteCount = UInt8(Slot.headerByteCount)
        var span = open.mutableSpan
        storeLittleEndian64(UInt64(bitPattern: time), in: &span, at: start)
        storeLittleEndian64(bits, in: &span, at: start + 8)
        storeLittleEndian64(UInt64(UInt32(bitPattern: cell.last.step)), in: &span, at: start + 16)
    }
}

/// Samples that came with a time at or before their series' last one. Later ones count before earlier ones, and all
/// of them before the series' slots.
struct LateStore {
    struct Entry {
        var time: Int64
        var bits: UInt64
        var before: UInt32
    }

    private(set) var entries: [Entry] = []

    var byteCount: Int { entries.capacity * MemoryLayout<Entry>.stride }

    /// Whether the sample is already what would be read at its time; false also when finding out would take long.
    func isCurrent(time: Int64, bits: UInt64, of cell: SeriesCell) -> Bool {
        if cell.newestLate == SeriesCell.none { return time == cell.last.time && bits == cell.last.bits }
        let newest = entries[Int(cell.newestLate)]
        return time == newest.time && bits == newest.bits
    }

    mutating func push(time: Int64, bits: UInt64, cell: inout SeriesCell) {
        entries.reserveMore()
        entries.append(Entry(time: time, bits: bits, before: cell.newestLate))
        cell.newestLate = UInt32(entries.count - 1)
        cell.minTime = min(cell.minTime, time)
    }
}
