import ApusModel
import ApusTestKit
import Testing

@testable import ApusDashboard

struct FrameBuilderTests {
    private func values(_ hosts: [Host]) throws -> [String: Double] {
        var builder = FrameBuilder()
        var values: [String: Double] = [:]
        for host in hosts { values = builder.values(from: try #require(HostReading(host.batch))) }
        return values
    }

    @Test func `the first reading gives gauges and no rates`() throws {
        let values = try values([Host()])
        #expect(values["load.1"] == 1)
        #expect(values["mem.used"] == 2e9)
        #expect(values["mem.cache"] == 4e9)
        #expect(values["mem.free"] == 2e9)
        #expect(values.keys.filter { $0.hasPrefix("cpu.") || $0.hasPrefix("disk.") || $0.hasPrefix("psi.") }.isEmpty)
    }

    @Test func `the second gives shares of the time between them`() throws {
        let first = Host()
        var second = first
        second.pass(seconds: 2, busy: 0.25)
        second.disks["vda"] = 3e6
        second.plain["node_pressure_io_waiting_seconds_total"] = 11
        let values = try values([first, second])
        #expect(abs((values["cpu.user"] ?? 0) - 25) < 1e-6)
        #expect(values["cpu.system"] == 0)
        #expect(values["disk.read.vda"] == 1e6)
        #expect(values["psi.io"] == 50)
    }

    @Test func `a counter that went back gives no rate`() throws {
        let first = Host()
        var second = first
        second.pass(seconds: 1)
        second.disks["vda"] = 2e6
        var third = second
        third.pass(seconds: 1)
        third.disks["vda"] = 10
        #expect(try values([first, second, third])["disk.read.vda"] == nil)
    }

    @Test func `idle devices have no lines and are named`() throws {
        let first = Host()
        var second = first
        second.pass(seconds: 1)
        second.disks["vda"] = 2e6
        var builder = FrameBuilder()
        _ = builder.values(from: try #require(HostReading(first.batch)))
        let values = builder.values(from: try #require(HostReading(second.batch)))
        #expect(values["disk.read.vdb"] == nil)
        #expect(builder.idle[.disk] == ["vdb"])
        #expect(builder.idle[.network] == ["eth0"])
    }

    @Test func `from the fifth on, devices share one line`() throws {
        var first = Host()
        for i in 0..<6 { first.disks["sd\(i)"] = 0 }
        var second = first
        second.pass(seconds: 1)
        for i in 0..<6 { second.disks["sd\(i)"] = 100 }
        let values = try values([first, second])
        #expect(values.keys.filter { $0.hasPrefix("disk.read.") }.sorted() == ["others", "sd0", "sd1", "sd2"].map { "disk.read.\($0)" })
        #expect(values["disk.read.others"] == 300)
    }

    @Test(arguments: [
        ("eth0", true), ("lo", false), ("enp3s0", true), ("docker0", false), ("br-12ab", false), ("veth12", false), ("vda", true),
        ("loop3", false), ("dm-0", false), ("md127", false), ("nvme0n1", true), ("sda", true), ("sr0", false), ("wlan0", true),
        ("mdraid", true), ("fd0", false),
    ])
    func `devices that repeat others are left out`(_ device: String, isPhysical: Bool) {
        #expect(FrameBuilder.isPhysical(device) == isPhysical)
    }

    @Test func `the host's own labels become its selector`() throws {
        #expect(try #require(HostReading(Host().batch)).selector == "instance=\"here\"")
    }

    @Test(arguments: UInt64(0)..<8)
    func `damaged batches never trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let whole = Host().batch
        var builder = FrameBuilder()
        var ring = FrameRing()
        for step in 0..<400 {
            var batch = whole
            batch.bytes = generator.mutated(batch.bytes)
            for i in batch.values.indices where Int.random(in: 0..<20, using: &generator) == 0 {
                batch.values[i] = [.nan, .infinity, -1, 1e308, -1e308, 0][Int.random(in: 0..<6, using: &generator)]
            }
            for i in batch.times.indices { batch.times[i] += Int64(step) * 1000 }
            guard let reading = HostReading(batch) else { continue }
            _ = ring.append(time: reading.time, values: builder.values(from: reading))
            _ = VerdictRules(
                ring: ring, reading: reading, figures: OwnFigures(), now: reading.time, intervalMaxMilliseconds: 10_000, startedAt: 0
            ).verdict()
        }
    }
}
