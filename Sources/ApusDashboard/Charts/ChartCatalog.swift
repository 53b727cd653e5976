/// All charts of the overview, in the order in which they stand on the page.
enum ChartCatalog {
    struct Row: Sendable {
        var id: String
        var title: String
        /// One plain sentence; `$cores` is the number of processors.
        var sentence: String
    }

    static let rows = [
        Row(id: "processor", title: "Processor", sentence: "Who uses the $cores, and who has to wait."),
        Row(id: "storage", title: "Memory and disks", sentence: "What is in use, what moves, and how much room is left."),
        Row(id: "network", title: "Network and tasks", sentence: "What goes in and out, and what the kernel schedules."),
        Row(id: "apus", title: "Apus itself", sentence: "What this monitoring takes in, keeps and costs."),
    ]

    static let charts = [cpu, load, pressure, memory, diskThroughput, diskBusy, network, tasks, ingest, series, ownMemory, queries]

    private static let cpu = Chart(
        id: "cpu", row: "processor", title: "CPU by mode", unit: .percent, kind: .stack, ceiling: .fixed(100),
        headline: ["cpu.user", "cpu.system", "cpu.iowait", "cpu.irq", "cpu.steal"], lead: "busy", wide: true,
        lines: [
            .init(id: "cpu.user", label: "user"), .init(id: "cpu.system", label: "system"),
            .init(id: "cpu.iowait", label: "waiting for disk"), .init(id: "cpu.irq", label: "interrupts"),
            .init(id: "cpu.steal", label: "stolen"),
        ],
        queries: [
            .init(
                text: "100 * sum by (mode) (rate(node_cpu_seconds_total{$s}[$w])) / scalar(sum(rate(node_cpu_seconds_total{$s}[$w])))",
                channel: "", by: "mode",
                map: [
                    "user": "cpu.user", "nice": "cpu.user", "system": "cpu.system", "iowait": "cpu.iowait",
                    "irq": "cpu.irq", "softirq": "cpu.irq", "steal": "cpu.steal", "idle": "",
                ])
        ])

    private static let load = Chart(
        id: "load", row: "processor", title: "Load against cores", unit: .count, headline: ["load.1"], lead: "over 1 min",
        lines: [
            .init(id: "load.1", label: "1 min"), .init(id: "load.5", label: "5 min"), .init(id: "load.15", label: "15 min"),
        ],
        queries: [
            .init(text: "node_load1{$s}", channel: "load.1"), .init(text: "node_load5{$s}", channel: "load.5"),
            .init(text: "node_load15{$s}", channel: "load.15"),
        ])

    private static let pressure = Chart(
        id: "pressure", row: "processor", title: "Time spent waiting", unit: .percent, ceiling: .fixed(100),
        headline: ["psi.cpu"], lead: "for CPU",
        lines: [
            .init(id: "psi.cpu", label: "for CPU"), .init(id: "psi.io", label: "for disks"),
            .init(id: "psi.memory", label: "for memory"),
        ],
        queries: [
            .init(text: "100 * rate(node_pressure_cpu_waiting_seconds_total{$s}[$w])", channel: "psi.cpu"),
            .init(text: "100 * rate(node_pressure_io_waiting_seconds_total{$s}[$w])", channel: "psi.io"),
            .init(text: "100 * rate(node_pressure_memory_waiting_seconds_total{$s}[$w])", channel: "psi.memory"),
        ],
        hint: "This kernel reports no pressure (it needs CONFIG_PSI, and psi=1 where it is off by default).")

    private static let memory = Chart(
        id: "memory", row: "storage", title: "Memory", unit: .bytes, kind: .stack, ceiling: .memory,
        headline: ["mem.used"], lead: "in use",
        lines: [
            .init(id: "mem.used", label: "in use"), .init(id: "mem.cache", label: "cache"), .init(id: "mem.free", label: "free"),
        ],
        queries: [
            .init(text: "node_memory_MemTotal_bytes{$s} - node_memory_MemAvailable_bytes{$s}", channel: "mem.used"),
            .init(text: "node_memory_MemAvailable_bytes{$s} - node_memory_MemFree_bytes{$s}", channel: "mem.cache"),
            .init(text: "node_memory_MemFree_bytes{$s}", channel: "mem.free"),
        ])

