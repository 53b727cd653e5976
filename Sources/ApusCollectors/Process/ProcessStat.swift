internal import ApusBytes

/// What `/proc/<pid>/stat` says that we use.
struct ProcessStat {
    /// Where the command's name stands, without its parentheses; it may hold anything, blanks and parentheses too.
    let command: Range<Int>
    /// User and system, in clock ticks.
    let processorTicks: UInt64
    let threadCount: UInt64
    /// Clock ticks after boot.
    let startTicks: UInt64
    let virtualByteCount: UInt64
    let residentPageCount: UInt64

    /// Nil when the text is not such a line.
    init?(_ bytes: borrowing Span<UInt8>) {
        var open = 0
        while open < bytes.count && bytes[open] != UInt8(ascii: "(") { open += 1 }
        var close = bytes.count - 1
        while close > open && bytes[close] != UInt8(ascii: ")") { close -= 1 }
        guard open < close else { return nil }
        command = (open + 1)..<close
        // Behind the name: the state is field 0, then 11 and 12 are the ticks, 17 threads, 19 start, 20 virtual, 21 resident.
        var fields = TextScanner((close + 1)..<bytes.count)
        guard let user = Self.skip(&fields, 11, bytes), let system = fields.number(bytes),
            let threads = Self.skip(&fields, 4, bytes), let start = Self.skip(&fields, 1, bytes),
            let virtual = fields.number(bytes), let resident = fields.number(bytes)
        else { return nil }
        processorTicks = user &+ system
        threadCount = threads
        startTicks = start
        virtualByteCount = virtual
        residentPageCount = resident
    }

    /// The number behind `count` more fields.
    private static func skip(_ fields: inout TextScanner, _ count: Int, _ bytes: borrowing Span<UInt8>) -> UInt64? {
        for _ in 0..<count where fields.field(bytes) == nil { return nil }
        return fields.number(bytes)
    }
}
