internal import ApusBytes
internal import ApusModel

extension WriteBatch {
    /// Brings the labels of each entry into the order of their names, for senders that do not.
    ///
    /// The sorted runs go behind the others in `bytes`; runs that are malformed stay as they are.
    /// - Returns: The positions of the entries that were changed, ascending.
    mutating func sortLabels() -> [Int] {
        var runs: [UInt8] = []
        var changed: [(entry: Int, run: Range<Int>)] = []
        for position in entries.indices {
            let start = runs.count
            if appendSorted(entries[position].labels, to: &runs) { changed.append((position, start..<runs.count)) }
        }
        let offset = bytes.count
        guard offset + runs.count <= Int(Int32.max) else { return [] }
        bytes.append(contentsOf: runs)
        for (position, run) in changed {
            entries[position].labelsStart = Int32(offset + run.lowerBound)
            entries[position].labelsEnd = Int32(offset + run.upperBound)
        }
        return changed.map(\.entry)
    }

    /// - Returns: Whether the run was well-formed and not sorted, so that a sorted one was added.
    private func appendSorted(_ run: Range<Int>, to output: inout [UInt8]) -> Bool {
        let bytes = bytes
        let span = bytes.span
        var labels: [(name: Range<Int>, whole: Range<Int>)] = []
        var isSorted = true
        var cursor = LabelCursor(offset: run.lowerBound, end: run.upperBound)
        var start = cursor.offset
        while let label = cursor.next(span) {
            if let last = labels.last, compareBytes(span, last.name, span, label.name) > 0 { isSorted = false }
            labels.append((label.name, start..<cursor.offset))
            start = cursor.offset
        }
        guard !isSorted, cursor.offset == run.upperBound else { return false }
        labels.sort { compareBytes(span, $0.name, span, $1.name) < 0 }
        for label in labels { ApusBytes.append(span, label.whole, to: &output) }
        return true
    }
}
