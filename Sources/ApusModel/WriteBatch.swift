internal import ApusBytes

/// Samples on their way into a store, as columns: what every source (remote write, scrape, collector) hands over.
///
/// Label runs lie in `bytes` in the canonical form of `Labels`, not yet checked: a store that meets a run for the first
/// time validates it, and one that it knows is valid. Reuse a batch by `removeAll()`; its capacity stays.
public struct WriteBatch: Sendable {
    /// One series with some of its samples.
    public struct Entry: Sendable {
        /// The label run in `bytes`.
        public var labelsStart: Int32
        public var labelsEnd: Int32
        /// Its samples are `firstSample ..< firstSample + sampleCount` of the columns, in the sender's order.
        public var firstSample: Int32
        public var sampleCount: Int32

        @inlinable
        public init(labels: Range<Int>, firstSample: Int, sampleCount: Int) {
            labelsStart = Int32(truncatingIfNeeded: labels.lowerBound)
            labelsEnd = Int32(truncatingIfNeeded: labels.upperBound)
            self.firstSample = Int32(truncatingIfNeeded: firstSample)
            self.sampleCount = Int32(truncatingIfNeeded: sampleCount)
        }

        @inlinable public var labels: Range<Int> { Int(labelsStart)..<Int(labelsEnd) }
        @inlinable public var samples: Range<Int> { Int(firstSample)..<Int(firstSample) + Int(sampleCount) }
    }

    /// At most 2 GiB, since entries hold 32-bit offsets.
    public var bytes: [UInt8] = []
    public var entries: [Entry] = []
    /// Milliseconds since 1970 UTC.
    public var times: [Int64] = []
    public var values: [Double] = []
    /// What the sender declared of its metrics, by metric family name.
    public var metadata: [(metric: String, MetricMetadata)] = []

    public init() {}

    public var sampleCount: Int { times.count }

    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        metadata.removeAll(keepingCapacity: true)
    }

    /// Adds one sample of one series.
    public mutating func append(_ labels: Labels, time: Int64, value: Double) {
        let start = bytes.count
        bytes.append(contentsOf: labels.bytes)
        entries.append(Entry(labels: start..<bytes.count, firstSample: times.count, sampleCount: 1))
        times.append(time)
        values.append(value)
    }
}

/// What a store did with a batch.
public struct AppendResult: Sendable {
    /// Samples that are in the log now (those that were there already count too).
    public var acceptedCount = 0
    /// Samples that never will be, with why: the first few of them, all counted in `rejectedCount`.
    public var rejections: [Rejection] = []
    public var rejectedCount = 0

    public struct Rejection: Sendable, Equatable {
        public enum Reason: Sendable, Equatable {
            case invalidLabels(LabelsError)
            /// Older than the retention keeps.
            case tooOld
            /// Further ahead of the clock than the store takes: a day.
            case tooFarAhead
            /// A stated limit on series is reached.
            case seriesLimit
        }
        /// Position in the batch's entries.
        public var entry: Int
        public var reason: Reason

        public init(entry: Int, reason: Reason) {
            self.entry = entry
            self.reason = reason
        }
    }

    public init() {}
}
