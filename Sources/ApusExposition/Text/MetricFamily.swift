public import ApusModel

/// Metrics of one name on their way to a page: what is declared of them, and their samples.
public struct MetricFamily: Sendable, Equatable {
    /// As OpenMetrics names a family, without the suffixes of its samples: a counter `requests` has samples `requests_total`.
    /// The `_total` of a counter and the `_info` of an info are taken off if they are there.
    public let name: String
    public var metadata: MetricMetadata
    /// In the order in which they shall stand on the page; those of one histogram together.
    public var samples: [Sample]

    public struct Sample: Sendable, Equatable {
        /// What stands behind the family's name: `_bucket`, `_sum`, `_count`, `_total`, `_created` … or nothing. An empty one
        /// counts as `_total` in a counter and as `_info` in an info.
        public var suffix: String
        /// Without the metric's name; with `le` or `quantile` where there is one.
        public var labels: Labels
        public var value: Double
        /// Milliseconds since 1970 UTC; nil means the time of the scrape.
        public var time: Int64?
        /// Only written where OpenMetrics allows one: on `_total` and `_bucket`.
        public var exemplar: Exemplar?

        public init(
            suffix: String = "", labels: Labels = Labels(), value: Double, time: Int64? = nil, exemplar: Exemplar? = nil
        ) {
            self.suffix = suffix
            self.labels = labels
            self.value = value
            self.time = time
            self.exemplar = exemplar
        }
    }

    /// One observation as an example, with what leads to it, such as the identifier of a trace.
    public struct Exemplar: Sendable, Equatable {
        /// Names and values of at most 128 characters together; with more it is not written.
        public var labels: Labels
        public var value: Double
        /// Milliseconds since 1970 UTC.
        public var time: Int64?

        public init(labels: Labels, value: Double, time: Int64? = nil) {
            self.labels = labels
            self.value = value
            self.time = time
        }
    }

    public init(name: String, metadata: MetricMetadata, samples: [Sample] = []) {
        let ending = metadata.kind.defaultSuffix
        let isComplete = !ending.isEmpty && name.count > ending.count && name.hasSuffix(ending)
        self.name = isComplete ? String(name.dropLast(ending.count)) : name
        self.metadata = metadata
        self.samples = samples
    }
}

extension MetricMetadata.Kind {
    /// What the name of a sample ends with at least.
    var defaultSuffix: String {
        switch self {
        case .counter: "_total"
        case .info: "_info"
        default: ""
        }
    }
}
