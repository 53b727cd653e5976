internal import ApusModel
internal import ApusPlatform

/// `/proc/meminfo`: every field, under node_exporter's rule of names (`Active(anon): 5 kB` is `node_memory_Active_anon_bytes`).
struct MemoryInfoPart: CollectorPart {
    static let name = "meminfo"

    private let file: ProcFile
    private var buffer: [UInt8] = []
    private var table = SeriesTable()

    init(root: String) { file = ProcFile(root + "/proc/meminfo") }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        try file.read(into: &buffer)
        let text = buffer
        let span = text.span
        var scanner = TextScanner(0..<span.count)
        var count = 0
        table.startCycle()
        while let line = scanner.line(span) {
            var fields = TextScanner(line)
            guard let key = fields.field(span), key.count > 1, span[key.upperBound - 1] == Ascii.colon,
                let value = fields.number(span)
            else { continue }
            let isKilobytes = fields.field(span).map { isText(span, $0, "kB") } ?? false
            var row = table.row(span, key)
            if row == nil {
                row = table.row(span, key) { text in
                    guard let family = Self.family(text, isKilobytes: isKilobytes) else { return [] }
                    family.declare(in: &batch)
                    return [family.labels()]
                }
            }
            guard let row, let series = table.rows[row].series.first else { continue }
            batch.append(series, time: time, value: Double(value) * (isKilobytes ? 1024 : 1))
            count += 1
        }
        guard count > 0 else { throw CollectorError("no field in \(file.path)") }
    }

    /// Nil for a name that no metric may have.
    static func family(_ key: String, isKilobytes: Bool) -> Family? {
        var field = String(key.dropLast())
        if field.hasSuffix(")") { field.removeLast() }
        field = String(field.map { $0 == "(" ? "_" : $0 }) + (isKilobytes ? "_bytes" : "")
        let name = "node_memory_" + field
        guard LabelName.isLegacyMetric(name) else { return nil }
        return Family(name, .gauge, "Memory information field \(field).")
    }
}

/// `/proc/vmstat`: the fields that node_exporter takes by default, `^(oom_kill|pgpg|pswp|pg.*fault).*`, untyped as there.
struct VirtualMemoryPart: CollectorPart {
    static let name = "vmstat"

    private let file: ProcFile
    private var buffer: [UInt8] = []
    private var table = SeriesTable()

    init(root: String) { file = ProcFile(root + "/proc/vmstat") }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        try file.read(into: &buffer)
        let text = buffer
        let span = text.span
        var scanner = TextScanner(0..<span.count)
        table.startCycle()
        while let line = scanner.line(span) {
            var fields = TextScanner(line)
            guard let key = fields.field(span), Self.isWanted(span, key), let value = fields.number(span) else { continue }
            let row = table.row(span, key) { field in
                let family = Family("node_vmstat_\(field)", .unknown, "/proc/vmstat information field \(field).")
                guard LabelName.isLegacyMetric(family.name) else { return [] }
                family.declare(in: &batch)
                return [family.labels()]
            }
            guard let row, let series = table.rows[row].series.first else { continue }
            batch.append(series, time: time, value: Double(value))
        }
    }

    static func isWanted(_ bytes: borrowing Span<UInt8>, _ key: Range<Int>) -> Bool {
        guard key.count >= 4 else { return false }
        if bytes[key.lowerBound] == UInt8(ascii: "o") { return hasPrefix(bytes, key, "oom_kill") }
        guard bytes[key.lowerBound] == UInt8(ascii: "p") else { return false }
        if hasPrefix(bytes, key, "pgpg") || hasPrefix(bytes, key, "pswp") { return true }
        guard bytes[key.lowerBound + 1] == UInt8(ascii: "g") else { return false }
        var at = key.lowerBound + 2
        while at + 5 <= key.upperBound {
            if bytes[at] == UInt8(ascii: "f") && hasPrefix(bytes, at..<key.upperBound, "fault") { return true }
            at += 1
        }
        return false
    }
}
