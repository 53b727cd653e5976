import ApusCollectors
import ApusModel
import ApusTestKit
import Synchronization
import Testing

struct HostCollectorTests {
    private let time: Int64 = 1_700_000_000_250

    private static let expected: [(String, Double)] = [
        (#"node_cpu_seconds_total{cpu="0", mode="user"}"#, 1), (#"node_cpu_seconds_total{cpu="1", mode="idle"}"#, 41),
        (#"node_cpu_seconds_total{cpu="0", mode="steal"}"#, 0.08), (#"node_cpu_seconds_total{cpu="1", mode="softirq"}"#, 0.08),
        (#"node_cpu_guest_seconds_total{cpu="0", mode="user"}"#, 0.09),
        (#"node_cpu_guest_seconds_total{cpu="0", mode="nice"}"#, 0.1),
        ("node_intr_total", 471_896), ("node_context_switches_total", 823_426), ("node_boot_time_seconds", 1_795_228_202),
        ("node_forks_total", 17_289), ("node_procs_running", 3), ("node_procs_blocked", 1),
        ("node_load1", 0.58), ("node_load5", 1.72), ("node_load15", 10.33),
        ("node_memory_MemTotal_bytes", 49_368_776 * 1024), ("node_memory_Active_anon_bytes", 11_956 * 1024),
        ("node_memory_Committed_AS_bytes", 507_536 * 1024), ("node_memory_HugePages_Total", 3),
        ("node_memory_Hugepagesize_bytes", 2_097_152),
        ("node_vmstat_pgpgin", 22), ("node_vmstat_pgpgout", 33), ("node_vmstat_pswpin", 44), ("node_vmstat_pgfault", 66),
        ("node_vmstat_pgmajfault", 77), ("node_vmstat_oom_kill", 88),
        (#"node_disk_reads_completed_total{device="vda"}"#, 144_001), (#"node_disk_reads_merged_total{device="vda"}"#, 28_866),
        (#"node_disk_read_bytes_total{device="vda"}"#, 9_351_066 * 512), (#"node_disk_read_time_seconds_total{device="vda"}"#, 30.367),
        (#"node_disk_writes_completed_total{device="vda"}"#, 38_306), (#"node_disk_writes_merged_total{device="vda"}"#, 48_136),
        (#"node_disk_written_bytes_total{device="vda"}"#, 6_351_096 * 512),
        (#"node_disk_write_time_seconds_total{device="vda"}"#, 12.58), (#"node_disk_io_now{device="vda"}"#, 2),
        (#"node_disk_io_time_seconds_total{device="vda"}"#, 16.484),
        (#"node_disk_io_time_weighted_seconds_total{device="vda"}"#, 43.647),
        (#"node_disk_discards_completed_total{device="vda"}"#, 8459), (#"node_disk_discards_merged_total{device="vda"}"#, 5),
        (#"node_disk_discarded_sectors_total{device="vda"}"#, 794_320), (#"node_disk_discard_time_seconds_total{device="vda"}"#, 0.536),
        (#"node_disk_flush_requests_total{device="vda"}"#, 5287),
        (#"node_disk_flush_requests_time_seconds_total{device="vda"}"#, 0.163),
        (#"node_disk_info{device="vda", major="254", minor="0", model="Model=7", rotational="1", serial="serial 1"}"#, 1),
        (#"node_disk_io_time_weighted_seconds_total{device="nvme0n1"}"#, 0.011),
        (#"node_disk_info{device="nvme0n1", major="259", minor="0", rotational="0"}"#, 1),
        (#"node_filesystem_readonly{device="/dev/vda", fstype="ext4", mountpoint="/"}"#, 0),
        (#"node_filesystem_device_error{device="/dev/vdb", fstype="xfs", mountpoint="/tank one"}"#, 0),
        (#"node_filesystem_device_error{device="/dev/vdc", device_error="No such file or directory", fstype="ext4", mountpoint="/gone"}"#, 1),
        (#"node_filesystem_mount_info{device="/dev/vdb", major="0", minor="40", mountpoint="/tank one"}"#, 1),
        (#"node_network_receive_bytes_total{device="eth0"}"#, 369_372_390), (#"node_network_receive_drop_total{device="eth0"}"#, 2),
        (#"node_network_receive_frame_total{device="eth0"}"#, 4), (#"node_network_receive_multicast_total{device="eth0"}"#, 6),
        (#"node_network_transmit_bytes_total{device="lo"}"#, 274_209), (#"node_network_transmit_colls_total{device="eth0"}"#, 10),
        (#"node_network_transmit_carrier_total{device="eth0"}"#, 11), (#"node_network_transmit_compressed_total{device="eth0"}"#, 12),
        (#"node_network_up{device="eth0"}"#, 1), (#"node_network_mtu_bytes{device="eth0"}"#, 1400),
        (#"node_network_speed_bytes{device="eth0"}"#, 125_000_000),
        (#"node_network_info{address="02:fc:00:00:00:01", adminstate="up", broadcast="ff:ff:ff:ff:ff:ff", device="eth0", duplex="full", operstate="up"}"#, 1),
        ("node_pressure_cpu_waiting_seconds_total", 62.660647), ("node_pressure_io_waiting_seconds_total", 10.891551),
        ("node_pressure_io_stalled_seconds_total", 9.887202), ("node_pressure_memory_waiting_seconds_total", 0.000005),
        ("node_pressure_memory_stalled_seconds_total", 0.000004),
        ("node_filefd_allocated", 617), ("node_filefd_maximum", 2_466_177),
        ("node_sockstat_sockets_used", 18), ("node_sockstat_TCP_inuse", 3), ("node_sockstat_TCP_tw", 184),
        ("node_sockstat_TCP_alloc", 5), ("node_sockstat_TCP_mem", 204), ("node_sockstat_TCP_mem_bytes", 204 * 4096),
        ("node_sockstat_FRAG_memory", 7), ("node_sockstat_TCP6_inuse", 2),
        ("node_time_seconds", 1_700_000_000.25),
        (#"node_uname_info{domainname="(none)", machine="x86_64", nodename="vm", release="6.18.44", sysname="Linux", version="1 SMP"}"#, 1),
        (#"node_os_info{id="debian", name="Debian GNU/Linux", pretty_name="Debian \"12\"", version_id="12.5.1"}"#, 1),
        (#"node_os_version{id="debian", name="Debian GNU/Linux"}"#, 12.5),
        ("cgroup_cpu_usage_seconds_total", 5), ("cgroup_cpu_user_seconds_total", 4), ("cgroup_cpu_system_seconds_total", 1),
        ("cgroup_cpu_periods_total", 10), ("cgroup_cpu_throttled_periods_total", 2), ("cgroup_cpu_throttled_seconds_total", 0.03),
        ("cgroup_cpu_limit_cores", 1.5), ("cgroup_memory_usage_bytes", 1_048_576), ("cgroup_memory_limit_bytes", .infinity),
        (#"cgroup_memory_events_total{event="oom_kill"}"#, 4), (#"cgroup_io_read_bytes_total{device="vda"}"#, 1),
        (#"cgroup_io_writes_total{device="vda"}"#, 4), (#"cgroup_io_discarded_bytes_total{device="vda"}"#, 5),
        (#"node_scrape_collector_success{collector="cgroup"}"#, 1), (#"node_scrape_collector_success{collector="cpu"}"#, 1),
    ]

    @Test func `a host's files become these samples`() throws {
        let tree = try FixtureTree(FixtureTree.host)
        var collector = HostCollector(root: tree.root)
        var batch = WriteBatch()
        let cost = collector.collect(into: &batch, at: time)
        let samples = batch.samples
        for (series, value) in Self.expected { #expect(samples[series] == value, "\(series)") }
        #expect(samples.count == batch.entries.count, "a series stands twice")
        #expect(cost.sampleCount == batch.sampleCount && cost.durationSeconds > 0)
        #expect(batch.times.allSatisfy { $0 == time })
        for part in HostCollector.collectorNames {
            #expect(samples["node_scrape_collector_success{collector=\"\(part)\"}"] == 1, "\(part)")
        }
    }

    @Test func `partitions, remote file systems, kernel mounts, unwanted fields and odd names are left out`() throws {
        let tree = try FixtureTree(FixtureTree.host)
        var collector = HostCollector(root: tree.root)
        var batch = WriteBatch()
        collector.collect(into: &batch, at: time)
        let text = batch.samples.keys.joined(separator: "\n")
        for unwanted in ["loop0", "vda1", "nvme0n1p1", "/proc", "nfs4", "nr_free", "pgscan", "thp_fault", "Odd", "bonding", "sockets_inuse"] {
            #expect(!text.contains(unwanted), "\(unwanted)")
        }
    }

    @Test func `metadata comes with the first cycle only, once a family, and covers every series`() throws {
        let tree = try FixtureTree(FixtureTree.host)
        var collector = HostCollector(root: tree.root)
        var batch = WriteBatch()
        collector.collect(into: &batch, at: time)
        let declared = batch.metadata.map(\.metric)
        #expect(Set(declared).count == declared.count)
        #expect(Set(batch.entries.compactMap { batch.labels(of: $0).metricName }).isSubset(of: declared))
        #expect(batch.metadata.allSatisfy { !$0.1.help.isEmpty })
        let firstSamples = batch.samples.count
        batch.removeAll()
        collector.collect(into: &batch, at: time + 10_000)
        #expect(batch.metadata.isEmpty)
        #expect(batch.samples.count == firstSamples)
    }

    @Test func `every label run is canonical`() throws {
        let tree = try FixtureTree(FixtureTree.host)
        var collector = HostCollector(root: tree.root)
        var batch = WriteBatch()
        collector.collect(into: &batch, at: time)
        #expect(batch.invalidLabels.isEmpty)
    }

    @Test func `a part that fails is reported once, counts as failed, harms no other and comes back`() throws {
        let tree = try FixtureTree(FixtureTree.host)
        let events = Events()
        var collector = HostCollector(root: tree.root, report: { event in events.add(event) })
        var batch = WriteBatch()
        collector.collect(into: &batch, at: time)
        #expect(events.all.isEmpty)
        try tree.write("proc/loadavg", "what is this\n")
        for cycle in 1...3 {
            batch.removeAll()
            collector.collect(into: &batch, at: time + Int64(cycle))
            #expect(batch.samples[#"node_scrape_collector_success{collector="loadavg"}"#] == 0)
            #expect(batch.samples["node_load1"] == nil)
            #expect(batch.samples["node_intr_total"] == 471_896)
        }
        try tree.write("proc/loadavg", "1.00 2.00 3.00 1/1 1\n")
        batch.removeAll()
        collector.collect(into: &batch, at: time + 9)
        #expect(batch.samples["node_load5"] == 2)
        #expect(events.all.map(\.collector) == ["loadavg", "loadavg"])
        #expect(events.all.first?.problem != nil && events.all.last?.problem == nil)
    }

    @Test func `an empty root fails part by part and still says so`() throws {
        let tree = try FixtureTree(["file": ""])
        let events = Events()
        var collector = HostCollector(root: tree.root, report: { event in events.add(event) })
        var batch = WriteBatch()
        collector.collect(into: &batch, at: time)
        let failed = batch.samples.filter { $0.key.hasPrefix("node_scrape_collector_success") && $0.value == 0 }
        #expect(failed.count == HostCollector.collectorNames.count - 1)
        #expect(events.all.count == failed.count)
        #expect(batch.samples["node_time_seconds"] != nil)
    }

    @Test func `a processor's counter never goes back by a little, and does after a restart of the processor`() throws {
        let tree = try FixtureTree(FixtureTree.host)
        var collector = HostCollector(root: tree.root)
        func idle(_ ticks: Int) throws -> Double? {
            try tree.write("proc/stat", "cpu0 1 1 1 \(ticks) 1 1 1 1 0 0\n")
            var batch = WriteBatch()
            collector.collect(into: &batch, at: time)
            return batch.samples[#"node_cpu_seconds_total{cpu="0", mode="idle"}"#]
        }
        #expect(try idle(5000) == 50)
        #expect(try idle(4990) == 50)
        #expect(try idle(5010) == 50.1)
        #expect(try idle(100) == 1)
    }

    @Test func `devices may come, go and change places`() throws {
        let tree = try FixtureTree(FixtureTree.host)
        var collector = HostCollector(root: tree.root)
        let row = " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
        func devices(_ names: [String]) throws -> Set<String> {
            try tree.write("proc/net/dev", "h|h\n h|h\n" + names.map { "\($0):\(row)" }.joined())
            var batch = WriteBatch()
            collector.collect(into: &batch, at: time)
            #expect(Set(batch.samples.keys).count == batch.entries.count)
            return Set(names.filter { batch.samples["node_network_receive_bytes_total{device=\"\($0)\"}"] == 1 })
        }
        #expect(try devices(["lo", "eth0", "veth1"]).count == 3)
        #expect(try devices(["veth1", "lo"]).count == 2)
        #expect(try devices(["a", "lo", "b", "veth1"]).count == 4)
        #expect(try devices((0..<150).map { "veth\($0)" }).count == 150)
        #expect(try devices(["lo"]).count == 1)
        #expect(try devices(["lo", "veth7"]).count == 2)
    }

    @Test(arguments: UInt64(0)..<4)
    func `no mutated file traps or makes a bad label`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let tree = try FixtureTree(FixtureTree.host)
        let paths = FixtureTree.host.keys.filter { $0.hasPrefix("proc/") || $0.hasPrefix("sys/fs") || $0.hasPrefix("etc") }.sorted()
        for _ in 0..<20 {
            // New collectors, so that what is read only at first is read again.
            var collector = HostCollector(root: tree.root)
            var process = ProcessCollector(root: tree.root)
            for _ in 0..<3 {
                for path in paths { try tree.write(path, generator.mutated(Array((FixtureTree.host[path] ?? "").utf8))) }
                var batch = WriteBatch()
                collector.collect(into: &batch, at: time)
                process.collect(into: &batch, at: time)
                #expect(batch.invalidLabels.isEmpty)
            }
        }
    }
}

/// What a collector reported.
final class Events: Sendable {
    private let list = Mutex<[CollectorEvent]>([])
    var all: [CollectorEvent] { list.withLock { $0 } }
    func add(_ event: CollectorEvent) { list.withLock { $0.append(event) } }
}
