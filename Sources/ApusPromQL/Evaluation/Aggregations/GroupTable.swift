internal import ApusBytes
internal import ApusModel

/// Numbers the groups of an aggregation: series whose grouping labels are the same get the same number.
///
/// A look-up builds the group's labels in a buffer that is used again and compares bytes, so only a new group allocates.
struct GroupTable: Sendable {
    private let names: LabelNames
    private let isWithout: Bool
    /// The labels of each group, by number, in the order they were first seen.
    private(set) var labels: [Labels] = []
    /// Open addressing: group numbers, -1 where free.
    private var slots: [Int32]
    private var hashes: [UInt64] = []
    private var scratch: [UInt8] = []

    init(grouping: [String], isWithout: Bool) {
        self.init(names: LabelNames(isWithout ? grouping + ["__name__"] : grouping), isWithout: isWithout)
    }

    /// - Parameter isWithout: Whether the names are those that do not count.
    init(names: LabelNames, isWithout: Bool) {
        self.names = names
        self.isWithout = isWithout
        slots = [Int32](repeating: -1, count: 16)
    }

    /// The number of the group that a series belongs to.
    mutating func group(of series: Labels) -> Int {
        scratch.removeAll(keepingCapacity: true)
        if isWithout || !names.names.isEmpty {
            let bytes = series.bytes.span
            var cursor = LabelCursor(end: bytes.count)
            var start = 0
            while let label = cursor.next(bytes) {
                if names.contains(bytes, label.name) != isWithout { append(bytes, start..<cursor.offset, to: &scratch) }
                start = cursor.offset
            }
        }
        return number(hash64(scratch.span, 0..<scratch.count, seed: 0))
    }

    /// The number of the group that has exactly these labels.
    mutating func group(labels: Labels) -> Int {
        scratch = labels.bytes
        return number(hash64(scratch.span, 0..<scratch.count, seed: 0))
    }

    private mutating func number(_ hash: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] >= 0 {
            let group = Int(slots[slot])
            if hashes[group] == hash {
                let known = labels[group].bytes
                if bytesEqual(known.span, 0..<known.count, scratch.span, 0..<scratch.count) { return group }
            }
            slot = (slot + 1) & mask
        }
        let group = labels.count
        slots[slot] = Int32(truncatingIfNeeded: group)
        labels.append(Labels(canonicalBytes: scratch))
        hashes.append(hash)
        if labels.count * 2 > slots.count { grow() }
        return group
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        let mask = slots.count - 1
        for (group, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(truncatingIfNeeded: group)
        }
    }
}
