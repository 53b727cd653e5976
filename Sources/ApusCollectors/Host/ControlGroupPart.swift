internal import ApusBytes
internal import ApusModel
internal import ApusPlatform

/// The control group (v2) that this process lives in: what a container may use, and how close it is to that.
///
/// node_exporter has no such metrics; the names are ours. A limit of `max` is +Inf, so that usage divided by it is 0. Files that
/// a group lacks (the root group has no limits, a controller may be off) are left out.
struct ControlGroupPart: CollectorPart {
    static let name = "cgroup"

    private static let limits: [(file: String, index: Int)] = [
        ("memory.current", 0), ("memory.max", 1), ("memory.swap.current", 2), ("pids.current", 3), ("pids.max", 4),
    ]
    private static let events = Family(
        "cgroup_memory_events_total", .counter, "Memory events of the control group, by event as in memory.events.")
    private static let devices: [(key: StaticString, Family)] = [
        ("rbytes=", Family("cgroup_io_read_bytes_total", .counter, "Bytes that the control group read from a device.")),
        ("wbytes=", Family("cgroup_io_written_bytes_total", .counter, "Bytes that the control group wrote to a device.")),
        ("rios=", Family("cgroup_io_reads_total", .counter, "Reads of the control group from a device.")),
        ("wios=", Family("cgroup_io_writes_total", .counter, "Writes of the control group to a device.")),
        ("dbytes=", Family("cgroup_io_discarded_bytes_total", .counter, "Bytes that the control group discarded on a device.")),
        ("dios=", Family("cgroup_io_discards_total", .counter, "Discards of the control group on a device.")),
    ]

    private let root: String
    private var folder: String?
    private var limitFiles: [ProcFile?] = []
    private var processorFile: ProcFile?
    private var quotaFile: ProcFile?
    private var eventFile: ProcFile?
    private var deviceFile: ProcFile?
    private var buffer: [UInt8] = []
    private var eventTable = SeriesTable()
    private var deviceTable = SeriesTable()
    private var isEventDeclared = false
    private var isDeviceDeclared = false
    private var series = FixedSeries([
        Family("cgroup_memory_usage_bytes", .gauge, "Memory that the control group uses, page cache included."),
        Family("cgroup_memory_limit_bytes", .gauge, "Memory that the control group may use (memory.max); +Inf for no limit."),
        Family("cgroup_memory_swap_usage_bytes", .gauge, "Swap that the control group uses."),
        Family("cgroup_processes", .gauge, "Processes and threads in the control group."),
        Family("cgroup_processes_limit", .gauge, "Processes and threads that the control group may have; +Inf for no limit."),
        Family("cgroup_cpu_usage_seconds_total", .counter, "CPU time that the control group used."),
        Family("cgroup_cpu_user_seconds_total", .counter, "CPU time that the control group used in user mode."),
        Family("cgroup_cpu_system_seconds_total", .counter, "CPU time that the control group used in the kernel."),
        Family("cgroup_cpu_periods_total", .counter, "Scheduling periods in which the control group had a quota."),
        Family("cgroup_cpu_throttled_periods_total", .counter, "Scheduling periods in which the control group used up its quota."),
        Family("cgroup_cpu_throttled_seconds_total", .counter, "Time that the control group's tasks were held back by its quota."),
        Family("cgroup_cpu_limit_cores", .gauge, "Processors' worth of time that the control group may use (cpu.max); +Inf for no limit."),
    ])
    /// Keys of cpu.stat, in the order of the series from number 5 on, with what makes a unit.
    private static let processorKeys: [(key: StaticString, unit: Double)] = [
        ("usage_usec", 1_000_000), ("user_usec", 1_000_000), ("system_usec", 1_000_000), ("nr_periods", 1),
        ("nr_throttled", 1), ("throttled_usec", 1_000_000),
    ]

