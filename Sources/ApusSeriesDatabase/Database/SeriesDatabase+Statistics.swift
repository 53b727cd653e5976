internal import ApusBytes
internal import Synchronization

extension SeriesDatabase {
    /// Counts since the opening and what there is now; O(blocks).
    public func statistics() -> SeriesDatabaseStatistics {
        var result = counters.withLock { $0 }
        let structure = self.structure
        let head = structure.head.measure
        result.headSeriesCount = head.seriesCount
        result.headSampleCount = head.sampleCount
        if head.sampleCount > 0 { (result.headMinTime, result.headMaxTime) = (head.minTime, head.maxTime) }
        result.frozenHeadCount = structure.frozen.count
        result.tombstoneCount = structure.tombstones.count
        var low = Int64.max
        var high = Int64.min
        for entry in structure.blocks {
            result.blockCount += 1
            result.blockSeriesCount += entry.metadata.seriesCount
            result.blockSampleCount += entry.metadata.sampleCount
            result.blockByteCount += entry.metadata.byteCount
            low = min(low, entry.metadata.minTime)
            high = max(high, entry.metadata.maxTime)
        }
        for one in structure.frozen + [structure.head] {
            let measure = one.measure
            result.logByteCount += one.log.writtenEnd
            result.headByteCount += measure.byteCount
            low = min(low, measure.minTime)
            high = max(high, measure.maxTime)
        }
        if low <= high { (result.minTime, result.maxTime) = (low, high) }
        return result
    }

    /// What the series of the head have in common, the `limit` largest of each kind.
    ///
    /// - Complexity: O(label pairs · log limit) under the head's lock: some 20 ms for a million.
    public func cardinality(limit: Int) -> SeriesCardinality {
        head.withTable { table in
            var result = SeriesCardinality()
            result.seriesCount = table.seriesCount
            result.labelPairCount = table.index.pairs.count
            let index = table.index
            func text(_ location: RunLocation, _ range: Range<Int>) -> String {
                let segment = table.runs.segments[Int(location.segment)]
                return string(segment.span, range) ?? ""
            }
            func top(_ counts: [(Int, Int)], _ name: (Int) -> String) -> [SeriesCardinality.Item] {
                largest(limit, of: counts).map { SeriesCardinality.Item(name: name($0.0), count: $0.1) }
            }
            func nameText(_ number: Int) -> String { String(decoding: index.names[number].bytes, as: UTF8.self) }
            let metric = index.find(name: Array("__name__".utf8))
            var byMetric: [(Int, Int)] = []
            var byPair: [(Int, Int)] = []
            for (number, pair) in index.pairs.enumerated() {
                if Int(pair.name) == metric { byMetric.append((number, Int(pair.series.count))) }
                byPair.append((number, Int(pair.series.count)))
            }
            result.seriesByMetricName = top(byMetric) { text(index.pairs[$0].location, index.pairs[$0].value) }
            result.seriesByLabelPair = top(byPair) {
                nameText(Int(index.pairs[$0].name)) + "=" + text(index.pairs[$0].location, index.pairs[$0].value)
            }
            result.valuesByLabelName = top(index.names.indices.map { ($0, Int(index.names[$0].pairs.count)) }, nameText)
            result.bytesByLabelName = top(index.names.indices.map { ($0, index.names[$0].valueByteCount) }, nameText)
            return result
        }
    }
}

/// The `limit` pairs with the greatest second number, greatest first; equal ones by the first number.
///
/// Appends wait meanwhile, so not all are sorted: what is kept never passes twice the limit.
private func largest(_ limit: Int, of counts: [(Int, Int)]) -> ArraySlice<(Int, Int)> {
    let limit = max(0, min(limit, counts.count))
    var kept: [(Int, Int)] = []
    var least = Int.min
    for item in counts where item.1 > least {
        kept.append(item)
        if kept.count >= 2 * limit + 16 {
            kept.sort { ($1.1, $0.0) < ($0.1, $1.0) }
            kept.removeSubrange(limit...)
            least = kept.last?.1 ?? .max
        }
    }
    kept.sort { ($1.1, $0.0) < ($0.1, $1.0) }
    return kept.prefix(limit)
}
