internal import ApusBytes
internal import ApusModel

/// Gathers the index of a block and lays it down: strings, label pairs, postings, series entries, columns of times.
struct BlockIndexWriter {
    /// Provisional numbers of label pairs, by their bytes as in `Labels`.
    private var pairNumbers: [[UInt8]: UInt32] = [:]
    private var pairBytes: [[UInt8]] = []
    /// Pairs of all series one behind the other, and where those of each start.
    private var seriesPairs: [UInt32] = []
    private var seriesStarts: [Int] = []
    private var valuesOffsets: [Int] = []
    /// Column and byte count of all chunks, and where those of each series start.
    private var chunks: [(column: UInt32, byteCount: UInt32)] = []
    private var chunkStarts: [Int] = []
    /// The series begun last, and where its pairs start.
    private var previous = Labels()
    private var previousStart = 0

    /// A label as it stands in `Labels.bytes`, taken apart.
    private struct Pair {
        var bytes: [UInt8]
        var name: [UInt8]
        var nameOffset: Int
        var value: [UInt8]
        var number: Int
    }

    var seriesCount: Int { seriesStarts.count }

    mutating func begin(_ labels: Labels, valuesOffset: Int) throws(StorageError) {
        guard seriesCount < UInt32.max else { throw StorageError(.invalid, "too many series for one block") }
        seriesStarts.append(seriesPairs.count)
        chunkStarts.append(chunks.count)
        valuesOffsets.append(valuesOffset)
        let bytes = labels.bytes.span
        let previousBytes = previous.bytes
        let before = previousBytes.span
        var cursor = LabelCursor(end: bytes.count)
        var beforeCursor = LabelCursor(end: before.count)
        var (start, beforeStart) = (0, 0)
        var position = previousStart
        while cursor.next(bytes) != nil {
            let run = start..<cursor.offset
            start = cursor.offset
            // Neighbours have most of their labels in common: a compare saves the look-up.
            if beforeCursor.next(before) != nil {
                let isSame = bytesEqual(bytes, run, before, beforeStart..<beforeCursor.offset)
                beforeStart = beforeCursor.offset
                position += 1
                if isSame {
                    seriesPairs.append(seriesPairs[position - 1])
                    continue
                }
            }
            seriesPairs.append(number(of: Array(labels.bytes[run])))
        }
        previousStart = seriesStarts[seriesStarts.count - 1]
        previous = labels
    }

    private mutating func number(of pair: [UInt8]) -> UInt32 {
        if let number = pairNumbers[pair] { return number }
        let number = UInt32(pairBytes.count)
        pairNumbers[pair] = number
        pairBytes.append(pair)
        return number
    }

    mutating func addChunk(column: Int, byteCount: Int) {
        chunks.append((UInt32(column), UInt32(byteCount)))
    }

    /// The whole index file.
    ///
    /// - Throws: `.invalid` when a part passes 4 GiB.
    mutating func encode(metadata: BlockMetadata, columns: [TimeColumnWriter.Record]) throws(StorageError) -> [UInt8] {
        let ranks = rankPairs()
        var sections = [[UInt8]](repeating: [], count: BlockSection.allCases.count)
        metadata.encode(into: &sections[BlockSection.metadata.rawValue])
        encodePairs(ranks, &sections)
        encodeEntries(ranks, &sections)
        for record in columns {
            sections[BlockSection.columns.rawValue].appendFixed64(UInt64(record.offset))
            sections[BlockSection.columns.rawValue].appendFixed64(UInt64(bitPattern: record.minTime))
            sections[BlockSection.columns.rawValue].appendFixed64(UInt64(bitPattern: record.maxTime))
            sections[BlockSection.columns.rawValue].appendFixed32(UInt32(record.count))
            sections[BlockSection.columns.rawValue].appendFixed32(UInt32(record.byteCount))
        }
        for section in [BlockSection.heap, .postings, .labels, .chunks] where sections[section.rawValue].count > UInt32.max {
            throw StorageError(.invalid, "the block's index is too large: write smaller blocks")
        }
        var bytes = BlockFormat.header(BlockFormat.indexName)
        var footer: [UInt8] = []
        for section in sections {
            footer.appendFixed64(UInt64(bytes.count))
            footer.appendFixed64(UInt64(section.count))
            footer.appendFixed32(crc32c(section.span))
            bytes.append(contentsOf: section)
        }
        footer.appendFixed32(crc32c(footer.span))
        footer.append(contentsOf: BlockFormat.magic(BlockFormat.indexName).reversed())
        bytes.append(contentsOf: footer)
        return bytes
    }

