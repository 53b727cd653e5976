import ApusBytes
import ApusTestKit

/// Changes the sections of an index and sets all checksums right again.
enum IndexForgery {
    private static let sectionCount = 9
    private static let recordByteCount = 20

    static func damaged(_ good: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        let footer = good.count - sectionCount * recordByteCount - 12
        var sections: [[UInt8]] = []
        for number in 0..<sectionCount {
            let record = footer + number * recordByteCount
            let offset = Int(loadLittleEndian64(good.span, at: record))
            let count = Int(loadLittleEndian64(good.span, at: record + 8))
            sections.append(Array(good[offset..<(offset + count)]))
        }
        let target = Int.random(in: 0..<sectionCount, using: &random)
        let section = sections[target]
        if Bool.random(using: &random), !section.isEmpty {
            // A number in place keeps the sizes right, and so gets further.
            let at = Int.random(in: 0..<section.count, using: &random)
            sections[target][at] = UInt8.random(in: 0...255, using: &random)
        } else {
            sections[target] = random.mutated(section)
        }
        var bytes = Array(good[..<16])
        var records: [UInt8] = []
        for section in sections {
            records.appendFixed64(UInt64(bytes.count))
            records.appendFixed64(UInt64(section.count))
            records.appendFixed32(crc32c(section.span))
            bytes += section
        }
        records.appendFixed32(crc32c(records.span))
        return bytes + records + good.suffix(8)
    }
}
