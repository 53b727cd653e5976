internal import ApusModel
internal import ApusPlatform

/// `/proc/net/sockstat` and `sockstat6`; the latter is missing where IPv6 is off.
struct SocketPart: CollectorPart {
    static let name = "sockstat"

    private let files: [ProcFile]
    private var buffer: [UInt8] = []
    /// By protocol; a row has a label set for each of `fieldNames`, empty where the line lacks that field.
    private var tables = [SeriesTable(), SeriesTable()]
    private static let fieldNames: [StaticString] = ["inuse", "orphan", "tw", "alloc", "mem", "memory", "used"]
    private static let memory = 4
    /// Behind the fields: `mem`, which counts pages, in bytes.
    private static let memoryBytes = 7

    init(root: String) { files = [ProcFile(root + "/proc/net/sockstat"), ProcFile(root + "/proc/net/sockstat6")] }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        var missingCount = 0
        for version in 0..<2 {
            do { try files[version].read(into: &buffer) } catch {
                missingCount += 1
                guard error.code == .notFound, missingCount < 2 else { throw error }
                continue
            }
            let text = buffer
            let span = text.span
            var scanner = TextScanner(0..<span.count)
            tables[version].startCycle()
            while let line = scanner.line(span) { Self.read(span, line, version, &tables[version], &batch, time) }
        }
    }

    /// `TCP: inuse 3 orphan 0 tw 184 alloc 3 mem 204`
    private static func read(
        _ bytes: borrowing Span<UInt8>, _ line: Range<Int>, _ version: Int, _ table: inout SeriesTable,
        _ batch: inout WriteBatch, _ time: Int64
    ) {
        var fields = TextScanner(line)
        guard let head = fields.field(bytes), head.count > 1, bytes[head.upperBound - 1] == Ascii.colon else { return }
        var row = table.row(bytes, head)
        if row == nil {
            let present = fieldIndexes(bytes, fields)
            row = table.row(bytes, head) { text in
                (0...memoryBytes).map { index in
                    let isPresent = present.contains(index == memoryBytes ? memory : index)
                    guard isPresent, let family = family(String(text.dropLast()), index, version) else { return Labels() }
                    family.declare(in: &batch)
                    return family.labels()
                }
            }
        }
        guard let row else { return }
        while let field = fields.field(bytes), let value = fields.number(bytes) {
            guard let index = fieldNames.firstIndex(where: { isText(bytes, field, $0) }) else { continue }
            append(table.rows[row].series[index], Double(value))
            if index == memory {
                append(table.rows[row].series[memoryBytes], Double(value) * Double(HostFacts.pageByteCount))
            }
        }
        func append(_ labels: Labels, _ value: Double) {
            if !labels.isEmpty { batch.append(labels, time: time, value: value) }
        }
    }

    private static func fieldIndexes(_ bytes: borrowing Span<UInt8>, _ scanner: TextScanner) -> [Int] {
        var fields = scanner
        var result: [Int] = []
        while let field = fields.field(bytes) {
            for index in fieldNames.indices where isText(bytes, field, fieldNames[index]) { result.append(index) }
        }
        return result
    }

    private static func family(_ protocolName: String, _ index: Int, _ version: Int) -> Family? {
        let isUsed = index == 6
        if isUsed || protocolName == "sockets" {
            guard isUsed, protocolName == "sockets", version == 0 else { return nil }
            return Family("node_sockstat_sockets_used", .gauge, "Number of IPv4 sockets in use.")
        }
        let field = index == memoryBytes ? "mem_bytes" : fieldNames[index].description
        guard LabelName.isLegacy(protocolName) else { return nil }
        return Family(
            "node_sockstat_\(protocolName)_\(field)", .gauge, "Number of \(protocolName) sockets in state \(field).")
    }
}
