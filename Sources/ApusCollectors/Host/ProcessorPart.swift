internal import ApusModel
internal import ApusPlatform

/// `/proc/stat`: seconds of each processor by mode. A processor's counters never go back: kernels have been seen to step idle and
/// iowait back a little, and a rate over that would read as a reset. A step of more than three seconds is a processor that was
/// taken out and put back, and is passed on.
struct ProcessorPart: CollectorPart {
    static let name = "cpu"
    private static let family = Family("node_cpu_seconds_total", .counter, "Seconds the CPUs spent in each mode.")
    private static let guestFamily = Family(
        "node_cpu_guest_seconds_total", .counter, "Seconds the CPUs spent in guests (VMs) for each mode.")
    /// In the file's order.
    private static let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
    private static let guestModes = ["user", "nice"]

    private let file: ProcFile
    private var buffer: [UInt8] = []
    private var table = SeriesTable()
    /// Highest tick counts seen, ten for each row of the table.
    private var ticks: [UInt64] = []
    private var isDeclared = false

    init(root: String) { file = ProcFile(root + "/proc/stat") }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        try file.read(into: &buffer)
        if !isDeclared {
            isDeclared = true
            Self.family.declare(in: &batch)
            Self.guestFamily.declare(in: &batch)
        }
        let text = buffer
        let span = text.span
        let perSecond = Double(HostFacts.clockTicksPerSecond)
        var scanner = TextScanner(0..<span.count)
        var processorCount = 0
        table.startCycle()
        while let line = scanner.line(span), hasPrefix(span, line, "cpu") {
            var fields = TextScanner(line)
            guard let name = fields.field(span), name.count > 3, Ascii.isDigit(span[name.lowerBound + 3]) else { continue }
            let number = (name.lowerBound + 3)..<name.upperBound
            guard let row = table.row(span, number, orMake: Self.labels) else { break }
            if ticks.count < (row + 1) * 10 { ticks.append(contentsOf: repeatElement(0, count: (row + 1) * 10 - ticks.count)) }
            processorCount += 1
            let series = table.rows[row].series
            for index in 0..<10 {
                // Old kernels give fewer fields.
                guard let value = fields.number(span) else { break }
                let known = ticks[row * 10 + index]
                let stepBack = known > value ? known - value : 0
                let shown = stepBack > 0 && stepBack <= UInt64(3 * perSecond) ? known : value
                ticks[row * 10 + index] = shown
                batch.append(series[index], time: time, value: Double(shown) / perSecond)
            }
        }
        guard processorCount > 0 else { throw CollectorError("no processor in \(file.path)") }
    }

    private static func labels(of processor: String) -> [Labels] {
        modes.map { family.labels([("cpu", processor), ("mode", $0)]) }
            + guestModes.map { guestFamily.labels([("cpu", processor), ("mode", $0)]) }
    }
}
