internal import ApusBytes
internal import ApusPlatform

/// Names and values of labels.
extension Block {
    /// All label names, sorted by their bytes.
    package func labelNames() throws(StorageError) -> [String] {
        try names(0..<index.nameCount)
    }

    /// All values of one label, sorted by their bytes.
    package func labelValues(of name: String) throws(StorageError) -> [String] {
        try values(try index.pairs(named: Array(name.utf8)))
    }

    /// The names of labels on some series, ascending; sorted.
    package func labelNames(among series: [UInt32]) throws(StorageError) -> [String] {
        let pairs = try pairs(of: series)
        var found: [Int] = []
        for name in 0..<index.nameCount {
            if try index.pairs(ofName: name).contains(where: { pairs[$0] }) { found.append(name) }
        }
        return try names(found)
    }

    /// The values of one label on some series, ascending; sorted.
    package func labelValues(of name: String, among series: [UInt32]) throws(StorageError) -> [String] {
        let candidates = try index.pairs(named: Array(name.utf8))
        guard !candidates.isEmpty else { return [] }
        let pairs = try pairs(of: series)
        return try values(candidates.filter { pairs[$0] })
    }

    /// For each pair whether one of the series has it.
    private func pairs(of series: [UInt32]) throws(StorageError) -> [Bool] {
        var found = [Bool](repeating: false, count: index.pairCount)
        guard let first = series.first else { return found }
        var cursor = try SeriesLabelsCursor(index, before: try checked(first))
        for number in series {
            guard number < seriesCount, Int(number) >= cursor.series else {
                throw StorageError(.invalid, "series numbers must ascend and be the block's own")
            }
            try cursor.advance(index, to: Int(number))
            try cursor.next(index)
            for pair in cursor.pairs { found[pair] = true }
        }
        return found
    }

    private func names(_ numbers: some Sequence<Int>) throws(StorageError) -> [String] {
        var result: [String] = []
        for number in numbers { result.append(try text(try index.name(number))) }
        return result
    }

    private func values(_ pairs: some Sequence<Int>) throws(StorageError) -> [String] {
        var result: [String] = []
        for pair in pairs { result.append(try text(try index.value(pair))) }
        return result
    }

    private func text(_ range: Range<Int>) throws(StorageError) -> String {
        let mapped = index.mapped
        guard let text = string(mapped.span, range) else { throw BlockIndex.corruption("a label is not UTF-8") }
        return text
    }
}
