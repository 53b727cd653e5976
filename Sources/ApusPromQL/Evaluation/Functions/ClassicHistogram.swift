internal import ApusModel

/// Quantiles and fractions of a histogram made of counters with a label `le`: cumulative counts up to a bound.
struct ClassicHistogram {
    struct Bucket {
        var upperBound: Double
        /// Observations at or below the bound.
        var count: Double
    }

    /// By bound, ascending; bounds unique once `prepare` ran.
    var buckets: [Bucket] = []

    /// Sorts, and joins buckets of one bound (`0.5` and `5e-1`).
    private mutating func prepare() {
        buckets.sort { $0.upperBound < $1.upperBound }
        var kept = 0
        for bucket in buckets.dropFirst() {
            if bucket.upperBound == buckets[kept].upperBound {
                buckets[kept].count += bucket.count
            } else {
                kept += 1
                buckets[kept] = bucket
            }
        }
        if kept + 1 < buckets.count { buckets.removeSubrange((kept + 1)...) }
    }

    /// The value below which the share `quantile` of the observations lies, interpolated linearly inside its bucket.
    ///
    /// - Returns: NaN without observations, without a bucket of bound +Inf, or with that one alone. And whether a count had
    ///   to be raised to that of the bucket before, by more than rounding explains.
    mutating func value(quantile: Double) -> (value: Double, wasForced: Bool) {
        if quantile.isNaN { return (.nan, false) }
        if quantile < 0 { return (-.infinity, false) }
        if quantile > 1 { return (.infinity, false) }
        prepare()
        guard let last = buckets.last, last.upperBound == .infinity else { return (.nan, false) }
        let wasForced = forceMonotonicity()
        guard buckets.count >= 2 else { return (.nan, false) }
        let observations = buckets[buckets.count - 1].count
        guard observations != 0 else { return (.nan, false) }
        var rank = quantile * observations
        let index = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
        if index == buckets.count - 1 { return (buckets[index - 1].upperBound, wasForced) }
        if index == 0 && buckets[0].upperBound <= 0 { return (buckets[0].upperBound, wasForced) }
        var start = 0.0
        var count = buckets[index].count
        if index > 0 {
            start = buckets[index - 1].upperBound
            count -= buckets[index - 1].count
            rank -= buckets[index - 1].count
        }
        return (start + (buckets[index].upperBound - start) * (rank / count), wasForced)
    }

    /// The share of the observations between two bounds; NaN when one lies inside the lowest bucket.
    mutating func fraction(lower: Double, upper: Double) -> Double {
        prepare()
        guard let last = buckets.last, last.upperBound == .infinity else { return .nan }
        guard last.count != 0, !lower.isNaN, !upper.isNaN else { return .nan }
        guard lower < upper else { return 0 }
        return (min(rank(upper) ?? last.count, last.count) - min(rank(lower) ?? last.count, last.count)) / last.count
    }

    /// How many observations lie below a value; nil when it lies above all finite bounds' reach.
    private func rank(_ value: Double) -> Double? {
        var rank = 0.0
        for (index, bucket) in buckets.enumerated() {
            // The first bucket has no beginning, so inside it nothing can be interpolated: NaN.
            let start = index > 0 ? buckets[index - 1].upperBound : -.infinity
            if start >= value { return rank }
            if bucket.upperBound > value {
                return rank + (bucket.count - rank) * (value - start) / (bucket.upperBound - start)
            }
            rank = bucket.count
        }
        return nil
    }

    /// Raises counts that fall; differences of rounding size go silently.
    private mutating func forceMonotonicity() -> Bool {
        var wasForced = false
        var previous = buckets[0].count
        for i in buckets.indices.dropFirst() {
            let count = buckets[i].count
            if count == previous { continue }
            if Self.almostEqual(previous, count) {
                buckets[i].count = previous
            } else if count < previous {
                buckets[i].count = previous
                wasForced = true
            } else {
                previous = count
            }
        }
        return wasForced
    }

    private static func almostEqual(_ a: Double, _ b: Double) -> Bool {
        if a.isNaN && b.isNaN || a == b { return true }
        let sum = a.magnitude + b.magnitude
        let difference = (a - b).magnitude
        if a == 0 || b == 0 || sum < .leastNormalMagnitude { return difference < 1e-12 * .leastNormalMagnitude }
        return difference / min(sum, .greatestFiniteMagnitude) < 1e-12
    }
}

/// The bucket series of a vector, put together by their other labels.
struct ClassicHistogramRows {
    struct Histogram {
        /// Without `le`, name included.
        var labels: Labels
        var rows: [(row: Int, upperBound: Double)]
    }

    var histograms: [Histogram] = []

    /// - Parameter remark: Called for each series whose `le` is missing or no number; it is left out.
    init(_ rows: Rows, remark: (_ le: String, _ metric: String) -> Void) {
        let without = LabelNames(["le"])
        var places: [Labels: Int] = [:]
        for row in 0..<rows.count {
            let labels = rows.labels[row]
            let le = labels["le"] ?? ""
            guard let bound = Self.number(le) else {
                remark(le, labels.metricName ?? "")
                continue
            }
            let key = labels.dropping(without)
            if let place = places[key] {
                histograms[place].rows.append((row, bound))
            } else {
                places[key] = histograms.count
                histograms.append(Histogram(labels: key, rows: [(row, bound)]))
            }
        }
    }

    /// What Go's `ParseFloat` takes, but for digits with underscores and hexadecimal.
    private static func number(_ text: String) -> Double? {
        switch text.lowercased() {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan": return .nan
        default: return Double(text)
        }
    }

    /// One row for each histogram: `body` of its buckets, and its labels with the name, at each step that has any.
    func rows(of rows: Rows, _ body: (inout ClassicHistogram, _ labels: Labels, _ step: Int) -> Double) throws(QueryError) -> Rows {
        var result = Rows(stepCount: rows.stepCount)
        var histogram = ClassicHistogram()
        for entry in histograms {
            let place = result.appendEmpty(entry.labels.droppingMetadata())
            for step in 0..<rows.stepCount {
                histogram.buckets.removeAll(keepingCapacity: true)
                for (row, bound) in entry.rows where isPresent(rows.value(row, step)) {
                    histogram.buckets.append(.init(upperBound: bound, count: rows.value(row, step)))
                }
                if !histogram.buckets.isEmpty {
                    result.values[place * rows.stepCount + step] = body(&histogram, entry.labels, step)
                }
            }
        }
        result.removeEmptyRows()
        try result.mergeSameLabels()
        return result
    }
}