    private static let diskThroughput = Chart(
        id: "disk", row: "storage", title: "Disk throughput", unit: .bytesPerSecond, headline: ["disk.read.", "disk.write."],
        lead: "in all",
        lines: [.init(id: "disk.read.", label: "read"), .init(id: "disk.write.", label: "write")],
        queries: [
            .init(text: "rate(node_disk_read_bytes_total{$s}[$w])", channel: "disk.read.", by: "device"),
            .init(text: "rate(node_disk_written_bytes_total{$s}[$w])", channel: "disk.write.", by: "device"),
        ],
        hint: "No disk has moved a byte yet.")

    private static let diskBusy = Chart(
        id: "busy", row: "storage", title: "Disk busy", unit: .percent, ceiling: .fixed(100), headline: ["disk.busy."],
        lead: "of the time",
        lines: [.init(id: "disk.busy.", label: "")],
        queries: [.init(text: "100 * rate(node_disk_io_time_seconds_total{$s}[$w])", channel: "disk.busy.", by: "device")],
        hint: "No disk has been busy yet.")

    private static let network = Chart(
        id: "network", row: "network", title: "Network throughput", unit: .bytesPerSecond, headline: ["net.in.", "net.out."],
        lead: "in all", wide: true,
        lines: [.init(id: "net.in.", label: "in"), .init(id: "net.out.", label: "out")],
        queries: [
            .init(text: "rate(node_network_receive_bytes_total{$s}[$w])", channel: "net.in.", by: "device"),
            .init(text: "rate(node_network_transmit_bytes_total{$s}[$w])", channel: "net.out.", by: "device"),
        ],
        hint: "No network device has moved a byte yet.")

    private static let tasks = Chart(
        id: "tasks", row: "network", title: "Tasks", unit: .count, headline: ["procs.running"], lead: "running or ready", wide: true,
        lines: [
            .init(id: "procs.running", label: "running"), .init(id: "procs.blocked", label: "blocked"),
            .init(id: "procs.forks", label: "started per s"),
        ],
        queries: [
            .init(text: "node_procs_running{$s}", channel: "procs.running"),
            .init(text: "node_procs_blocked{$s}", channel: "procs.blocked"),
            .init(text: "rate(node_forks_total{$s}[$w])", channel: "procs.forks"),
        ])

    private static let ingest = Chart(
        id: "ingest", row: "apus", title: "Samples taken in", unit: .perSecond, headline: ["own.ingest"], lead: "",
        lines: [.init(id: "own.ingest", label: "samples")],
        queries: [.init(text: "rate(apus_samples_appended_total{$o}[$w])", channel: "own.ingest")])

    private static let series = Chart(
        id: "series", row: "apus", title: "Series in memory", unit: .count, headline: ["own.series"], lead: "",
        lines: [.init(id: "own.series", label: "series")], queries: [.init(text: "apus_head_series{$o}", channel: "own.series")])

    private static let ownMemory = Chart(
        id: "own", row: "apus", title: "Memory of Apus", unit: .bytes, headline: ["own.memory"], lead: "resident",
        lines: [.init(id: "own.memory", label: "resident")],
        queries: [.init(text: "process_resident_memory_bytes{$o}", channel: "own.memory")])

    private static let queries = Chart(
        id: "queries", row: "apus", title: "Time of queries", unit: .seconds, headline: ["own.query.max"], lead: "slowest",
        lines: [.init(id: "own.query.median", label: "median"), .init(id: "own.query.max", label: "slowest")],
        hint: "No query in this range; each one's time is kept for the last 15 min.")
}
