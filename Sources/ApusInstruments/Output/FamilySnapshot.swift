public import ApusModel

/// A family as it was at one moment: what every form of output but the pages of text is made from.
public struct FamilySnapshot: Sendable, Equatable {
    /// As OpenMetrics names it: without the suffixes of its samples.
    public var name: String
    public var metadata: MetricMetadata
    public var samples: [Sample]

    public struct Sample: Sendable, Equatable {
        /// `_total`, `_bucket`, `_sum`, `_count` or nothing.
        public var suffix: String
        /// Without the metric's name; with `le` or `quantile` where there is one.
        public var labels: Labels
        public var value: Double
        public var exemplar: Exemplar?
    }
}

extension FamilySnapshot.Sample {
    init(
        suffix: String, pairs: [(String, String)], adding pair: (String, String)? = nil, value: Double,
        exemplar: Exemplar? = nil
    ) {
        self.init(suffix: suffix, labels: Labels(pairs + (pair.map { [$0] } ?? [])), value: value, exemplar: exemplar)
    }

    /// `a="b",c="d"`.
    var labelText: [UInt8] { MetricNames.text(labels.pairs.map { ($0.name, $0.value) }) }
}
