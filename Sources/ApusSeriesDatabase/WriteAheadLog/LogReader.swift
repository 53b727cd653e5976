internal import ApusBytes
internal import ApusPlatform

/// Reads a log from its start, some megabytes at a time, and finds where it stops being one.
struct LogReader {
    /// How a log ends.
    enum Ending: Equatable {
        case clean
        /// The last record is not whole: the process or the machine died while it was written.
        case torn(byteCount: Int)
        /// A record is damaged and others stand behind it.
        case damaged(byteCount: Int)
    }

    /// One record's place in `bytes`.
    struct Record {
        var payload: Range<Int>
        var series: Int
        var samples: Int
        var late: Int
    }

    private static let windowByteCount = 4 << 20

    private let file: any DiskFile
    private let fileByteCount: Int
    /// The part of the file in memory, which starts at `windowStart`.
    private(set) var bytes: [UInt8] = []
    private var windowStart = 0
    /// Offset in the file of the next record: everything before it is good.
    private(set) var end: Int
    private(set) var ending: Ending?

    /// - Throws: `.invalid` for a file of a later format, `.corruption` for one that is no log of this generation.
    init(file: any DiskFile, path: String, generation: UInt64) throws(StorageError) {
        self.file = file
        do throws(DiskError) {
            fileByteCount = try file.byteCount()
            bytes = try file.read(at: 0, count: min(fileByteCount, Self.windowByteCount))
        } catch {
            throw StorageError(error)
        }
        end = LogFile.headerByteCount
        if bytes.count < LogFile.headerByteCount {
            // The process died while it made the file: it never held anything.
            ending = .torn(byteCount: bytes.count)
            end = 0
            return
        }
        if bytes[0..<8].elementsEqual(LogFile.magic) {
            guard loadLittleEndian64(bytes.span, at: 8) == generation else {
                throw StorageError(.corruption, "\(path): the header names another generation")
            }
        } else if bytes[0..<7].elementsEqual(LogFile.magic[0..<7]) {
            throw StorageError(.invalid, "\(path): written by a later version of Apus, which this one cannot read")
        } else {
            throw StorageError(.corruption, "\(path): not a write-ahead log")
        }
    }

    /// The next whole record, nil at the end of what is good (then `ending` says how it ends).
    mutating func next() throws(StorageError) -> Record? {
        if ending != nil { return nil }
        if end == fileByteCount {
            ending = .clean
            return nil
        }
        guard let size = try recordByteCount(at: end) else {
            ending = try classify()
            return nil
        }
        let start = end - windowStart
        end += size
        return Record(
            payload: (start + LogRecord.headerByteCount)..<(start + size),
            series: number(at: start + 8), samples: number(at: start + 12), late: number(at: start + 16))
    }

    /// Takes back the record that `next` gave last: its content makes no sense.
    mutating func reject(_ record: Record) {
        end = windowStart + record.payload.lowerBound - LogRecord.headerByteCount
        ending = .damaged(byteCount: fileByteCount - end)
    }

    /// Bytes of the record at an offset of the file with its frame, nil when no good one stands there.
    private mutating func recordByteCount(at offset: Int) throws(StorageError) -> Int? {
        guard fileByteCount - offset >= LogRecord.headerByteCount else { return nil }
        try load(offset, LogRecord.headerByteCount)
        let size = LogRecord.headerByteCount + number(at: offset - windowStart)
        guard size <= fileByteCount - offset else { return nil }
        try load(offset, size)
        let start = offset - windowStart
        guard start + size <= bytes.count else { return nil }
        let stored = number(at: start + 4)
        let computed = crc32c(bytes.span.extracting((start + 8)..<(start + size)))
        return Int(computed) == stored ? size : nil
    }

    /// Bytes at `end` are no record. What stands behind them tells whether the writer was cut off or the disk lied.
    private mutating func classify() throws(StorageError) -> Ending {
        let rest = fileByteCount - end
        // Where the damaged record itself says that the next one begins, however long it is.
        if rest >= LogRecord.headerByteCount {
            try load(end, LogRecord.headerByteCount)
            let next = end + LogRecord.headerByteCount + number(at: end - windowStart)
            if next < fileByteCount, try recordByteCount(at: next) != nil { return .damaged(byteCount: rest) }
        }
        // A search at every offset of a megabyte: frames carry no mark, but a matching checksum is no accident. Bytes that look like
        // many frames cost at most a second.
        var budget = 4 << 30
        for offset in (end + 1)..<max(end + 2, min(fileByteCount, end + (1 << 20))) {
            guard fileByteCount - offset >= LogRecord.headerByteCount else { break }
            try load(offset, LogRecord.headerByteCount)
            let start = offset - windowStart
            let size = number(at: start)
            guard size > 0, size <= 1 << 20, offset + size <= fileByteCount else { continue }
            budget -= size
            if budget < 0 { break }
            if try recordByteCount(at: offset) != nil { return .damaged(byteCount: rest) }
        }
        return .torn(byteCount: rest)
    }

    private mutating func load(_ offset: Int, _ count: Int) throws(StorageError) {
        if offset >= windowStart && offset + count <= windowStart + bytes.count { return }
        do throws(DiskError) {
            bytes = try file.read(at: offset, count: min(fileByteCount - offset, max(count, Self.windowByteCount)))
        } catch {
            throw StorageError(error)
        }
        windowStart = offset
    }

    private func number(at offset: Int) -> Int {
        guard offset >= 0, offset + 4 <= bytes.count else { return 0 }
        return Int(SampleCodec.load(bytes.span, at: offset, count: 4))
    }
}
