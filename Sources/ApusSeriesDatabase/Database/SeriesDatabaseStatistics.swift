/// What the database has done since it was opened, and what it holds now.
public struct SeriesDatabaseStatistics: Sendable, Equatable {
    /// Of the head that takes writes.
    public var headSeriesCount = 0
    public var headSampleCount = 0
    /// Milliseconds since 1970 UTC; nil while the head is empty.
    public var headMinTime: Int64?
    public var headMaxTime: Int64?
    /// Of all heads and blocks.
    public var minTime: Int64?
    public var maxTime: Int64?
    /// Heads that are on their way into blocks.
    public var frozenHeadCount = 0
    public var blockCount = 0
    public var blockSeriesCount = 0
    public var blockSampleCount = 0
    public var blockByteCount = 0
    public var logByteCount = 0
    /// About what heads hold in memory.
    public var headByteCount = 0
    public var tombstoneCount = 0

    public var appendedSampleCount = 0
    public var rejectedSampleCount = 0
    public var outOfOrderSampleCount = 0
    public var duplicateSampleCount = 0
    public var createdSeriesCount = 0
    public var failedAppendCount = 0
    public var flushCount = 0
    public var flushFailureCount = 0
    public var compactionCount = 0
    public var compactionFailureCount = 0
    public var retiredBlockCount = 0
    public var syncCount = 0
    public var syncFailureCount = 0
    public var syncDuration = Duration.zero

    public init() {}
}

/// Where a database's series come from, for finding what makes them many.
public struct SeriesCardinality: Sendable, Equatable {
    public struct Item: Sendable, Equatable {
        public var name: String
        public var count: Int
    }
    public var seriesCount = 0
    public var labelPairCount = 0
    /// The largest first.
    public var seriesByMetricName: [Item] = []
    public var valuesByLabelName: [Item] = []
    /// Bytes of different values.
    public var bytesByLabelName: [Item] = []
    /// Named `label=value`.
    public var seriesByLabelPair: [Item] = []
}
