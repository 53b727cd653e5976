import ApusCollectors
import ApusModel
import ApusTestKit
import Testing

struct ProcessTests {
    private static func stat(_ pid: Int, _ name: String, user: Int, system: Int, start: Int, pages: Int) -> String {
        "\(pid) (\(name)) S 1 2 3 4 5 6 7 8 9 10 \(user) \(system) 0 0 20 0 7 0 \(start) 123456 \(pages) 18446744073709551615 1 1\n"
    }

    @Test func `the process's own files become these samples`() throws {
        let tree = try FixtureTree([
            "proc/self/stat": Self.stat(42, "odd) (name", user: 150, system: 50, start: 1000, pages: 25),
            "proc/self/net/netstat": "TcpExt: A B\nTcpExt: 1 2\nIpExt: InNoRoutes InOctets OutOctets\nIpExt: 0 369549983 501309\n",
            "proc/stat": "cpu 1\nbtime 1795228202\n", "proc/self/fd/0": "", "proc/self/fd/1": "", "proc/self/fd/2": "",
        ])
        var collector = ProcessCollector(root: tree.root)
        var batch = WriteBatch()
        let cost = collector.collect(into: &batch, at: 5)
        let samples = batch.samples
        #expect(samples["process_cpu_seconds_total"] == 2)
        #expect(samples["process_resident_memory_bytes"] == 102_400)
        #expect(samples["process_virtual_memory_bytes"] == 123_456)
        #expect(samples["process_threads"] == 7)
        #expect(samples["process_start_time_seconds"] == 1_795_228_212)
        #expect(samples["process_open_fds"] == 3)
        #expect(samples["process_network_receive_bytes_total"] == 369_549_983)
        #expect(samples["process_network_transmit_bytes_total"] == 501_309)
        #expect(samples["process_max_fds"] ?? 0 > 0 && samples["process_virtual_memory_max_bytes"] ?? 0 > 0)
        #expect(cost.sampleCount == 10 && batch.metadata.count == 10)
    }

    @Test func `this very process is seen alive`() {
        var collector = ProcessCollector()
        var batch = WriteBatch()
        collector.collect(into: &batch, at: 5)
        let samples = batch.samples
        #expect(samples["process_resident_memory_bytes"] ?? 0 > 1_048_576)
        #expect(samples["process_open_fds"] ?? 0 >= 3)
        #expect(samples["process_threads"] ?? 0 >= 1)
    }

    @Test func `the table names who used the processors since the last scan`() throws {
        let tree = try FixtureTree([
            "proc/10/stat": Self.stat(10, "idle", user: 10_000, system: 0, start: 0, pages: 1),
            "proc/11091/stat": Self.stat(11_091, "python3 (x", user: 500, system: 0, start: 0, pages: 100),
            "proc/12/stat": Self.stat(12, "gone", user: 1, system: 0, start: 0, pages: 1),
            "proc/self/stat": "x", "proc/1x/stat": "x", "proc/13/stat": "malformed",
        ])
        var table = ProcessTable(root: tree.root)
        let first = table.top(5, nowNanoseconds: 1000 * 1_000_000_000)
        #expect(first.map(\.pid) == [10, 11_091, 12])
        #expect(first.first?.cpuRatio == 0.1)
        try tree.write("proc/11091/stat", Self.stat(11_091, "python3 (x", user: 1400, system: 60, start: 0, pages: 200))
        try tree.remove("proc/12")
        let second = table.top(1, nowNanoseconds: 1010 * 1_000_000_000)
        #expect(second == [ProcessUsage(pid: 11_091, command: "python3 (x", cpuRatio: 0.96, residentBytes: 200 * 4096)])
        // Another process under the same number starts from nothing.
        try tree.write("proc/11091/stat", Self.stat(11_091, "new", user: 100, system: 0, start: 101_500, pages: 1))
        #expect(table.top(1, nowNanoseconds: 1020 * 1_000_000_000).first?.cpuRatio == 0.2)
        #expect(table.top(0, nowNanoseconds: 1030 * 1_000_000_000).isEmpty)
    }

    @Test(arguments: UInt64(0)..<4)
    func `no mutated process line traps`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let line = Array(Self.stat(10, "a (b) c", user: 10, system: 20, start: 5, pages: 1).utf8)
        let tree = try FixtureTree(["proc/self/stat": "", "proc/10/stat": ""])
        var table = ProcessTable(root: tree.root)
        var collector = ProcessCollector(root: tree.root)
        for round in 0..<500 {
            let text = generator.mutated(line)
            try tree.write("proc/10/stat", text)
            try tree.write("proc/self/stat", text)
            #expect(table.top(3, nowNanoseconds: Int64(round)).count <= 1)
            var batch = WriteBatch()
            collector.collect(into: &batch, at: 1)
        }
    }
}
