public import ApusModel

/// What a query may cost, and how it is asked.
public struct QueryOptions: Sendable {
    /// How far back an instant selector looks for a sample; Prometheus's 5 min.
    public var lookbackMilliseconds: Int64 = 300_000
    /// The step of a subquery that names none.
    public var defaultSubqueryStepMilliseconds: Int64 = 60_000
    /// Samples that one query may hold in memory at a time.
    public var samplesMax = 50_000_000
    /// Time after which it is given up.
    public var timeout: Duration = .seconds(120)

    public init() {}
}

/// The answer to a query.
public struct QueryResult: Sendable {
    public enum Value: Sendable {
        case scalar(Sample)
        case string(time: Int64, String)
        /// One sample a series, all at the query's time; in no promised order but for `sort` and `topk` and their kin.
        case vector([(labels: Labels, value: Double)])
        case matrix(Matrix)
    }

    public var value: Value
    /// Remarks in Prometheus's words ("PromQL warning: …"), without repeats.
    public var warnings: [String] = []
    /// Milder remarks ("PromQL info: …").
    public var infos: [String] = []

    public init(value: Value) { self.value = value }
}

/// Series over the steps of a range query (or the raw samples of a range selector), sorted by labels.
public struct Matrix: Sendable {
    public struct Series: Sendable {
        public var labels: Labels
        /// Only the steps that have a value.
        public var samples: SampleColumns

        public init(labels: Labels, samples: SampleColumns) {
            self.labels = labels
            self.samples = samples
        }
    }

    public var series: [Series]

    public init(series: [Series]) { self.series = series }
}

/// Why a query gave no answer.
public enum QueryError: Error, Sendable, CustomStringConvertible {
    /// The text is not PromQL; offsets are UTF-8 bytes.
    case parse(ParseError)
    /// It is PromQL, but it cannot be evaluated on this data ("many-to-many matching not allowed …").
    case execution(String)
    /// The client went, or the server stops.
    case canceled
    case timeout(Duration)
    /// A stated limit was passed ("query processing would load too many samples into memory …").
    case limit(String)
    /// The source failed.
    case storage(String)

    public var description: String {
        switch self {
        case .parse(let error): error.description
        case .execution(let message), .limit(let message), .storage(let message): message
        case .canceled: "query was canceled"
        case .timeout: "query timed out"
        }
    }
}

/// A fault in a query's text.
public struct ParseError: Error, Sendable, Equatable, CustomStringConvertible {
    public var message: String
    /// Where, in UTF-8 bytes.
    public var source: SourceRange
    /// The line and the column (in UTF-8 bytes) of `source`'s start, from 1; the line is 0 when the text is empty.
    public var line: Int
    public var column: Int

    public init(message: String, source: SourceRange, line: Int, column: Int) {
        self.message = message
        self.source = source
        self.line = line
        self.column = column
    }

    /// In Prometheus's form: `1:5: parse error: unexpected …`.
    public var description: String { "\(line == 0 ? "unknown position" : "\(line):\(column)"): parse error: \(message)" }
}
