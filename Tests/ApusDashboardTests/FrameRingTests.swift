import ApusTestKit
import Testing

@testable import ApusDashboard

struct FrameRingTests {
    @Test(arguments: UInt64(0)..<16)
    func `keeps order, width and bounds whatever comes`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var ring = FrameRing()
        var time: Int64 = 1_000_000
        let names = ["cpu.user", "mem.used", "load.1", "disk.read.a", "disk.read.b", "net.in.x", "nobody.knows.this"]
        for _ in 0..<2500 {
            time += Int64.random(in: -500...3000, using: &generator)
            let values = Dictionary(uniqueKeysWithValues: names.filter { _ in Bool.random(using: &generator) }.map { ($0, 1.0) })
            _ = ring.append(time: time, values: values)
            if Int.random(in: 0..<500, using: &generator) == 0 {
                let start = (ring.firstTime ?? time) - 5000
                ring.prepend((0..<8).map { (start + Int64($0) * 1000, ["load.5": 2]) })
            }
        }
        #expect(zip(ring.frames, ring.frames.dropFirst()).allSatisfy { $0.time < $1.time })
        #expect(ring.frames.allSatisfy { $0.values.count == ring.layout.channels.count })
        #expect(ring.frames.count <= FrameRing.countMax + 50)
        #expect(ring.layout.index["nobody.knows.this"] == nil)
    }

    @Test func `a device that wakes up was at zero before`() {
        var ring = FrameRing()
        let grew = [
            ring.append(time: 1, values: ["load.1": 1]), ring.append(time: 2, values: ["load.1": 2]),
            ring.append(time: 3, values: ["load.1": 3, "disk.read.a": 9, "load.5": 4]),
        ]
        #expect(grew == [true, false, true])
        let disk = ring.layout.index["disk.read.a"].map { i in ring.frames.map { $0.values[i] } }
        #expect(disk == [0, 0, 9])
        let load = ring.layout.index["load.5"].map { i in ring.frames.map { $0.values[i].isNaN } }
        #expect(load == [true, true, false])
    }

    @Test func `channels stand in the order of the charts, others last`() {
        var layout = Layout()
        _ = layout.add(["disk.read.others", "disk.read.a", "mem.used", "cpu.steal", "cpu.user", "disk.write.a"])
        #expect(layout.channels.map(\.id) == ["cpu.user", "cpu.steal", "mem.used", "disk.read.a", "disk.read.others", "disk.write.a"])
        #expect(layout.channels.map(\.label) == ["user", "stolen", "in use", "a read", "others read", "a write"])
    }
}
