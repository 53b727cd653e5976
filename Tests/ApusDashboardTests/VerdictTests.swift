import ApusModel
import Testing

@testable import ApusDashboard

struct VerdictTests {
    /// Runs a host second by second and asks for the verdict at its end.
    private func verdict(_ seconds: Int, figures: OwnFigures = OwnFigures(), late: Int64 = 0, _ change: (inout Host, Int) -> Void) throws -> Verdict {
        var host = Host()
        var builder = FrameBuilder()
        var ring = FrameRing()
        for second in 0..<seconds {
            change(&host, second)
            let reading = try #require(HostReading(host.batch))
            _ = ring.append(time: reading.time, values: builder.values(from: reading))
        }
        return VerdictRules(
            ring: ring, reading: builder.latest, figures: figures, killedAt: builder.lastKillAt, now: host.time + late,
            intervalMaxMilliseconds: 10_000, startedAt: host.time - 60_000
        ).verdict()
    }

    @Test func `nothing wrong is said with what was looked at`() throws {
        let verdict = try verdict(30) { host, _ in host.pass(seconds: 1) }
        #expect(verdict.level == .ok)
        #expect(verdict.headline(now: 0) == "All fine")
        #expect(verdict.checked == ["CPU", "memory", "pressure", "one file system"])
    }

    @Test func `a busy processor is saturated since its beginning, with suspects`() throws {
        var figures = OwnFigures()
        figures.topByCPU = [
            ProcessUse(pid: 11091, command: "/usr/bin/python train.py", cpuCores: 0.96, residentBytes: 1),
            ProcessUse(pid: 7, command: "init", cpuCores: 0.001, residentBytes: 1),
        ]
        let verdict = try verdict(300, figures: figures) { host, second in host.pass(seconds: 1, busy: second < 60 ? 0.2 : 0.97) }
        let finding = try #require(verdict.findings.first)
        #expect(verdict.level == .bad)
        #expect(finding.suspects == ["python 11091, 96 %"])
        let now: Int64 = 1_700_000_300_000
        #expect(abs((finding.since ?? 0) - 1_700_000_061_000) <= 1000)
        #expect(verdict.headline(now: now) == "CPU saturated for 3 min: python 11091, 96 %")
    }

    @Test func `a short dip does not end it, a long one does`() throws {
        let short = try verdict(120) { host, second in host.pass(seconds: 1, busy: (60..<65).contains(second) ? 0.2 : 0.97) }
        #expect(abs((short.findings.first?.since ?? 0) - 1_700_000_002_000) <= 1000)
        let long = try verdict(120) { host, second in host.pass(seconds: 1, busy: (60..<80).contains(second) ? 0.2 : 0.97) }
        #expect(abs((long.findings.first?.since ?? 0) - 1_700_000_081_000) <= 1000)
    }

    @Test func `a few busy seconds are nothing`() throws {
        #expect(try verdict(30) { host, second in host.pass(seconds: 1, busy: second > 24 ? 1 : 0.1) }.findings.isEmpty)
    }

    @Test(arguments: [(60e9, Severity.ok), (9e9, .warn), (4e9, .bad), (0, .bad)])
    func `room on disks`(_ available: Double, level: Severity) throws {
        let verdict = try verdict(5) { host, _ in
            host.filesystems["/"] = available
            host.pass(seconds: 1)
        }
        #expect(verdict.level == level)
        if level != .ok { #expect(verdict.findings.first?.chart == "filesystems") }
    }

    @Test func `little memory, a killed process and pressure are found, worst first`() throws {
        let verdict = try verdict(60) { host, second in
            host.plain["node_memory_MemAvailable_bytes"] = second > 20 ? 0.7e9 : 6e9
            host.plain["node_memory_MemFree_bytes"] = second > 20 ? 0.1e9 : 2e9
            host.plain["node_vmstat_oom_kill"] = second > 50 ? 1 : 0
            host.plain["node_pressure_io_waiting_seconds_total", default: 0] += 0.4
            host.pass(seconds: 1)
        }
        #expect(verdict.findings.map(\.level) == [.bad, .warn, .warn])
        #expect(verdict.findings.map(\.text) == ["The kernel killed a process for want of memory", "Memory short", "Tasks wait for disks"])
    }

    @Test func `a collector that stands still is found`() throws {
        let verdict = try verdict(30, late: 45_000) { host, _ in host.pass(seconds: 1) }
        #expect(verdict.findings.first?.text == "No measurements")
        #expect(verdict.headline(now: 1_700_000_075_000) == "No measurements for 45 s: the last one is 45 s old")
    }

    @Test func `before the first figures it waits, and later says what to switch on`() {
        func rules(_ now: Int64) -> VerdictRules {
            VerdictRules(ring: FrameRing(), reading: nil, figures: OwnFigures(), now: now, intervalMaxMilliseconds: 10_000, startedAt: 0)
        }
        #expect(rules(1000).verdict().level == .waiting)
        #expect(rules(6000).verdict().findings.first?.advice.contains("enabled: true") == true)
    }

    @Test func `the program's own errors are a warning`() throws {
        var figures = OwnFigures()
        figures.recentErrors = ["write-ahead log: no space left on device"]
        let verdict = try verdict(5, figures: figures) { host, _ in host.pass(seconds: 1) }
        #expect(verdict.level == .warn)
        #expect(verdict.findings.first?.detail == "write-ahead log: no space left on device")
    }

    @Test(arguments: [
        (0.0, "0 B"), (1023, "1.00 KiB"), (999, "999 B"), (1024, "1.00 KiB"), (1536, "1.50 KiB"), (10_240, "10.0 KiB"), (1_331_439_862, "1.24 GiB"),
        (1e15, "909 TiB"), (-5, "0 B"), (.infinity, "1000000000000000 PiB"),
    ])
    func `byte counts are short`(_ value: Double, text: String) {
        #expect(ByteText.short(value) == text)
    }
}
