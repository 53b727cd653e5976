internal import CApusThreadSlots

/// Counts of values by size, read from a series at one moment: what percentiles are computed from.
///
/// The buckets grow by the factor 2^(1/steps); with the 64 steps of a summary a percentile is within 0.55 % of a value that
/// has that rank. Values from 1e-12 to 3e26 are told apart; smaller ones, and those below zero, count as zero.
public struct Distribution: Sendable, Equatable {
    /// Buckets for each doubling.
    public internal(set) var stepsPerOctave: Int
    /// Values that were zero, or so small that they count as zero.
    public internal(set) var zeroCount: UInt64 = 0
    /// Indices with their counts, none of them zero, ascending: bucket i holds values above 2^(i/steps) up to 2^((i+1)/steps).
    public internal(set) var buckets: [Bucket] = []
    public internal(set) var sum: Double = 0

    public struct Bucket: Sendable, Equatable {
        public var index: Int
        public var count: UInt64
    }

    public var count: UInt64 { buckets.reduce(zeroCount) { $0 &+ $1.count } }

    /// The upper end of a bucket, which belongs to it.
    public func upperBound(_ index: Int) -> Double { capus_exp2(Double(index + 1) / Double(stepsPerOctave)) }

    /// A value that as large a share of all values does not exceed; NaN when nothing was counted.
    ///
    /// - Parameter quantile: From 0 to 1.
    public func quantile(_ quantile: Double) -> Double {
        let count = count
        guard count > 0, quantile >= 0, quantile <= 1 else { return .nan }
        let rank = UInt64(quantile * Double(count - 1))
        var below = zeroCount
        if rank < below { return 0 }
        for bucket in buckets {
            below &+= bucket.count
            if rank < below { return middle(bucket.index) }
        }
        return buckets.last.map { middle($0.index) } ?? 0
    }

    /// What was counted since `earlier` was read from the same series: percentiles of a window of time.
    public func subtracting(_ earlier: Distribution) -> Distribution {
        var result = self
        result.zeroCount = zeroCount >= earlier.zeroCount ? zeroCount - earlier.zeroCount : 0
        result.sum = sum - earlier.sum
        let before = Dictionary(earlier.buckets.map { ($0.index, $0.count) }, uniquingKeysWith: { $1 })
        result.buckets = buckets.compactMap { bucket in
            let old = before[bucket.index] ?? 0
            return bucket.count > old ? Bucket(index: bucket.index, count: bucket.count - old) : nil
        }
        return result
    }

    /// The value that is at most one and the same share away from all of the bucket.
    private func middle(_ index: Int) -> Double {
        let upper = upperBound(index)
        let lower = upperBound(index - 1)
        return 2 * upper * (lower / (lower + upper))
    }
}
