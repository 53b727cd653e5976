internal import ApusBytes
internal import ApusModel
internal import ApusPlatform

/// `/proc/diskstats`: whole disks; node_exporter's default leaves out `^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$`,
/// which are partitions and memory.
struct DiskPart: CollectorPart {
    static let name = "diskstats"

    private static let info = Family("node_disk_info", .gauge, "Info of /sys/block/<block_device>.")
    /// In the file's order behind the name, each with what makes its unit.
    private static let families: [(Family, Double)] = [
        (Family("node_disk_reads_completed_total", .counter, "The total number of reads completed successfully."), 1),
        (Family("node_disk_reads_merged_total", .counter, "The total number of reads merged."), 1),
        (Family("node_disk_read_bytes_total", .counter, "The total number of bytes read successfully."), 512),
        (Family("node_disk_read_time_seconds_total", .counter, "The total number of seconds spent by all reads."), 0.001),
        (Family("node_disk_writes_completed_total", .counter, "The total number of writes completed successfully."), 1),
        (Family("node_disk_writes_merged_total", .counter, "The number of writes merged."), 1),
        (Family("node_disk_written_bytes_total", .counter, "The total number of bytes written successfully."), 512),
        (Family("node_disk_write_time_seconds_total", .counter, "This is the total number of seconds spent by all writes."), 0.001),
        (Family("node_disk_io_now", .gauge, "The number of I/Os currently in progress."), 1),
        (Family("node_disk_io_time_seconds_total", .counter, "Total seconds spent doing I/Os."), 0.001),
        (Family("node_disk_io_time_weighted_seconds_total", .counter, "The weighted # of seconds spent doing I/Os."), 0.001),
        (Family("node_disk_discards_completed_total", .counter, "The total number of discards completed successfully."), 1),
        (Family("node_disk_discards_merged_total", .counter, "The total number of discards merged."), 1),
        (Family("node_disk_discarded_sectors_total", .counter, "The total number of sectors discarded successfully."), 1),
        (Family("node_disk_discard_time_seconds_total", .counter, "This is the total number of seconds spent by all discards."), 0.001),
        (Family("node_disk_flush_requests_total", .counter, "The total number of flush requests completed successfully"), 1),
        (Family("node_disk_flush_requests_time_seconds_total", .counter, "This is the total number of seconds spent by all flush requests."), 0.001),
    ]

    private let root: String
    private let file: ProcFile
    private var buffer: [UInt8] = []
    private var table = SeriesTable()
    private var isDeclared = false

    init(root: String) {
        self.root = root
        file = ProcFile(root + "/proc/diskstats")
    }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        try file.read(into: &buffer)
        if !isDeclared {
            isDeclared = true
            Self.info.declare(in: &batch)
            for (family, _) in Self.families { family.declare(in: &batch) }
        }
        let text = buffer
        let span = text.span
        var scanner = TextScanner(0..<span.count)
        table.startCycle()
        while let line = scanner.line(span) {
            var fields = TextScanner(line)
            guard let major = fields.number(span), let minor = fields.number(span), let device = fields.field(span) else { continue }
            let key = line.lowerBound..<device.upperBound
            let root = root
            let row = table.row(span, key) { _ in
                let name = labelText(span, device)
                return Self.isExcluded(name) ? [] : Self.labels(name, major, minor, root)
            }
            guard let row, table.rows[row].series.count > Self.families.count else { continue }
            let series = table.rows[row].series
            batch.append(series[Self.families.count], time: time, value: 1)
            for index in Self.families.indices {
                // Old kernels give 11 or 15 of the 17.
                guard let value = fields.number(span) else { break }
                let unit = Self.families[index].1
                // A division rounds as the decimal does; a product with 0.001 would not.
                batch.append(series[index], time: time, value: unit < 1 ? Double(value) / 1000 : Double(value) * unit)
            }
        }
    }

    private static func labels(_ device: String, _ major: UInt64, _ minor: UInt64, _ root: String) -> [Labels] {
        let properties = deviceProperties(root + "/run/udev/data/b\(major):\(minor)")
        let serial = ["SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"].lazy.compactMap { properties[$0] }.first { !$0.isEmpty }
        return families.map { $0.0.labels([("device", device)]) } + [
            info.labels([
                ("device", device), ("major", String(major)), ("minor", String(minor)),
                ("path", properties["ID_PATH"] ?? ""), ("wwn", properties["ID_WWN"] ?? ""),
                ("model", properties["ID_MODEL"] ?? ""), ("serial", serial ?? ""),
                ("revision", properties["ID_REVISION"] ?? ""),
                ("rotational", textFile(root + "/sys/block/\(device)/queue/rotational") ?? "0"),
            ])
        ]
    }

    /// udev's `E:NAME=value` lines.
    private static func deviceProperties(_ path: String) -> [String: String] {
        guard let text = textFile(path) else { return [:] }
        var result: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("E:") {
            let pair = line.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { result[String(pair[0])] = String(pair[1]) }
        }
        return result
    }

    static func isExcluded(_ device: String) -> Bool {
        let name = Array(device.utf8)
        var stem = name.count
        while stem > 0 && Ascii.isDigit(name[stem - 1]) { stem -= 1 }
        guard stem < name.count else { return false }
        let head = String(decoding: name[..<stem], as: UTF8.self)
        if ["ram", "zram", "loop", "fd"].contains(head) { return true }
        for disk in ["hd", "sd", "vd", "xvd"] where head.hasPrefix(disk) && head.utf8.count == disk.utf8.count + 1 {
            if let last = head.utf8.last, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(last) { return true }
        }
        // nvme0n1p is nvme, digits, n, digits, p.
        guard head.hasPrefix("nvme"), head.hasSuffix("p") else { return false }
        let parts = head.dropFirst(4).dropLast().split(separator: "n", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(Ascii.isDigit) }
    }
}

/// A small file as text without the blanks at its end; nil when it cannot be read. For what is read when a series is made.
func textFile(_ path: String) -> String? {
    var buffer: [UInt8] = []
    do { try ProcFile.readOnce(path, into: &buffer, byteCountMax: 64 << 10) } catch { return nil }
    while let last = buffer.last, Ascii.isBlank(last) { buffer.removeLast() }
    return String(decoding: buffer, as: UTF8.self)
}
