internal import ApusModel
internal import ApusPlatform

/// `/proc/stat` below the processors: interrupts, context switches, forks, boot time, processes running and blocked.
struct StatPart: CollectorPart {
    static let name = "stat"

    private let file: ProcFile
    private var buffer: [UInt8] = []
    private var series = FixedSeries([
        Family("node_intr_total", .counter, "Total number of interrupts serviced."),
        Family("node_context_switches_total", .counter, "Total number of context switches."),
        Family("node_forks_total", .counter, "Total number of forks."),
        Family("node_boot_time_seconds", .gauge, "Node boot time, in unixtime."),
        Family("node_procs_running", .gauge, "Number of processes in runnable state."),
        Family("node_procs_blocked", .gauge, "Number of processes blocked waiting for I/O to complete."),
    ])

    init(root: String) { file = ProcFile(root + "/proc/stat") }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        try file.read(into: &buffer)
        let text = buffer
        let span = text.span
        var scanner = TextScanner(0..<span.count)
        var count = 0
        while let line = scanner.line(span) {
            var fields = TextScanner(line)
            guard let key = fields.field(span), let index = Self.index(span, key), let value = fields.number(span) else {
                continue
            }
            series.append(index, Double(value), to: &batch, at: time)
            count += 1
        }
        guard count > 0 else { throw CollectorError("nothing known in \(file.path)") }
    }

    private static func index(_ bytes: borrowing Span<UInt8>, _ key: Range<Int>) -> Int? {
        if isText(bytes, key, "intr") { return 0 }
        if isText(bytes, key, "ctxt") { return 1 }
        if isText(bytes, key, "processes") { return 2 }
        if isText(bytes, key, "btime") { return 3 }
        if isText(bytes, key, "procs_running") { return 4 }
        return isText(bytes, key, "procs_blocked") ? 5 : nil
    }
}
