internal import ApusModel
internal import ApusSelection
internal import ApusSeriesDatabase
internal import ApusServer

/// The embedded database as what the server writes to.
struct StoreAdapter: SampleStore {
    let database: SeriesDatabase

    func append(_ batch: WriteBatch) async throws(SampleStoreError) -> AppendResult {
        do { return try await database.append(batch) } catch { throw Self.error(error) }
    }

    func metadata(metric: String?, limit: Int?) async throws(SampleStoreError) -> [String: [MetricMetadata]] {
        var result: [String: [MetricMetadata]] = [:]
        for (name, metadata) in database.metadata(metric: metric) {
            if result[name] == nil, let limit, result.count >= limit { continue }
            result[name, default: []].append(metadata)
        }
        return result
    }

    func deleteSeries(_ selectors: [[Matcher]], in range: ClosedRange<Int64>) async throws(SampleStoreError) {
        do { try await database.deleteSeries(selectors, in: range) } catch { throw Self.error(error) }
    }

    func cleanTombstones() async throws(SampleStoreError) {
        do { try await database.cleanTombstones() } catch { throw Self.error(error) }
    }

    func snapshot(skipHead: Bool) async throws(SampleStoreError) -> String {
        do { return try await database.snapshot(skipHead: skipHead) } catch { throw Self.error(error) }
    }

    func cardinality(limit: Int) async throws(SampleStoreError) -> CardinalityStatistics {
        let (found, statistics) = (database.cardinality(limit: limit), database.statistics())
        var result = CardinalityStatistics()
        result.seriesCount = found.seriesCount
        result.labelPairCount = found.labelPairCount
        result.chunkCount = statistics.blockCount
        if let from = statistics.headMinTime, let to = statistics.headMaxTime { result.timeRange = from...to }
        result.seriesCountByMetricName = found.seriesByMetricName.map { ($0.name, $0.count) }
        result.labelValueCountByLabelName = found.valuesByLabelName.map { ($0.name, $0.count) }
        result.memoryInBytesByLabelName = found.bytesByLabelName.map { ($0.name, $0.count) }
        result.seriesCountByLabelValuePair = found.seriesByLabelPair.map { ($0.name, $0.count) }
        return result
    }

    private static func error(_ error: StorageError) -> SampleStoreError {
        switch error.code {
        case .noSpace: SampleStoreError(.noSpace, error.message)
        case .unavailable, .closed, .locked: SampleStoreError(.unavailable, error.message)
        case .invalid: SampleStoreError(.invalid, error.message)
        default: SampleStoreError(.failed, error.message)
        }
    }
}