    init(root: String) { self.root = root }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        if folder == nil { try findGroup() }
        let start = batch.entries.count
        for (file, (_, index)) in zip(limitFiles, Self.limits) where Self.isRead(file, &buffer) {
            let text = buffer
            let span = text.span
            if let value = Self.limit(span, 0..<span.count) { series.append(index, value, to: &batch, at: time) }
        }
        if Self.isRead(processorFile, &buffer) {
            let text = buffer
            let span = text.span
            var scanner = TextScanner(0..<span.count)
            while let line = scanner.line(span) {
                var fields = TextScanner(line)
                guard let key = fields.field(span),
                    let index = Self.processorKeys.firstIndex(where: { isText(span, key, $0.key) }),
                    let value = fields.number(span)
                else { continue }
                series.append(5 + index, Double(value) / Self.processorKeys[index].unit, to: &batch, at: time)
            }
        }
        if Self.isRead(quotaFile, &buffer) {
            let text = buffer
            let span = text.span
            var fields = TextScanner(0..<span.count)
            if let quota = fields.field(span).flatMap({ Self.limit(span, $0) }), let period = fields.number(span), period > 0 {
                series.append(11, quota / Double(period), to: &batch, at: time)
            }
        }
        if Self.isRead(eventFile, &buffer) { appendEvents(to: &batch, at: time) }
        if Self.isRead(deviceFile, &buffer) { appendDevices(to: &batch, at: time) }
        if batch.entries.count == start {
            // The process may have been moved to another group.
            folder = nil
            throw CollectorError("nothing to read in its control group")
        }
    }

    private mutating func appendEvents(to batch: inout WriteBatch, at time: Int64) {
        if !isEventDeclared {
            isEventDeclared = true
            Self.events.declare(in: &batch)
        }
        let text = buffer
        let span = text.span
        var scanner = TextScanner(0..<span.count)
        eventTable.startCycle()
        while let line = scanner.line(span) {
            var fields = TextScanner(line)
            guard let key = fields.field(span), let value = fields.number(span) else { continue }
            let row = eventTable.row(span, key) { [Self.events.labels([("event", $0)])] }
            if let row { batch.append(eventTable.rows[row].series[0], time: time, value: Double(value)) }
        }
    }

    /// `254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`
    private mutating func appendDevices(to batch: inout WriteBatch, at time: Int64) {
        if !isDeviceDeclared {
            isDeviceDeclared = true
            for (_, family) in Self.devices { family.declare(in: &batch) }
        }
        let text = buffer
        let span = text.span
        let root = root
        var scanner = TextScanner(0..<span.count)
        deviceTable.startCycle()
        while let line = scanner.line(span) {
            var fields = TextScanner(line)
            guard let number = fields.field(span), Ascii.isDigit(span[number.lowerBound]) else { continue }
            let row = deviceTable.row(span, number) { text in
                let device = Self.deviceName(text, root: root)
                return Self.devices.map { $0.1.labels([("device", device)]) }
            }
            guard let row else { continue }
            while let field = fields.field(span) {
                guard let index = Self.devices.firstIndex(where: { hasPrefix(span, field, $0.key) }),
                    let value = parseNumber(span, (field.lowerBound + Self.devices[index].key.utf8CodeUnitCount)..<field.upperBound)
                else { continue }
                batch.append(deviceTable.rows[row].series[index], time: time, value: Double(value))
            }
        }
    }

    /// The name of the device with this number, the number itself where `/sys` does not say.
    private static func deviceName(_ number: String, root: String) -> String {
        guard number.utf8.allSatisfy({ Ascii.isDigit($0) || $0 == Ascii.colon }) else { return number }
        let lines = textFile(root + "/sys/dev/block/\(number)/uevent")?.split(separator: "\n") ?? []
        return lines.first { $0.hasPrefix("DEVNAME=") }.map { String($0.dropFirst(8)) } ?? number
    }

    /// A number, or +Inf for `max`.
    private static func limit(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Double? {
        var fields = TextScanner(range)
        guard let field = fields.field(bytes) else { return nil }
        return isText(bytes, field, "max") ? .infinity : parseNumber(bytes, field).map { Double($0) }
    }

    private static func isRead(_ file: ProcFile?, _ buffer: inout [UInt8]) -> Bool {
        guard let file else { return false }
        do { try file.read(into: &buffer) } catch { return false }
        return true
    }

    /// The line `0::/path` of `/proc/self/cgroup`, under the unified hierarchy, which a mixed system mounts one level deeper.
    private mutating func findGroup() throws {
        guard let groups = textFile(root + "/proc/self/cgroup"),
            let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::") })
        else { throw CollectorError("no control group of version 2") }
        let path = String(line.dropFirst(3))
        let mount = [root + "/sys/fs/cgroup", root + "/sys/fs/cgroup/unified"].first {
            textFile($0 + "/cgroup.controllers") != nil
        }
        guard let mount else { throw CollectorError("no control groups of version 2 are mounted") }
        // Inside a container's own namespace the path may point out of what is mounted; its own group is the mount then.
        let own = mount + (path == "/" ? "" : path)
        let found = path.contains("..") || textFile(own + "/cgroup.controllers") == nil ? mount : own
        folder = found
        func file(_ name: String) -> ProcFile? { textFile(found + "/" + name) == nil ? nil : ProcFile(found + "/" + name) }
        limitFiles = Self.limits.map { file($0.file) }
        processorFile = file("cpu.stat")
        quotaFile = file("cpu.max")
        eventFile = file("memory.events")
        deviceFile = file("io.stat")
    }
}
