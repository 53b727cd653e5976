import ApusModel
import ApusSeriesDatabase
import ApusTestKit
import Testing

@Suite struct ChunkCodecTests {
    struct Column: CustomTestStringConvertible {
        let name: String
        let values: [Double]
        /// At most this many bytes are expected.
        let byteCountMax: Int
        var testDescription: String { name }
    }

    static let columns: [Column] = [
        Column(name: "one value", values: [42], byteCountMax: 5),
        Column(name: "one NaN", values: [.nan], byteCountMax: 14),
        Column(name: "a constant", values: series(300) { _ in 6.4e10 }, byteCountMax: 10),
        Column(name: "minus zero", values: series(300) { _ in -0.0 }, byteCountMax: 14),
        Column(name: "zeros of both signs", values: [0, -0.0, 0, 0, -0.0], byteCountMax: 40),
        Column(name: "stale markers only", values: series(100) { _ in StaleMarker.value }, byteCountMax: 14),
        Column(name: "a straight line", values: series(300) { $0 * 15 }, byteCountMax: 8),
        Column(name: "quarters", values: series(300) { $0 * 25 / 100 }, byteCountMax: 8),
        Column(name: "pages", values: series(300) { ($0 * 7919).truncatingRemainder(dividingBy: 64) * 4096 }, byteCountMax: 240),
        Column(name: "a counter with a reset", values: series(300) { ($0 > 200 ? 0 : 1e9) + $0 * 10 }, byteCountMax: 40),
        Column(
            name: "a counter with stale markers",
            values: series(300) { $0.truncatingRemainder(dividingBy: 50) == 49 ? StaleMarker.value : $0 * 10 }, byteCountMax: 60),
        Column(name: "infinities", values: [1, .infinity, 2, -.infinity, 3, .greatestFiniteMagnitude, .leastNonzeroMagnitude], byteCountMax: 80),
        Column(name: "single precision", values: series(100) { Double(Float(1) / Float($0 + 1)) }, byteCountMax: 600),
        Column(name: "the largest integers", values: [9_007_199_254_740_992, -9_007_199_254_740_992, 1e300], byteCountMax: 60),
        Column(name: "sums that are not decimals", values: series(300) { 0.1 * $0 }, byteCountMax: 2400),
    ]

    private static func series(_ count: Int, _ value: (Double) -> Double) -> [Double] { (0..<count).map { value(Double($0)) } }

    @Test(arguments: columns)
    func `gives back every bit`(_ column: Column) throws {
        var bytes: [UInt8] = [1, 2, 3]
        ChunkCodec.encodeValues(column.values.span, into: &bytes)
        #expect(bytes.count - 3 <= column.byteCountMax)
        var decoded: [Double] = [7]
        try ChunkCodec.decodeValues(bytes.span, 3..<bytes.count, count: column.values.count, into: &decoded)
        #expect(decoded.map(\.bitPattern) == [Double(7).bitPattern] + column.values.map(\.bitPattern))
    }

    struct Drawing: CustomTestStringConvertible {
        let testDescription: String
        let values: [Double]
        let bytes: [UInt8]
    }

    static let drawings: [Drawing] = [
        Drawing(testDescription: "a constant", values: [42, 42], bytes: [0x00, 0x01, 0, 84]),
        Drawing(testDescription: "a line", values: [0, 15, 30, 45], bytes: [0x00, 0x05, 0, 0, 30]),
        Drawing(testDescription: "tenths", values: [0.1, 0.2, 0.3, 0.4], bytes: [0x01, 0x05, 0, 2, 2]),
        Drawing(testDescription: "two bits each", values: [5, 3, 4, 6, 3, 5, 4, 6], bytes: [0x00, 0x04, 2, 6, 0b1101_0010, 0b1101_1000]),
        Drawing(testDescription: "multiples of four", values: [8, 0, 4, 12, 0, 8, 4, 12], bytes: [0x00, 0x08, 2, 2, 0b1101_0010, 0b1101_1000]),
        Drawing(
            testDescription: "a stale marker between", values: [7, StaleMarker.value, 7],
            bytes: [0x60, 1, 2, 0, 0, 0, 0, 0, 0xf0, 0x7f, 1, 0x01, 0, 14]),
    ]