    /// For each provisional number the final one: the pair's place in the order of names, then values.
    private func rankPairs() -> (rankOf: [UInt32], sorted: [Pair]) {
        var pairs: [Pair] = []
        for (number, pair) in pairBytes.enumerated() {
            var cursor = LabelCursor(end: pair.count)
            guard let label = cursor.next(pair.span) else { continue }
            pairs.append(
                Pair(
                    bytes: pair, name: Array(pair[label.name]), nameOffset: label.name.lowerBound, value: Array(pair[label.value]),
                    number: number))
        }
        pairs.sort { a, b in
            let names = compareBytes(a.name.span, 0..<a.name.count, b.name.span, 0..<b.name.count)
            return names != 0 ? names < 0 : compareBytes(a.value.span, 0..<a.value.count, b.value.span, 0..<b.value.count) < 0
        }
        var rankOf = [UInt32](repeating: 0, count: pairBytes.count)
        for (rank, pair) in pairs.enumerated() { rankOf[pair.number] = UInt32(rank) }
        return (rankOf, pairs)
    }

    private func encodePairs(
        _ ranks: (rankOf: [UInt32], sorted: [Pair]), _ sections: inout [[UInt8]]
    ) {
        let postings = Postings.Builder(pairCount: ranks.sorted.count, pairs: seriesPairs, starts: seriesStarts, rankOf: ranks.rankOf)
        var heap: [UInt8] = []
        var names: [UInt8] = []
        var pairs: [UInt8] = []
        var lists: [UInt8] = []
        var previous: [UInt8]?
        for (rank, pair) in ranks.sorted.enumerated() {
            if pair.name != previous {
                previous = pair.name
                let nameStart = heap.count + pair.nameOffset
                names.appendFixed32(UInt32(truncatingIfNeeded: nameStart))
                names.appendFixed32(UInt32(truncatingIfNeeded: nameStart + pair.name.count))
                names.appendFixed32(UInt32(rank))
            }
            pairs.appendFixed32(UInt32(truncatingIfNeeded: heap.count))
            pairs.appendFixed32(UInt32(truncatingIfNeeded: heap.count + pair.bytes.count - pair.value.count))
            pairs.appendFixed32(UInt32(truncatingIfNeeded: lists.count))
            heap.append(contentsOf: pair.bytes)
            Postings.encode(postings.list(rank), into: &lists)
        }
        // A last record each, for the ends of those before.
        names.appendFixed32(UInt32(truncatingIfNeeded: heap.count))
        names.appendFixed32(UInt32(truncatingIfNeeded: heap.count))
        names.appendFixed32(UInt32(ranks.sorted.count))
        pairs.appendFixed32(UInt32(truncatingIfNeeded: heap.count))
        pairs.appendFixed32(UInt32(truncatingIfNeeded: heap.count))
        pairs.appendFixed32(UInt32(truncatingIfNeeded: lists.count))
        sections[BlockSection.heap.rawValue] = heap
        sections[BlockSection.names.rawValue] = names
        sections[BlockSection.pairs.rawValue] = pairs
        sections[BlockSection.postings.rawValue] = lists
    }

    private func encodeEntries(
        _ ranks: (rankOf: [UInt32], sorted: [Pair]), _ sections: inout [[UInt8]]
    ) {
        var groups: [UInt8] = []
        var labels: [UInt8] = []
        var chunkList: [UInt8] = []
        var before: ArraySlice<UInt32> = []
        var column = 0
        for series in 0..<seriesCount {
            if series % BlockFormat.groupSeriesCount == 0 {
                groups.appendFixed64(UInt64(valuesOffsets[series]))
                groups.appendFixed32(UInt32(truncatingIfNeeded: labels.count))
                groups.appendFixed32(UInt32(truncatingIfNeeded: chunkList.count))
                before = []
                column = 0
            }
            let end = series + 1 < seriesCount ? seriesStarts[series + 1] : seriesPairs.count
            let pairs = seriesPairs[seriesStarts[series]..<end]
            let shared = zip(before, pairs).prefix { $0 == $1 }.count
            labels.appendVarint(UInt64(shared))
            labels.appendVarint(UInt64(pairs.count - shared))
            for pair in pairs.dropFirst(shared) { labels.appendVarint(UInt64(ranks.rankOf[Int(pair)])) }
            before = pairs
            let chunkEnd = series + 1 < seriesCount ? chunkStarts[series + 1] : chunks.count
            let own = chunks[chunkStarts[series]..<chunkEnd]
            chunkList.appendVarint(UInt64(own.count))
            for chunk in own {
                chunkList.appendZigzag(Int64(chunk.column) - Int64(column))
                chunkList.appendVarint(UInt64(chunk.byteCount))
                column = Int(chunk.column)
            }
        }
        sections[BlockSection.groups.rawValue] = groups
        sections[BlockSection.labels.rawValue] = labels
        sections[BlockSection.chunks.rawValue] = chunkList
    }
}
