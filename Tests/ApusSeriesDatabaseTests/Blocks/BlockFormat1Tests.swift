import ApusModel
import ApusPlatform
import ApusSeriesDatabase
import ApusTestKit
import Testing

/// A block as format 1 was released: it must open for ever.
@Suite struct BlockFormat1Tests {
    static let files: [String: String] = [
        "values": """
        4170757376616c7501000000dca3eb0a0000052a560f486a989701dd220202020000000000f07f03000000000000f07f0407ee1eb2252023cb0024e46cab6001
        343333333333d33f0701000228ca285f
        """,
        "times": """
        4170757374696d65010000000baeacb6050080a0abfef962b0ea017ffc0f4e0500b08dacfef962b0ea019e66eceb
        """,
        "index": """
        41707573696e646501000000a09f138a0068e5cf8b010000801de7cf8b0100000300000000000000180000000000000003000000000000000500000000000000
        01000000000000000a1a0a085f5f6e616d655f5f120e72657175657374735f746f74616c0a1f0a085f5f6e616d655f5f121374656d70657261747572655f6365
        6c736975730a0e0a085f5f6e616d655f5f120275700a0a0a036a6f6212036170690a090a047061746812012f0a0a0a047a6f6e651202c3bc040000000c000000
        000000005100000054000000030000005d0000006100000004000000680000006c00000005000000700000007000000006000000000000000e00000000000000
        1c0000002a000000030000003d0000004b000000060000004d000000560000000900000059000000630000000c000000640000006e0000000f00000070000000
        70000000120000000100000100010100020100020100000100011000000000000000000000000000000000020004000201050002020301000801021e01010e10
        000000000000000068e5cf8b0100002802e7cf8b010000080000000b0000001f000000000000005883e5cf8b010000801de7cf8b010000080000000b00000010
        000000000000003800000000000000df6831f448000000000000007000000000000000f608124bb8000000000000003c000000000000000f2d6b1bf400000000
        000000540000000000000013d5a04b480100000000000012000000000000005caa03af5a01000000000000100000000000000055b256546a010000000000000c
        000000000000009f9cb842760100000000000009000000000000007e821a5f7f010000000000004000000000000000addd80f861dc83a365646e6973757041
        """,
    ]

    static let series: SeriesMap = [
        ["__name__": "requests_total", "path": "/"]: samples([10, 17, 21, 30, 0, 4, 9, 13]),
        ["__name__": "temperature_celsius", "zone": "ü"]: samples(
            [20.25, 20.5, StaleMarker.value, 19.75, 20, 20.25, .infinity, 20], from: 1_700_000_007_000),
        ["__name__": "up", "job": "api"]: samples([1, 1, 1, 1, 1, 1, 1, 0.1 + 0.2]),
    ]

    @Test func `a block of format 1 opens and holds its samples`() throws {
        let disk = try SmallBlocks.disk()
        try disk.createDirectory("/d/b")
        for (name, text) in Self.files {
            let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
            let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
            let file = try disk.open("/d/b/" + name, .createNew)
            try file.write(bytes.span, at: 0)
        }
        let block = try Block.open(disk: disk, directory: "/d/b")
        try block.verify()
        #expect(try SmallBlocks.read(block) == Self.series)
        #expect(block.metadata.generation == 3...5)
        #expect(block.metadata.level == 1)
        #expect(block.metadata.formatVersion == 1)
    }

    private static func samples(_ values: [Double], from start: Int64 = 1_700_000_000_000) -> [Int64: UInt64] {
        let times = values.indices.map { start + Int64($0) * 15_000 }
        return Dictionary(uniqueKeysWithValues: zip(times, values.map(\.bitPattern)))
    }
}