    @Test(arguments: drawings)
    func `the bytes are those of the format's page`(_ drawing: Drawing) throws {
        var bytes: [UInt8] = []
        ChunkCodec.encodeValues(drawing.values.span, into: &bytes)
        #expect(bytes == drawing.bytes)
    }

    @Test(arguments: UInt64(0)..<400)
    func `any values come back`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let values = RandomColumns.values(count: Int.random(in: 1...700, using: &random), using: &random)
        var bytes: [UInt8] = []
        ChunkCodec.encodeValues(values.span, into: &bytes)
        var decoded: [Double] = []
        try ChunkCodec.decodeValues(bytes.span, 0..<bytes.count, count: values.count, into: &decoded)
        #expect(decoded.map(\.bitPattern) == values.map(\.bitPattern))
        #expect(bytes.count <= 10 * values.count + 40)
    }

    @Test(arguments: UInt64(0)..<200)
    func `any times come back`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let times = RandomColumns.times(count: Int.random(in: 1...700, using: &random), using: &random)
        var bytes: [UInt8] = []
        ChunkCodec.encodeTimes(times.span, into: &bytes)
        var decoded: [Int64] = []
        try ChunkCodec.decodeTimes(bytes.span, 0..<bytes.count, count: times.count, into: &decoded)
        #expect(decoded == times)
    }

    @Test func `times at the ends of their range come back`() throws {
        let times: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
        var bytes: [UInt8] = []
        ChunkCodec.encodeTimes(times.span, into: &bytes)
        var decoded: [Int64] = []
        try ChunkCodec.decodeTimes(bytes.span, 0..<bytes.count, count: times.count, into: &decoded)
        #expect(decoded == times)
    }

    @Test func `even steps take a few bytes`() {
        let times = (0..<300).map { 1_700_000_000_000 + Int64($0) * 15_000 }
        var bytes: [UInt8] = []
        ChunkCodec.encodeTimes(times.span, into: &bytes)
        #expect(bytes.count <= 14)
    }

    @Test(arguments: UInt64(0)..<20)
    func `damaged bytes end in an error or other values`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let values = RandomColumns.values(count: Int.random(in: 1...60, using: &random), using: &random)
            let times = RandomColumns.times(count: values.count, using: &random)
            var bytes: [UInt8] = []
            var timeBytes: [UInt8] = []
            ChunkCodec.encodeValues(values.span, into: &bytes)
            ChunkCodec.encodeTimes(times.span, into: &timeBytes)
            let damaged = random.mutated(bytes)
            let damagedTimes = random.mutated(timeBytes)
            let count = Bool.random(using: &random) ? values.count : Int.random(in: 0...2000, using: &random)
            var decoded: [Double] = []
            var decodedTimes: [Int64] = []
            // Decoding may fail; when it does not, it gives as many as were asked for.
            if (try? ChunkCodec.decodeValues(damaged.span, 0..<damaged.count, count: count, into: &decoded)) != nil {
                #expect(decoded.count == count)
            }
            if (try? ChunkCodec.decodeTimes(damagedTimes.span, 0..<damagedTimes.count, count: count, into: &decodedTimes)) != nil {
                #expect(decodedTimes.count == count)
            }
        }
    }

    @Test func `a range outside the bytes is an error`() {
        let bytes: [UInt8] = [0, 0]
        #expect(throws: StorageError.self) {
            var values: [Double] = []
            try ChunkCodec.decodeValues(bytes.span, 1..<3, count: 1, into: &values)
        }
    }
}
