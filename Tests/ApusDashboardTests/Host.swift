import ApusModel

@testable import ApusDashboard

/// A host made of numbers, as its collector would report it.
struct Host {
    var time: Int64 = 1_700_000_000_000
    /// Seconds by mode, each of two processors.
    var cpu: [String: Double] = ["user": 100, "system": 50, "idle": 1000, "iowait": 5, "irq": 0, "softirq": 1, "nice": 0, "steal": 0]
    var plain: [String: Double] = [
        "node_load1": 1, "node_load5": 1, "node_load15": 1, "node_memory_MemTotal_bytes": 8e9,
        "node_memory_MemAvailable_bytes": 6e9, "node_memory_MemFree_bytes": 2e9,
        "node_pressure_cpu_waiting_seconds_total": 10, "node_pressure_io_waiting_seconds_total": 10,
        "node_pressure_memory_waiting_seconds_total": 0, "node_vmstat_oom_kill": 0,
    ]
    /// Bytes read, by disk.
    var disks: [String: Double] = ["vda": 1e6, "vdb": 0]
    /// Bytes received, by device.
    var networks: [String: Double] = ["eth0": 1e6, "lo": 1e9]
    /// Available bytes of 100 GB, by mount point.
    var filesystems: [String: Double] = ["/": 60e9]

    /// Lets time pass: both processors busy for `busy` of it.
    mutating func pass(seconds: Double, busy: Double = 0.1) {
        time += Int64(seconds * 1000)
        cpu["user", default: 0] += seconds * busy
        cpu["idle", default: 0] += seconds * (1 - busy)
    }

    var batch: WriteBatch {
        var batch = WriteBatch()
        func add(_ name: String, _ labels: [(String, String)], _ value: Double) {
            batch.append(Labels([("__name__", name), ("instance", "here")] + labels), time: time, value: value)
        }
        for core in ["0", "1"] {
            for (mode, seconds) in cpu { add("node_cpu_seconds_total", [("cpu", core), ("mode", mode)], seconds) }
        }
        for (name, value) in plain { add(name, [], value) }
        for (device, bytes) in disks { add("node_disk_read_bytes_total", [("device", device)], bytes) }
        for (device, bytes) in networks { add("node_network_receive_bytes_total", [("device", device)], bytes) }
        for (mount, available) in filesystems {
            let labels = [("mountpoint", mount), ("device", "/dev\(mount)"), ("fstype", "ext4")]
            add("node_filesystem_size_bytes", labels, 100e9)
            add("node_filesystem_free_bytes", labels, available)
            add("node_filesystem_avail_bytes", labels, available)
        }
        add("unrelated_total", [("device", "vda")], 7)
        return batch
    }
}

extension OverviewModel {
    static func sample() -> OverviewModel {
        OverviewModel(host: HostFacts(name: "here", version: "0", startedAt: 1_700_000_000_000))
    }

    /// The names of the events in a run of them, with the sequence number at the end of each id.
    static func parse(_ bytes: [UInt8]) -> [(name: String, sequence: Int64?)] {
        let text = String(decoding: bytes, as: UTF8.self)
        var events: [(name: String, sequence: Int64?)] = []
        var sequence: Int64?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("id: ") { sequence = line.split(separator: "-").last.flatMap { Int64($0) } }
            if line.hasPrefix("event: ") { events.append((String(line.dropFirst(7)), sequence)) }
            if line.isEmpty { sequence = nil }
        }
        return events
    }

    /// The id of the newest event.
    func lastID(now: Int64) -> String {
        let json = String(decoding: snapshot(now: now).json, as: UTF8.self)
        return String(json.dropFirst("{\"id\":\"".count).prefix { $0 != "\"" })
    }
}
