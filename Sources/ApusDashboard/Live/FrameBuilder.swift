/// Turns readings into the values of a frame: rates from counters, shares from sums, by channel (`cpu.user`, `disk.read.vda`).
///
/// The first reading gives only gauges; each further one gives rates over the time since the one before. A counter that
/// went back (a reboot, a device put in anew) gives no rate for that step.
struct FrameBuilder {
    private var previous: HostReading?
    /// Devices whose counters ever moved, in the order seen; the others are idle and only counted.
    private(set) var active: [DeviceClass: [String]] = [:]
    private(set) var idle: [DeviceClass: [String]] = [:]
    /// When the kernel was last seen to have killed a process for want of memory.
    private(set) var lastKillAt: Int64?

    var latest: HostReading? { previous }
    var selector: String { previous?.selector ?? "" }

    enum DeviceClass: String, CaseIterable { case disk, network }

    /// Devices with lines of their own; further ones go into "others", since more than eight lines cannot be told apart.
    static let ownLinesMax = 3

    mutating func values(from reading: HostReading) -> [String: Double] {
        var values = gauges(of: reading)
        if let previous {
            let seconds = Double(reading.time - previous.time) / 1000
            if seconds > 0 { rates(from: previous, to: reading, seconds, into: &values) }
        }
        previous = reading
        return values
    }

    private func gauges(of reading: HostReading) -> [String: Double] {
        var values: [String: Double] = [:]
        for (metric, channel) in [
            ("node_load1", "load.1"), ("node_load5", "load.5"), ("node_load15", "load.15"),
            ("node_procs_running", "procs.running"), ("node_procs_blocked", "procs.blocked"),
        ] { values[channel] = reading.plain[metric] }
        if let total = reading.plain["node_memory_MemTotal_bytes"],
            let available = reading.plain["node_memory_MemAvailable_bytes"],
            let free = reading.plain["node_memory_MemFree_bytes"]
        {
            values["mem.used"] = max(0, total - available)
            values["mem.cache"] = max(0, available - free)
            values["mem.free"] = min(free, available)
        }
        return values
    }

    private mutating func rates(
        from old: HostReading, to new: HostReading, _ seconds: Double, into values: inout [String: Double]
    ) {
        for (mode, share) in cpuShares(from: old, to: new) { values["cpu.\(mode)"] = share }
        for resource in ["cpu", "io", "memory"] {
            let metric = "node_pressure_\(resource)_waiting_seconds_total"
            values["psi.\(resource)"] = rate(old.plain[metric], new.plain[metric], seconds).map { min(100, $0 * 100) }
        }
        if let kills = rate(old.plain["node_vmstat_oom_kill"], new.plain["node_vmstat_oom_kill"], seconds), kills > 0 {
            lastKillAt = new.time
        }
        values["procs.forks"] = rate(old.plain["node_forks_total"], new.plain["node_forks_total"], seconds)
        deviceRates(.disk, Self.diskMetrics, from: old, to: new, seconds, into: &values)
        deviceRates(.network, Self.networkMetrics, from: old, to: new, seconds, into: &values)
    }

    /// Percent of all processors' time by mode, as the page groups them; empty when the counters stood still or went back.
    private func cpuShares(from old: HostReading, to new: HostReading) -> [String: Double] {
        guard old.cores == new.cores, new.cores > 0 else { return [:] }
        var shares: [String: Double] = [:]
        var total = 0.0
        for (mode, now) in new.cpuSeconds {
            // A processor's idle time may step back a little: the kernel's own rounding.
            let used = max(0, now - (old.cpuSeconds[mode] ?? now))
            total += used
            switch mode {
            case "user", "nice": shares["user", default: 0] += used
            case "irq", "softirq": shares["irq", default: 0] += used
            case "system", "iowait", "steal": shares[mode, default: 0] += used
            default: break
            }
        }
        guard total > 0 else { return [:] }
        return shares.mapValues { $0 / total * 100 }
    }

    private typealias DeviceMetric = (metric: String, prefix: String, scale: Double)

    private static let diskMetrics: [DeviceMetric] = [
        ("node_disk_read_bytes_total", "disk.read", 1), ("node_disk_written_bytes_total", "disk.write", 1),
        ("node_disk_io_time_seconds_total", "disk.busy", 100),
    ]

    private static let networkMetrics: [DeviceMetric] = [
        ("node_network_receive_bytes_total", "net.in", 1), ("node_network_transmit_bytes_total", "net.out", 1),
    ]

    private mutating func deviceRates(
        _ deviceClass: DeviceClass, _ metrics: [DeviceMetric],
        from old: HostReading, to new: HostReading, _ seconds: Double, into values: inout [String: Double]
    ) {
        let names = Set(metrics.flatMap { (new.devices[$0.metric] ?? [:]).keys }).filter { Self.isPhysical($0) }.sorted()
        for name in names where !(active[deviceClass] ?? []).contains(name) {
            let moved = metrics.contains { old.devices[$0.metric]?[name] != new.devices[$0.metric]?[name] }
            if moved { active[deviceClass, default: []].append(name) }
        }
        let seen = active[deviceClass] ?? []
        idle[deviceClass] = names.filter { !seen.contains($0) }
        for (position, name) in seen.enumerated() {
            for (metric, prefix, scale) in metrics {
                let change = rate(old.devices[metric]?[name], new.devices[metric]?[name], seconds)
                guard let change else { continue }
                // Shares of time do not add up over devices: "others" keeps the busiest.
                let limited = prefix == "disk.busy" ? min(100, change * scale) : change * scale
                if position < Self.ownLinesMax || seen.count == Self.ownLinesMax + 1 {
                    values["\(prefix).\(name)"] = limited
                } else if prefix == "disk.busy" {
                    values["\(prefix).others"] = max(limited, values["\(prefix).others"] ?? 0)
                } else {
                    values["\(prefix).others", default: 0] += limited
                }
            }
        }
    }

    private static let virtualPrefixes = [
        "lo", "docker", "br-", "veth", "virbr", "vnet", "ifb", "cni", "flannel", "cali", "dm-", "md", "loop", "ram", "zram", "fd", "sr",
    ]

    /// Devices that repeat what others carry already (loopback, bridges, container ends, partitions of a volume group) would
    /// count everything twice.
    static func isPhysical(_ device: String) -> Bool {
        !virtualPrefixes.contains { prefix in
            device.hasPrefix(prefix)
                && (prefix.hasSuffix("-") || device.count == prefix.count || prefix.count > 2
                    || device.dropFirst(prefix.count).allSatisfy(\.isNumber))
        }
    }

    private func rate(_ old: Double?, _ new: Double?, _ seconds: Double) -> Double? {
        guard let old, let new, new >= old else { return nil }
        return (new - old) / seconds
    }
}
