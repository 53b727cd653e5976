import ApusModel
import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

@Suite struct SampleCodecTests {
    static func bytes(_ encoded: EncodedSample) -> [UInt8] {
        (0..<encoded.byteCount).map { i in
            UInt8(truncatingIfNeeded: (i < 8 ? encoded.low : encoded.high) >> UInt64((i & 7) * 8))
        }
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var state: SampleState
        var time: Int64
        var value: Double
        var byteCount: Int
    }

    static let examples = [
        Example(
            testDescription: "same step, same value",
            state: SampleState(time: 1000, bits: 5.0.bitPattern, step: 10), time: 1010, value: 5, byteCount: 1),
        Example(
            testDescription: "step off by three",
            state: SampleState(time: 1000, bits: 5.0.bitPattern, step: 10), time: 1013, value: 5, byteCount: 2),
        Example(
            testDescription: "first step of ten seconds",
            state: SampleState(time: 1000, bits: 5.0.bitPattern, step: 0), time: 11_000, value: 5, byteCount: 5),
        Example(
            testDescription: "first sample", state: SampleState(), time: 1_700_000_000_000, value: 1, byteCount: 11),
        Example(
            testDescription: "counter goes up by one",
            state: SampleState(time: 0, bits: 1000.0.bitPattern, step: 10), time: 10, value: 1001, byteCount: 2),
        Example(
            testDescription: "all bits differ",
            state: SampleState(time: 0, bits: 0x1234_5678_9abc_def1, step: 1), time: 1,
            value: Double(bitPattern: ~0x1234_5678_9abc_def1), byteCount: 9),
        Example(
            testDescription: "lowest bit differs",
            state: SampleState(time: 0, bits: 0, step: 1), time: 1, value: Double(bitPattern: 1), byteCount: 2),
        Example(
            testDescription: "highest bit differs",
            state: SampleState(time: 0, bits: 0, step: 1), time: 1, value: -0.0, byteCount: 4),
        Example(
            testDescription: "the largest of all", state: SampleState(), time: -(1 << 53),
            value: Double(bitPattern: 0xffff_ffff_ffff_ffff), byteCount: 16),
    ]

    @Test(arguments: examples)
    func `a sample comes back from few bytes`(_ example: Example) {
        let encoded = SampleCodec.encode(time: example.time, bits: example.value.bitPattern, after: example.state)
        #expect(encoded.byteCount == example.byteCount)
        let bytes = Self.bytes(encoded)
        var state = example.state
        let taken = SampleCodec.decode(bytes.span, at: 0, end: bytes.count, after: &state)
        #expect(taken == bytes.count)
        #expect(state.time == example.time)
        #expect(state.bits == example.value.bitPattern)
        var expected = example.state
        expected.advance(time: example.time, bits: example.value.bitPattern)
        #expect(state == expected)
    }

    @Test(arguments: seeds(50))
    func `any samples come back, from the same bytes`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        var state = SampleState()
        var samples: [(Int64, UInt64)] = []
        var time = Int64.random(in: -1_000_000...1_000_000, using: &generator)
        for _ in 0..<500 {
            let shift = Int64.random(in: 0..<46, using: &generator)
            time += Int64.random(in: 0...(1 << shift), using: &generator)
            let keep = UInt64.random(in: 0..<64, using: &generator)
            let bits = (generator.next() << keep) >> UInt64.random(in: 0..<64, using: &generator)
            bytes += Self.bytes(SampleCodec.encode(time: time, bits: bits, after: state))
            state.advance(time: time, bits: bits)
            samples.append((time, bits))
        }
        state = SampleState()
        var at = 0
        for (time, bits) in samples {
            at += SampleCodec.decode(bytes.span, at: at, end: bytes.count, after: &state) ?? 0
            #expect(state.time == time && state.bits == bits)
        }
        #expect(at == bytes.count)
    }

    @Test(arguments: seeds(20))
    func `any bytes decode to something or nil`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            var state = SampleState(time: Int64.max - 3, bits: generator.next(), step: Int32.max)
            var at = 0
            while let taken = SampleCodec.decode(bytes.span, at: at, end: bytes.count, after: &state) {
                #expect(taken > 0)
                at += taken
            }
            #expect(at <= bytes.count)
        }
    }
}
