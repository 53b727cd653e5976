internal import ApusBytes

/// Writes columns of times, equal ones once: the series of one target have theirs in common.
struct TimeColumnWriter {
    /// One column in the file of times.
    struct Record {
        var offset: Int
        var minTime: Int64
        var maxTime: Int64
        var count: Int
        var byteCount: Int
    }

    let file: AppendedFile
    private(set) var records: [Record] = []
    /// Columns lately seen, by the hash of their content.
    private var known: [UInt64: [(number: Int, times: [Int64])]] = [:]
    private var knownTimeCount = 0
    private var last: (number: Int, times: [Int64])?
    private static let knownTimeCountMax = 4 << 20

    init(_ file: AppendedFile) {
        self.file = file
        file.buffer = BlockFormat.header(BlockFormat.timesName)
    }

    /// The number of the column with these times, which are not empty; written when it is new.
    mutating func number(of times: borrowing Span<Int64>) throws(StorageError) -> Int {
        if let last, Self.areEqual(times, last.times) { return last.number }
        let hash = Self.hash(times)
        for candidate in known[hash] ?? [] where Self.areEqual(times, candidate.times) {
            last = candidate
            return candidate.number
        }
        guard records.count < UInt32.max else { throw StorageError(.invalid, "too many columns of times for one block") }
        for i in 1..<max(1, times.count) where times[i] <= times[i - 1] {
            throw StorageError(.invalid, "times of a series do not increase")
        }
        var bytes: [UInt8] = []
        ChunkCodec.encodeTimes(times, into: &bytes)
        records.append(
            Record(
                offset: file.byteCount, minTime: times[0], maxTime: times[times.count - 1], count: times.count, byteCount: bytes.count))
        try file.appendChecked(bytes)
        if knownTimeCount + times.count > Self.knownTimeCountMax {
            known.removeAll(keepingCapacity: true)
            knownTimeCount = 0
        }
        var copy: [Int64] = []
        copy.reserveCapacity(times.count)
        for i in times.indices { copy.append(times[i]) }
        knownTimeCount += times.count
        let entry = (number: records.count - 1, times: copy)
        known[hash, default: []].append(entry)
        last = entry
        return entry.number
    }

    private static func areEqual(_ times: borrowing Span<Int64>, _ others: [Int64]) -> Bool {
        guard times.count == others.count else { return false }
        let others = others.span
        for i in times.indices where times[i] != others[i] { return false }
        return true
    }

    /// Equal columns have equal hashes; others meet seldom, and are compared.
    private static func hash(_ times: borrowing Span<Int64>) -> UInt64 {
        var hash = UInt64(times.count) &* 0x9e37_79b9_7f4a_7c15
        for i in times.indices {
            hash = (hash ^ UInt64(bitPattern: times[i])) &* 0xd6e8_feb8_6659_fd93
            hash ^= hash &>> 32
        }
        return hash
    }
}
