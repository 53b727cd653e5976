internal import ApusModel
internal import ApusBytes

/// What the page needs of one collection of the host: the raw values, not yet rates.
struct HostReading {
    /// Milliseconds since 1970 UTC.
    var time: Int64 = 0
    /// Series without labels of their own, by metric name.
    var plain: [String: Double] = [:]
    /// Seconds since boot, summed over the processors, by mode (`user`, `idle`, …).
    var cpuSeconds: [String: Double] = [:]
    var cores = 0
    /// Counters of devices, by metric name, then device.
    var devices: [String: [String: Double]] = [:]
    var filesystems: [String: Filesystem] = [:]
    /// The labels that all of this host's series carry, as PromQL matchers.
    var selector = ""

    /// One mounted file system; bytes.
    struct Filesystem: Equatable, Sendable {
        var device = ""
        var type = ""
        var size = 0.0
        var free = 0.0
        var available = 0.0
    }

    /// - Returns: Nil when the batch holds nothing of the host.
    init?(_ batch: WriteBatch) {
        for entry in batch.entries where entry.sampleCount > 0 {
            let sample = Int(entry.firstSample) + Int(entry.sampleCount) - 1
            guard batch.values.indices.contains(sample), batch.times.indices.contains(sample) else { continue }
            let value = batch.values[sample]
            guard value.isFinite, let kind = take(value, batch.bytes.span, entry.labels) else { continue }
            time = max(time, batch.times[sample])
            if kind == .anchor { selector = Self.selector(batch.bytes.span, entry.labels) }
        }
        if time == 0 { return nil }
    }

    private enum Kind { case ordinary, anchor }

    /// - Returns: Nil when the series is none of ours.
    private mutating func take(_ value: Double, _ bytes: borrowing Span<UInt8>, _ run: Range<Int>) -> Kind? {
        guard run.lowerBound >= 0, run.upperBound <= bytes.count,
            let name = Self.value(of: "__name__", bytes, run), let shape = Self.shapes[name]
        else { return nil }
        switch shape {
        case .plain:
            plain[name] = value
        case .cpu:
            guard let mode = Self.value(of: "mode", bytes, run) else { return nil }
            cpuSeconds[mode, default: 0] += value
            if mode == "idle" { cores += 1 }
        case .device:
            guard let device = Self.value(of: "device", bytes, run) else { return nil }
            devices[name, default: [:]][device] = value
        case .size, .free, .available:
            guard let mount = Self.value(of: "mountpoint", bytes, run) else { return nil }
            var filesystem = filesystems[mount] ?? Filesystem()
            filesystem.device = Self.value(of: "device", bytes, run) ?? ""
            filesystem.type = Self.value(of: "fstype", bytes, run) ?? ""
            switch shape {
            case .size: filesystem.size = value
            case .free: filesystem.free = value
            default: filesystem.available = value
            }
            filesystems[mount] = filesystem
        }
        return name == "node_load1" ? .anchor : .ordinary
    }

    private enum Shape {
        case plain, cpu, device
        case size, free, available
    }

    private static let shapes: [String: Shape] = {
        var shapes: [String: Shape] = [
            "node_cpu_seconds_total": .cpu,
            "node_filesystem_size_bytes": .size,
            "node_filesystem_free_bytes": .free,
            "node_filesystem_avail_bytes": .available,
        ]
        for name in [
            "node_load1", "node_load5", "node_load15", "node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes",
            "node_memory_MemFree_bytes", "node_memory_SwapTotal_bytes", "node_memory_SwapFree_bytes",
            "node_pressure_cpu_waiting_seconds_total", "node_pressure_io_waiting_seconds_total",
            "node_pressure_memory_waiting_seconds_total", "node_procs_running", "node_procs_blocked",
            "node_context_switches_total", "node_forks_total", "node_vmstat_oom_kill", "node_boot_time_seconds",
        ] { shapes[name] = .plain }
        for name in [
            "node_disk_read_bytes_total", "node_disk_written_bytes_total", "node_disk_io_time_seconds_total",
            "node_network_receive_bytes_total", "node_network_transmit_bytes_total",
        ] { shapes[name] = .device }
        return shapes
    }()

    private static func value(of name: StaticString, _ bytes: borrowing Span<UInt8>, _ run: Range<Int>) -> String? {
        let wanted = Array(name.description.utf8)
        var cursor = LabelCursor(offset: run.lowerBound, end: run.upperBound)
        while let label = cursor.next(bytes) {
            if bytesEqual(bytes, label.name, wanted.span, 0..<wanted.count) { return string(bytes, label.value) }
        }
        return nil
    }

    private static func selector(_ bytes: borrowing Span<UInt8>, _ run: Range<Int>) -> String {
        var matchers: [String] = []
        var cursor = LabelCursor(offset: run.lowerBound, end: run.upperBound)
        while let label = cursor.next(bytes) {
            guard let name = string(bytes, label.name), name != "__name__", let value = string(bytes, label.value) else { continue }
            matchers.append("\(LabelName.isLegacy(name) ? name : LabelName.quoted(name))=\(LabelName.quoted(value))")
        }
        return matchers.joined(separator: ",")
    }
}
