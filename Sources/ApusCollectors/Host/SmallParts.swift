internal import ApusModel
internal import ApusPlatform

/// `/proc/loadavg`.
struct LoadPart: CollectorPart {
    static let name = "loadavg"

    private let file: ProcFile
    private var buffer: [UInt8] = []
    private var series = FixedSeries([
        Family("node_load1", .gauge, "1m load average."),
        Family("node_load5", .gauge, "5m load average."),
        Family("node_load15", .gauge, "15m load average."),
    ])

    init(root: String) { file = ProcFile(root + "/proc/loadavg") }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        try file.read(into: &buffer)
        let text = buffer
        let span = text.span
        var fields = TextScanner(0..<span.count)
        for index in 0..<3 {
            guard let value = fields.decimal(span) else { throw CollectorError("no load average in \(file.path)") }
            series.append(index, value, to: &batch, at: time)
        }
    }
}

/// `/proc/sys/fs/file-nr`.
struct FileDescriptorPart: CollectorPart {
    static let name = "filefd"

    private let file: ProcFile
    private var buffer: [UInt8] = []
    private var series = FixedSeries([
        Family("node_filefd_allocated", .gauge, "File descriptor statistics: allocated."),
        Family("node_filefd_maximum", .gauge, "File descriptor statistics: maximum."),
    ])

    init(root: String) { file = ProcFile(root + "/proc/sys/fs/file-nr") }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        try file.read(into: &buffer)
        let text = buffer
        let span = text.span
        var fields = TextScanner(0..<span.count)
        guard let allocated = fields.number(span), fields.number(span) != nil, let maximum = fields.number(span) else {
            throw CollectorError("not three numbers in \(file.path)")
        }
        series.append(0, Double(allocated), to: &batch, at: time)
        series.append(1, Double(maximum), to: &batch, at: time)
    }
}

/// The time of the cycle itself.
struct TimePart: CollectorPart {
    static let name = "time"

    private var series = FixedSeries([
        Family("node_time_seconds", .gauge, "System time in seconds since epoch (1970).")
    ])

    init(root: String) {}

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        series.append(0, Double(time) / 1000, to: &batch, at: time)
    }
}
