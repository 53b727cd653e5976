internal import ApusBytes
internal import ApusModel
internal import ApusPlatform

extension Block {
    /// Reads everything: every chunk's checksum and content, the order of series, and that index and samples agree.
    ///
    /// - Throws: `.corruption` at the first fault.
    package func verify() throws(StorageError) {
        var previous: Labels?
        var samples = SampleColumns()
        var sampleCount = 0
        var pairUses = [Int](repeating: 0, count: index.pairCount)
        var cursor = try SeriesLabelsCursor(index, before: 0)
        for series in 0..<UInt32(seriesCount) {
            try cursor.next(index)
            let pairs = cursor.pairs
            for pair in pairs { pairUses[pair] += 1 }
            let labels = try labels(pairs)
            let isValid = (try? Labels(validating: labels.bytes.span, 0..<labels.bytes.count, limits: .none, requiresName: false)) != nil
            guard labels.isEmpty || isValid else { throw fault("labels of series \(series) are malformed") }
            if let previous, Labels.compare(previous, labels) >= 0 { throw fault("series \(series) is out of order") }
            previous = labels
            samples.removeAll()
            try appendSamples(of: series, in: .min ... .max, to: &samples)
            guard let first = samples.times.first, let last = samples.times.last, first >= metadata.minTime, last <= metadata.maxTime else {
                throw fault("samples of series \(series) lie outside the block's times")
            }
            for i in 1..<max(1, samples.count) where samples.times[i] <= samples.times[i - 1] {
                throw fault("times of series \(series) do not increase")
            }
            sampleCount += samples.count
        }
        guard sampleCount == metadata.sampleCount else {
            throw fault("\(sampleCount) samples, and the index promises \(metadata.sampleCount)")
        }
        for pair in 0..<index.pairCount {
            let list = try index.postings(pair)
            let mapped = index.mapped
            var count = 0
            try decoding { () throws(DecodingError) in
                try Postings.forEachRun(mapped.span, list, seriesCount: seriesCount) { count += $0.count }
            }
            guard count == pairUses[pair] else { throw fault("postings of label \(pair) do not match the series") }
        }
    }

    private func fault(_ what: String) -> StorageError { StorageError(.corruption, "block \(directory): \(what)") }
}

extension LabelLimits {
    /// What is in a block was let in before.
    fileprivate static var none: LabelLimits {
        var limits = LabelLimits()
        limits.countMax = .max
        limits.nameByteCountMax = .max
        limits.valueByteCountMax = .max
        return limits
    }
}
