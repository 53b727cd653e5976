internal import ApusBytes
internal import ApusModel

/// The encoded samples of some series, copied out of a head so that they can be decoded without holding it up.
struct HeadSlice {
    /// One series' part of the bytes and late samples.
    struct Part {
        /// Whole slots in `bytes`, the oldest last (the chain runs backwards).
        var slots: Range<Int>
        var openCount: Int
        var openUsed: Int
        /// In `late`, the newest first.
        var late: Range<Int>
    }

    var bytes: [UInt8] = []
    var late: [LateStore.Entry] = []
    var parts: [Part] = []

    /// Appends one series' samples inside `range`, times strictly increasing.
    func appendSamples(_ index: Int, in range: ClosedRange<Int64>, to columns: inout SampleColumns) {
        let part = parts[index]
        if part.late.isEmpty {
            appendSlots(part, in: range, to: &columns)
            return
        }
        var inOrder = SampleColumns()
        appendSlots(part, in: range, to: &inOrder)
        // Stable by time, the later arrival first, of which only that one stays.
        let chosen = late[part.late].enumerated()
            .filter { range.contains($0.element.time) }
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        var lateColumns = SampleColumns()
        for (_, entry) in chosen where lateColumns.times.last != entry.time {
            lateColumns.append(time: entry.time, value: Double(bitPattern: entry.bits))
        }
        columns.appendMerged(inOrder, lateColumns)
    }

    private func appendSlots(_ part: Part, in range: ClosedRange<Int64>, to columns: inout SampleColumns) {
        guard part.openCount > 0 else { return }
        let span = bytes.span
        var at = part.slots.upperBound - Slot.byteCount
        while at > part.slots.lowerBound {
            Slot.appendSamples(
                span, at: at, count: Int(bytes[at + 24]), used: Int(bytes[at + 25]), in: range, to: &columns)
            at -= Slot.byteCount
        }
        Slot.appendSamples(
            span, at: part.slots.lowerBound, count: part.openCount, used: part.openUsed, in: range, to: &columns)
    }
}

extension HeadTable {
    /// Copies what one series has in `range` (whole slots, so also some around it) to the end of a slice.
    func copy(_ series: Int, in range: ClosedRange<Int64>, to slice: inout HeadSlice) {
        let cell = cells[series]
        let start = slice.bytes.count
        var openCount = 0
        if !cell.isEmpty {
            openCount = Int(cell.openCount)
            let open = series * Slot.byteCount
            let span = slots.open.span
            ApusBytes.append(span, open..<open + Slot.byteCount, to: &slice.bytes)
            var first = Int64(bitPattern: loadLittleEndian64(span, at: open))
            var slot = cell.newestSlot
            while slot != SeriesCell.none && first > range.lowerBound {
                let place = SlotStore.place(of: slot)
                let segment = slots.segments[place.segment]
                let full = segment.span
                first = Int64(bitPattern: loadLittleEndian64(full, at: place.start))
                if first <= range.upperBound {
                    ApusBytes.append(full, place.start..<place.start + Slot.byteCount, to: &slice.bytes)
                }
                slot = UInt32(truncatingIfNeeded: SampleCodec.load(full, at: place.start + 20, count: 4))
            }
        }
        let lateStart = slice.late.count
        var next = cell.newestLate
        while next != SeriesCell.none {
            let entry = late.entries[Int(next)]
            slice.late.append(entry)
            next = entry.before
        }
        slice.parts.append(
            HeadSlice.Part(
                slots: start..<slice.bytes.count, openCount: openCount, openUsed: Int(cell.usedByteCount),
                late: lateStart..<slice.late.count))
    }
}
