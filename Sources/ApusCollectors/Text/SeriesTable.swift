internal import ApusBytes
internal import ApusModel

/// A metric family as an exposition declares it.
struct Family: Sendable {
    let name: String
    let kind: MetricMetadata.Kind
    let help: String

    init(_ name: String, _ kind: MetricMetadata.Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    func declare(in batch: inout WriteBatch) {
        batch.metadata.append((metric: name, MetricMetadata(kind: kind, help: help)))
    }

    func labels(_ pairs: [(String, String)] = []) -> Labels { Labels([("__name__", name)] + pairs) }
}

/// Labels of the series that a file's lines give, kept by the line's key (a device, a field's name).
///
/// Lines keep their order from cycle to cycle, so a look-up is one comparison with the row after the last one found; only where
/// lines came or went is the table searched. Rows are dropped when most of them were not met in a cycle, so that devices that
/// come and go (containers' interfaces) leave nothing behind.
struct SeriesTable: Sendable {
    struct Row: Sendable {
        let key: [UInt8]
        /// One label set per value of the line; empty for a line that is known and not wanted.
        let series: [Labels]
    }

    private(set) var rows: [Row] = []
    private var next = 0
    private var metCount = 0
    /// At most this many rows; further lines are ignored.
    static let rowCountMax = 16_384

    /// Before the first line of a cycle.
    mutating func startCycle() {
        if rows.count > 64 && metCount < rows.count / 2 { rows.removeAll() }
        next = 0
        metCount = 0
    }

    /// The row of a key; nil when it is new.
    mutating func row(_ bytes: borrowing Span<UInt8>, _ key: Range<Int>) -> Int? {
        // Forward from where the last line was found, then from the start: lines that went away are passed over once.
        for index in next..<max(next, rows.count) where matches(index, bytes, key) { return met(index) }
        for index in 0..<min(next, rows.count) where matches(index, bytes, key) { return met(index) }
        return nil
    }

    /// The row of a key, made with `series` when it is new; nil when the table is full.
    mutating func row(_ bytes: borrowing Span<UInt8>, _ key: Range<Int>, orMake series: (String) -> [Labels]) -> Int? {
        if let index = row(bytes, key) { return index }
        guard rows.count < Self.rowCountMax else { return nil }
        rows.append(Row(key: copy(bytes, key), series: series(labelText(bytes, key))))
        return met(rows.count - 1)
    }

    private func matches(_ index: Int, _ bytes: borrowing Span<UInt8>, _ key: Range<Int>) -> Bool {
        let row = rows[index].key
        return row.count == key.count && bytesEqual(row.span, 0..<row.count, bytes, key)
    }

    private mutating func met(_ index: Int) -> Int {
        next = index + 1
        metCount += 1
        return index
    }
}
