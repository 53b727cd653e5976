internal import ApusBytes

/// Looks at eight bytes of text at a time: in each byte of a word, the highest bit says whether it was found.
enum WordScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The offset of the first byte from `offset` on that cannot stand in a name (letters, digits, `_`, and `:` in a
    /// metric's), `end` when all can.
    @inline(__always)
    static func nameEnd(_ bytes: borrowing Span<UInt8>, _ offset: Int, end: Int, allowsColon: Bool) -> Int {
        var offset = offset
        // The colon stands behind the nine.
        let behindDigits: UInt64 = allowsColon ? 0x3b : 0x3a
        while offset < end {
            let word = load(bytes, offset, end)
            let low = word & ~highBits
            let folded = low | ones &* 0x20
            let letters = (folded &+ ones &* (0x80 - 0x61)) & ~(folded &+ ones &* (0x80 - 0x7b))
            let digits = (low &+ ones &* (0x80 - 0x30)) & ~(low &+ ones &* (0x80 &- behindDigits))
            let underscores = ~((low ^ ones &* 0x5f) &+ ones &* 0x7f)
            let stops = ((letters | digits | underscores) & ~word & highBits) ^ highBits
            if stops != 0 { return min(end, offset &+ stops.trailingZeroBitCount >> 3) }
            offset &+= 8
        }
        return end
    }

    /// The offset of the first quote, backslash or (unless `allowsNewline`) newline, `end` when there is none.
    @inline(__always)
    static func quotedEnd(_ bytes: borrowing Span<UInt8>, _ offset: Int, end: Int, allowsNewline: Bool) -> Int {
        var offset = offset
        let newline: UInt8 = allowsNewline ? UInt8(ascii: "\"") : UInt8(ascii: "\n")
        while offset < end {
            let word = load(bytes, offset, end)
            let stops =
                matches(word, UInt8(ascii: "\"")) | matches(word, UInt8(ascii: "\\")) | matches(word, newline)
            if stops != 0 { return min(end, offset &+ stops.trailingZeroBitCount >> 3) }
            offset &+= 8
        }
        return end
    }

    /// The offset of the next newline, `end` when there is none.
    @inline(__always)
    static func lineEnd(_ bytes: borrowing Span<UInt8>, _ offset: Int, end: Int) -> Int {
        var offset = offset
        while offset < end {
            let stops = matches(load(bytes, offset, end), UInt8(ascii: "\n"))
            if stops != 0 { return min(end, offset &+ stops.trailingZeroBitCount >> 3) }
            offset &+= 8
        }
        return end
    }

    @inline(__always)
    private static func matches(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        let difference = word ^ ones &* UInt64(byte)
        return ~(((difference & ~highBits) &+ ~highBits) | difference) & highBits
    }

    /// Eight bytes; at the end of the text the missing ones are zero.
    @inline(__always)
    private static func load(_ bytes: borrowing Span<UInt8>, _ offset: Int, _ end: Int) -> UInt64 {
        if bytes.count &- offset >= 8 { return loadLittleEndian64(bytes, at: offset) }
        var word: UInt64 = 0
        for i in 0..<(end &- offset) { word |= UInt64(bytes[offset &+ i]) &<< UInt64(8 &* i) }
        return word
    }
}
