internal import ApusModel
internal import ApusPlatform

/// `/proc/net/dev`: traffic of each interface, the loopback too, as node_exporter's default does.
struct NetworkPart: CollectorPart {
    static let name = "netdev"

    /// In the file's order.
    private static let families: [Family] =
        ["bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast"].map { family("receive_" + $0) }
        + ["bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed"].map { family("transmit_" + $0) }

    private static func family(_ name: String) -> Family {
        Family("node_network_\(name)_total", .counter, "Network device statistic \(name).")
    }

    private let file: ProcFile
    private var buffer: [UInt8] = []
    private var table = SeriesTable()
    private var isDeclared = false

    init(root: String) { file = ProcFile(root + "/proc/net/dev") }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        try file.read(into: &buffer)
        if !isDeclared {
            isDeclared = true
            for family in Self.families { family.declare(in: &batch) }
        }
        let text = buffer
        let span = text.span
        var scanner = TextScanner(0..<span.count)
        table.startCycle()
        while let line = scanner.line(span) {
            guard let (device, values) = Self.split(span, line) else { continue }
            let row = table.row(span, device) { name in Self.families.map { $0.labels([("device", name)]) } }
            guard let row else { continue }
            let series = table.rows[row].series
            var fields = TextScanner(values)
            for index in Self.families.indices {
                guard let value = fields.number(span) else { break }
                batch.append(series[index], time: time, value: Double(value))
            }
        }
    }

    /// `  eth0: 1 2 …`: the name (which may itself hold a colon, as in an alias) and what stands behind its last colon.
    private static func split(_ bytes: borrowing Span<UInt8>, _ line: Range<Int>) -> (device: Range<Int>, values: Range<Int>)? {
        var colon = line.upperBound - 1
        while colon >= line.lowerBound && bytes[colon] != Ascii.colon { colon -= 1 }
        guard colon > line.lowerBound else { return nil }
        var start = line.lowerBound
        while start < colon && Ascii.isBlank(bytes[start]) { start += 1 }
        guard start < colon else { return nil }
        return (start..<colon, (colon + 1)..<line.upperBound)
    }
}
