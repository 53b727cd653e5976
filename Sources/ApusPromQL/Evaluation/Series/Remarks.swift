internal import ApusModel

/// Something the user should know about a result, with the place in the query that it is about.
struct Remark: Hashable, Sendable {
    var isInfo: Bool
    var message: String
    /// A UTF-8 byte offset.
    var offset: Int

    static func invalidQuantile(_ value: Double, at source: SourceRange) -> Remark {
        warning("quantile value should be between 0 and 1, got \(FloatText.general(value))", source)
    }

    static func invalidRatio(_ value: Double, cappedTo cap: Double, at source: SourceRange) -> Remark {
        warning(
            "ratio value should be between -1 and 1, got \(FloatText.general(value)), capping to \(FloatText.general(cap))", source)
    }

    static func badBucketLabel(_ value: String, metric: String, at source: SourceRange) -> Remark {
        warning(
            "bucket label \"le\" is missing or has a malformed value of \(LabelName.quoted(value)) for metric name "
                + LabelName.quoted(metric), source)
    }

    static func mightNotBeCounter(_ metric: String, at source: SourceRange) -> Remark {
        info(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \(LabelName.quoted(metric))", source)
    }

    static func forcedMonotonicity(metric: String, at source: SourceRange) -> Remark {
        info(
            "input to histogram_quantile needed to be fixed for monotonicity (see "
                + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name "
                + LabelName.quoted(metric), source)
    }

    private static func warning(_ message: String, _ source: SourceRange) -> Remark {
        Remark(isInfo: false, message: "PromQL warning: \(message)", offset: source.lowerBound)
    }

    private static func info(_ message: String, _ source: SourceRange) -> Remark {
        Remark(isInfo: true, message: "PromQL info: \(message)", offset: source.lowerBound)
    }
}

/// The remarks of one query, each once.
struct Remarks: Sendable {
    /// More than this many of a kind are counted, not listed.
    static let countMax = 10

    private var all = Set<Remark>()

    mutating func insert(_ remark: Remark) { all.insert(remark) }

    /// Warnings and infos, sorted by place, with line and column.
    func rendered(in text: String) -> (warnings: [String], infos: [String]) {
        let bytes = Array(text.utf8)
        let sorted = all.sorted { ($0.offset, $0.message) < ($1.offset, $1.message) }
        func list(_ remarks: [Remark], _ kind: String) -> [String] {
            var texts = remarks.prefix(Self.countMax).map { remark in
                let before = bytes.prefix(max(0, remark.offset))
                let line = before.count { $0 == UInt8(ascii: "\n") } + 1
                let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0) + 1
                return text.isEmpty ? remark.message : "\(remark.message) (\(line):\(column))"
            }
            if remarks.count > Self.countMax {
                texts.append("\(remarks.count - Self.countMax) more \(kind) annotations omitted")
            }
            return texts
        }
        return (list(sorted.filter { !$0.isInfo }, "warning"), list(sorted.filter(\.isInfo), "info"))
    }
}
