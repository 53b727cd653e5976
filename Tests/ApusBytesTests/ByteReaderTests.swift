import ApusBytes
import ApusTestKit
import Testing

struct ByteReaderTests {
    @Test(arguments: [0, 1, 127, 128, 300, 1 << 35, UInt64.max - 1, UInt64.max])
    func `a varint reads back`(_ value: UInt64) throws {
        var bytes: [UInt8] = []
        bytes.appendVarint(value)
        var reader = ByteReader(end: bytes.count)
        #expect(try reader.varint(bytes.span) == value)
        #expect(reader.isAtEnd)
    }

    @Test(arguments: [0, 1, -1, 63, -64, Int64.max, Int64.min])
    func `a signed number reads back`(_ value: Int64) throws {
        var bytes: [UInt8] = []
        bytes.appendZigzag(value)
        var reader = ByteReader(end: bytes.count)
        #expect(try reader.zigzag(bytes.span) == value)
    }

    @Test(
        arguments: [
            [], [0x80], [0xff, 0xff], Array(repeating: 0xff, count: 11), Array(repeating: 0x80, count: 10),
            Array(repeating: 0xff, count: 9) + [0x02],
        ] as [[UInt8]])
    func `a varint that ends early or overflows is an error`(_ bytes: [UInt8]) {
        var reader = ByteReader(end: bytes.count)
        #expect(throws: DecodingError.self) { try reader.varint(bytes.span) }
        #expect(reader.offset == 0)
    }

    @Test func `a length past the end is an error`() {
        let bytes: [UInt8] = [5, 1, 2]
        var reader = ByteReader(end: bytes.count)
        #expect { try reader.run(bytes.span) } throws: { "\($0)" == "length passes the end at byte 0" }
    }

    @Test func `fixed numbers are little-endian`() throws {
        var bytes: [UInt8] = []
        bytes.appendFixed64(0x0102_0304_0506_0708)
        bytes.appendFixed32(0x0a0b_0c0d)
        #expect(bytes.first == 8)
        var reader = ByteReader(end: bytes.count)
        #expect(try reader.fixed64(bytes.span) == 0x0102_0304_0506_0708)
        #expect(try reader.fixed32(bytes.span) == 0x0a0b_0c0d)
        #expect(throws: DecodingError.self) { try reader.fixed32(bytes.span) }
    }
}

struct ChecksumTests {
    /// The check value of CRC-32C and the examples of RFC 3720, appendix B.4.
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xe306_9283), (Array(repeating: 0, count: 32), 0x8a91_36aa), (Array(repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0..<32), 0x46dd_794e), ([], 0),
        ] as [([UInt8], UInt32)])
    func `known checksums`(_ bytes: [UInt8], _ expected: UInt32) {
        #expect(crc32c(bytes.span) == expected)
    }

    @Test func `a checksum goes on where it stopped`() {
        let whole = Array("the quick brown fox".utf8)
        let (head, tail) = (Array(whole[..<7]), Array(whole[7...]))
        #expect(crc32c(tail.span, seed: crc32c(head.span)) == crc32c(whole.span))
    }

    @Test func `a hash tells every flipped bit of a short text`() {
        let text = Array("node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} and a tail longer than 48 bytes".utf8)
        for length in 0...text.count {
            let whole = hash64(text.span, 0..<length, seed: 7)
            #expect(whole != hash64(text.span, 0..<length, seed: 8))
            for bit in 0..<(length * 8) {
                var changed = text
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(hash64(changed.span, 0..<length, seed: 7) != whole)
            }
        }
    }
}
