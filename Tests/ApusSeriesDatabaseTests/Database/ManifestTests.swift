import ApusModel
import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

@Suite struct ManifestTests {
    static var example: Manifest {
        var manifest = Manifest()
        manifest.flushedGeneration = 17
        manifest.lastTombstone = 3
        manifest.blocks = [.init(name: "00000000000000000012", appliedTombstone: 2)]
        manifest.tombstones = [
            .init(
                sequence: 3, generation: 16, minTime: -5, maxTime: 1 << 60,
                selectors: [[.init(name: "job", operation: "=~", value: "a.*|ü")], []])
        ]
        return manifest
    }

    @Test func `a manifest comes back`() throws {
        #expect(try Manifest(decoding: Self.example.encoded()) == Self.example)
        #expect(try Manifest(decoding: Manifest().encoded()) == Manifest())
    }

    @Test func `every flipped bit and every cut is noticed`() {
        let bytes = Self.example.encoded()
        for at in bytes.indices {
            for bit in UInt8(0)..<8 {
                var bad = bytes
                bad[at] ^= 1 << bit
                #expect(throws: StorageError.self) { try Manifest(decoding: bad) }
            }
            #expect(throws: StorageError.self) { try Manifest(decoding: Array(bytes.prefix(at))) }
        }
    }

    @Test(arguments: seeds(10))
    func `no bytes under a right checksum make reading trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let bytes = Self.example.encoded()
        for _ in 0..<2000 {
            var bad = generator.mutated(Array(bytes.dropFirst(8).dropLast(4)))
            bad = Array(bytes.prefix(8)) + bad
            bad += crc(bad)
            do throws(StorageError) {
                for item in try Manifest(decoding: bad).tombstones { _ = try item.tombstone() }
            } catch {
                #expect(error.code == .corruption)
            }
        }
    }
}
