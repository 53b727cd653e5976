internal import ApusPromQL

/// What an engine's queries have taken since it began, for its own metrics.
public struct QueryStatistics: Sendable, Equatable {
    /// Queries that gave an answer.
    public var succeeded = 0
    public var failed = FailureCounts()
    /// The time from asking to answer of all queries together, waiting included.
    public var duration: Duration = .zero
    /// How much of it they waited for a place.
    public var waitingDuration: Duration = .zero
    /// Samples that came from the source.
    public var samplesRead = 0
    /// The most samples one query held in memory.
    public var samplesPeak = 0
    /// Queries at this moment.
    public var running = 0
    public var waiting = 0

    public init() {}

    /// Queries without an answer, by the reason.
    public struct FailureCounts: Sendable, Equatable {
        public var parse = 0
        public var execution = 0
        public var canceled = 0
        public var timeout = 0
        public var limit = 0
        public var storage = 0

        public init() {}

        mutating func count(_ error: QueryError) {
            switch error {
            case .parse: parse += 1
            case .execution: execution += 1
            case .canceled: canceled += 1
            case .timeout: timeout += 1
            case .limit: limit += 1
            case .storage: storage += 1
            }
        }
    }
}

/// A query that is running or waiting.
public struct ActiveQuery: Sendable, Identifiable, Equatable {
    public let id: Int
    /// The text, cut off after `EmbeddedQueryEngine.textByteCountMax` bytes.
    public let query: String
    /// Milliseconds since 1970 UTC; equal for an instant query.
    public let start: Int64
    public let end: Int64
    /// 0 for an instant query.
    public let step: Int64
    /// When it was asked.
    public let began: ContinuousClock.Instant
}
