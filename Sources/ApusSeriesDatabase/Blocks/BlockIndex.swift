internal import ApusBytes
internal import ApusModel
internal import ApusPlatform

/// The mapped index of a block: its sections, their records, and how names and pairs are found. Every offset is checked before it is used.
struct BlockIndex: Sendable {
    let mapped: MappedBytes
    private let heap: Range<Int>
    private let names: Range<Int>
    private let pairs: Range<Int>
    private let lists: Range<Int>
    private let groups: Range<Int>
    private let labels: Range<Int>
    private let chunks: Range<Int>
    private let columns: Range<Int>
    let nameCount: Int
    let pairCount: Int
    let seriesCount: Int
    let columnCount: Int
    let metadata: BlockMetadata

    /// - Throws: `.corruption` when header, footer or any section is damaged.
    init(_ mapped: MappedBytes, dataByteCount: Int) throws(StorageError) {
        self.mapped = mapped
        let bytes = mapped.span
        try BlockFormat.checkHeader(BlockFormat.indexName, mapped)
        let footer = mapped.count - BlockFormat.footerByteCount
        let recordsEnd = footer + BlockFormat.sectionRecordByteCount * BlockSection.allCases.count
        let mark = Array(BlockFormat.magic(BlockFormat.indexName).reversed())
        guard footer >= BlockFormat.headerByteCount, bytesEqual(bytes, (mapped.count - 8)..<mapped.count, mark.span, 0..<8) else {
            throw Self.corruption("does not end with its mark")
        }
        guard crc32c(bytes.extracting(footer..<recordsEnd)) == load32(bytes, recordsEnd) else {
            throw Self.corruption("the footer's checksum is wrong")
        }
        var sections: [Range<Int>] = []
        var next = BlockFormat.headerByteCount
        for section in BlockSection.allCases {
            let record = footer + BlockFormat.sectionRecordByteCount * section.rawValue
            let offset = loadLittleEndian64(bytes, at: record)
            let count = loadLittleEndian64(bytes, at: record + 8)
            guard offset == UInt64(next), count <= UInt64(footer - next) else { throw Self.corruption("section \(section) lies outside") }
            let range = next..<(next + Int(count))
            guard crc32c(bytes.extracting(range)) == load32(bytes, record + 16) else {
                throw Self.corruption("section \(section): the checksum is wrong")
            }
            sections.append(range)
            next = range.upperBound
        }
        guard next == footer else { throw Self.corruption("bytes between the sections and the footer") }
        heap = sections[BlockSection.heap.rawValue]
        self.names = sections[BlockSection.names.rawValue]
        self.pairs = sections[BlockSection.pairs.rawValue]
        lists = sections[BlockSection.postings.rawValue]
        self.groups = sections[BlockSection.groups.rawValue]
        labels = sections[BlockSection.labels.rawValue]
        chunks = sections[BlockSection.chunks.rawValue]
        self.columns = sections[BlockSection.columns.rawValue]
        let count = { (section: BlockSection, size: Int) in (sections[section.rawValue].count / size, sections[section.rawValue].count % size) }
        let names = count(.names, BlockFormat.nameRecordByteCount)
        let pairs = count(.pairs, BlockFormat.pairRecordByteCount)
        let groups = count(.groups, BlockFormat.groupRecordByteCount)
        let columns = count(.columns, BlockFormat.columnRecordByteCount)
        let metadata = try BlockMetadata(
            bytes, sections[BlockSection.metadata.rawValue], byteCount: mapped.count + dataByteCount, formatVersion: Int(BlockFormat.version))
        guard names.0 >= 1, names.1 == 0, pairs.0 >= 1, pairs.1 == 0, groups.1 == 0, columns.1 == 0,
            groups.0 == (metadata.seriesCount + BlockFormat.groupSeriesCount - 1) / BlockFormat.groupSeriesCount
        else { throw Self.corruption("sections of impossible sizes") }
        nameCount = names.0 - 1
        pairCount = pairs.0 - 1
        columnCount = columns.0
        seriesCount = metadata.seriesCount
        self.metadata = metadata
    }

    static func corruption(_ what: String) -> StorageError { StorageError(.corruption, "index of a block: \(what)") }

    // MARK: Names and pairs

    /// Where a name lies in the index.
    func name(_ number: Int) throws(StorageError) -> Range<Int> {
        let record = names.lowerBound + number * BlockFormat.nameRecordByteCount
        return try heapRange(load32(mapped.span, record), load32(mapped.span, record + 4))
    }

    /// The pairs that have a name.
    func pairs(ofName number: Int) throws(StorageError) -> Range<Int> {
        let record = names.lowerBound + number * BlockFormat.nameRecordByteCount + 8
        let (first, last) = (load32(mapped.span, record), load32(mapped.span, record + BlockFormat.nameRecordByteCount))
        guard first <= last, last <= pairCount else { throw Self.corruption("label names out of order") }
        return Int(first)..<Int(last)
    }

