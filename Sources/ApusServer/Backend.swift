public import ApusModel
public import ApusPlatform
public import ApusPromQL
public import ApusQuerying
public import ApusSelection

/// Where remote write puts samples, and what administration asks of a store.
///
/// All times are milliseconds since 1970 UTC and both ends of every range count.
public protocol SampleStore: Sendable {
    /// Returns when the samples are in the log.
    ///
    /// - Throws: Only when nothing is known to be stored; samples that never can be are in the result.
    func append(_ batch: WriteBatch) async throws(SampleStoreError) -> AppendResult

    /// What is known of metrics by name; of one metric when it is named, and of at most `limit`.
    func metadata(metric: String?, limit: Int?) async throws(SampleStoreError) -> [String: [MetricMetadata]]

    /// Deletes the samples in `range` of the series that pass any of the `selectors`.
    func deleteSeries(_ selectors: [[Matcher]], in range: ClosedRange<Int64>) async throws(SampleStoreError)

    /// Gives back the space of what was deleted.
    func cleanTombstones() async throws(SampleStoreError)

    /// - Parameter skipHead: Leave out what is not in blocks yet.
    /// - Returns: The name of the snapshot's directory.
    func snapshot(skipHead: Bool) async throws(SampleStoreError) -> String

    /// - Parameter limit: Rows of each list.
    func cardinality(limit: Int) async throws(SampleStoreError) -> CardinalityStatistics
}

/// Why a store did not do what it was asked.
public struct SampleStoreError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        case noSpace
        /// Not now: starting, stopping or overloaded.
        case unavailable
        /// The call itself is wrong.
        case invalid
        case failed
    }

    public let code: Code
    /// A sentence for the client.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

/// What `/api/v1/status/tsdb` tells, each list the largest first.
public struct CardinalityStatistics: Sendable {
    public typealias Row = (name: String, value: Int)

    public var seriesCount = 0
    public var labelPairCount = 0
    public var chunkCount = 0
    /// Of the head; nil when it is empty.
    public var timeRange: ClosedRange<Int64>?
    public var seriesCountByMetricName: [Row] = []
    public var labelValueCountByLabelName: [Row] = []
    public var memoryInBytesByLabelName: [Row] = []
    /// Rows are named `label=value`.
    public var seriesCountByLabelValuePair: [Row] = []

    public init() {}
}

/// What the program tells of itself under `/api/v1/status/…`.
public struct ServerInformation: Sendable {
    public var version = "0.0.0"
    public var revision = ""
    public var buildDate = ""
    /// The release of Prometheus whose API this is; clients such as Grafana decide by it what they may ask.
    public var compatibleVersion = "3.5.0"
    public var flags: [String: String] = [:]
    /// The configuration in force, secrets left out.
    public var configurationText = ""
    /// Milliseconds since 1970 UTC.
    public var startTime: Int64 = 0
    public var configurationTime: Int64 = 0
    public var workingDirectory = ""
    public var hostName = ""
    public var storageRetention = ""

    public init() {}
}

/// All that the server stands on; whoever composes the program fills it.
public struct Backend: Sendable {
    public var engine: any QueryEngine
    public var store: any SampleStore
    public var clock: any WallClock = SystemClock()
    public var information = ServerInformation()
    /// Whether the store is open; `/ready` says so.
    public var isReady: @Sendable () -> Bool = { true }
    /// Metrics of everything but the server itself, in Prometheus's text format or in OpenMetrics without the closing `# EOF`.
    public var metricsText: @Sendable (_ openMetrics: Bool) async -> [UInt8] = { _ in [] }
    public var syntax: QuerySyntax
    /// Without one there is no page, only the API.
    public var pages: (any PageSource)?

    public init(engine: any QueryEngine, store: any SampleStore, syntax: QuerySyntax) {
        self.engine = engine
        self.store = store
        self.syntax = syntax
    }
}

/// What the API needs of PromQL's syntax beyond evaluating it.
public struct QuerySyntax: Sendable {
    /// A query in Prometheus's own layout.
    public var formatted: @Sendable (String) throws(ParseError) -> String
    /// A query's syntax tree as JSON, in the form of `/api/v1/parse_query`.
    public var tree: @Sendable (String) throws(ParseError) -> [UInt8]

    public init(
        formatted: @escaping @Sendable (String) throws(ParseError) -> String,
        tree: @escaping @Sendable (String) throws(ParseError) -> [UInt8]
    ) {
        self.formatted = formatted
        self.tree = tree
    }
}

/// The dashboard: a page at `/`, its assets, and what keeps it alive.
public protocol PageSource: Sendable {
    /// - Parameter nonce: Random, for the scripts inside the page; the content's headers name it.
    func page(nonce: String) async -> PageContent

    /// - Parameter path: As in the request, `/assets/…`.
    func asset(_ path: String) -> PageContent?

    /// The state of the overview as JSON.
    func overview() async -> [UInt8]

    /// Server-sent events, each complete; ends by itself when the reader is cancelled.
    ///
    /// - Parameter after: The last event that the page has.
    func overviewEvents(after: String?) async -> AsyncStream<[UInt8]>
}

/// A file for a browser.
public struct PageContent: Sendable {
    public var bytes: [UInt8]
    public var contentType: String
    /// With its quotes; a request that has it already is answered 304.
    public var entityTag: String?
    /// Further headers, such as `Cache-Control` and `Content-Security-Policy`.
    public var headers: [(name: String, value: String)]

    public init(bytes: [UInt8], contentType: String, entityTag: String? = nil, headers: [(name: String, value: String)] = []) {
        self.bytes = bytes
        self.contentType = contentType
        self.entityTag = entityTag
        self.headers = headers
    }
}