    /// Where the canonical bytes of a pair, name and value, lie.
    func label(_ pair: Int) throws(StorageError) -> Range<Int> {
        let record = pairs.lowerBound + pair * BlockFormat.pairRecordByteCount
        return try heapRange(load32(mapped.span, record), load32(mapped.span, record + BlockFormat.pairRecordByteCount))
    }

    /// Where the value of a pair lies.
    func value(_ pair: Int) throws(StorageError) -> Range<Int> {
        let record = pairs.lowerBound + pair * BlockFormat.pairRecordByteCount
        return try heapRange(load32(mapped.span, record + 4), load32(mapped.span, record + BlockFormat.pairRecordByteCount))
    }

    func postings(_ pair: Int) throws(StorageError) -> Range<Int> {
        let record = pairs.lowerBound + pair * BlockFormat.pairRecordByteCount + 8
        return try part(
            lists, UInt64(load32(mapped.span, record)), UInt64(load32(mapped.span, record + BlockFormat.pairRecordByteCount)))
    }

    private func heapRange(_ start: UInt32, _ end: UInt32) throws(StorageError) -> Range<Int> {
        try part(heap, UInt64(start), UInt64(end))
    }

    @inline(__always)
    private func part(_ whole: Range<Int>, _ start: UInt64, _ end: UInt64) throws(StorageError) -> Range<Int> {
        guard start <= end, end <= UInt64(whole.count) else { throw Self.corruption("an offset passes the end of its section") }
        return (whole.lowerBound + Int(start))..<(whole.lowerBound + Int(end))
    }

    /// The pairs with this label name; empty when there is none.
    func pairs(named name: [UInt8]) throws(StorageError) -> Range<Int> {
        var (low, high) = (0, nameCount)
        while low < high {
            let middle = (low + high) / 2
            let order = compareBytes(mapped.span, try self.name(middle), name.span, 0..<name.count)
            if order == 0 { return try pairs(ofName: middle) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return 0..<0
    }

    /// The first of `pairs` whose value is not below `value`; or, when `isPrefixEnd`, the first that does not start with it either.
    func firstPair(in pairs: Range<Int>, notBelow value: [UInt8], isPrefixEnd: Bool = false) throws(StorageError) -> Int {
        var (low, high) = (pairs.lowerBound, pairs.upperBound)
        while low < high {
            let middle = (low + high) / 2
            var candidate = try self.value(middle)
            if isPrefixEnd { candidate = candidate.prefix(value.count) }
            let order = compareBytes(mapped.span, candidate, value.span, 0..<value.count)
            if order < 0 || (isPrefixEnd && order == 0) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Groups and columns

    /// Where the labels of a group's series lie.
    func labels(ofGroup number: Int) throws(StorageError) -> Range<Int> { try groupPart(number, 8, labels) }

    /// Where the chunks of a group's series are listed, and where the first of them starts in the file of values.
    func chunks(ofGroup number: Int) throws(StorageError) -> (list: Range<Int>, valuesOffset: Int) {
        let list = try groupPart(number, 12, chunks)
        let offset = loadLittleEndian64(mapped.span, at: groups.lowerBound + number * BlockFormat.groupRecordByteCount)
        guard offset < 1 << 56 else { throw Self.corruption("values of a group lie outside their file") }
        return (list, Int(offset))
    }

    /// The part of a section from the offset in a group's record to that in the next one's.
    private func groupPart(_ number: Int, _ field: Int, _ section: Range<Int>) throws(StorageError) -> Range<Int> {
        let record = groups.lowerBound + number * BlockFormat.groupRecordByteCount
        let next = record + BlockFormat.groupRecordByteCount
        let bytes = mapped.span
        let end = next < groups.upperBound ? UInt64(load32(bytes, next + field)) : UInt64(section.count)
        return try part(section, UInt64(load32(bytes, record + field)), end)
    }

    struct Column {
        var offset: UInt64
        var minTime: Int64
        var maxTime: Int64
        var count: Int
        var byteCount: Int

        func overlaps(_ range: ClosedRange<Int64>) -> Bool { minTime <= range.upperBound && maxTime >= range.lowerBound }
    }

    /// - Throws: `.corruption` for a number without a column.
    func column(_ number: Int) throws(StorageError) -> Column {
        guard number >= 0, number < columnCount else { throw Self.corruption("a chunk refers to a column of times that is not there") }
        let bytes = mapped.span
        let record = columns.lowerBound + number * BlockFormat.columnRecordByteCount
        let count = Int(load32(bytes, record + 24))
        guard count > 0, count <= BlockFormat.chunkSampleCountMax else { throw Self.corruption("a column of times has \(count) times") }
        return Column(
            offset: loadLittleEndian64(bytes, at: record), minTime: Int64(bitPattern: loadLittleEndian64(bytes, at: record + 8)),
            maxTime: Int64(bitPattern: loadLittleEndian64(bytes, at: record + 16)), count: count, byteCount: Int(load32(bytes, record + 28)))
    }
}
