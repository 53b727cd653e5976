internal import ApusModel

extension SampleColumns {
    /// Appends two columns as one, in order of time; at equal times the second's value counts.
    ///
    /// Columns that do not overlap are copied whole.
    mutating func appendMerged(_ older: SampleColumns, _ newer: SampleColumns) {
        guard let olderFirst = older.times.first, let olderLast = older.times.last else { return append(newer) }
        guard let newerFirst = newer.times.first, let newerLast = newer.times.last else { return append(older) }
        if olderLast < newerFirst {
            append(older)
            append(newer)
            return
        }
        if newerLast < olderFirst {
            append(newer)
            append(older)
            return
        }
        let (a, b) = (older.times.span, newer.times.span)
        let (x, y) = (older.values.span, newer.values.span)
        var (i, j) = (0, 0)
        while i < a.count && j < b.count {
            if a[i] < b[j] {
                times.append(a[i])
                values.append(x[i])
                i += 1
            } else {
                if a[i] == b[j] { i += 1 }
                times.append(b[j])
                values.append(y[j])
                j += 1
            }
        }
        while i < a.count {
            times.append(a[i])
            values.append(x[i])
            i += 1
        }
        while j < b.count {
            times.append(b[j])
            values.append(y[j])
            j += 1
        }
    }

    /// Notes that the samples from `mark` on, just appended to those from `start` on, do not follow them in time.
    ///
    /// - Parameter runs: Where the runs begin that are to be merged; empty while all is in order.
    func noteRun(at mark: Int, from start: Int, in runs: inout [Int]) {
        guard mark > start, count > mark, times[mark] <= times[mark - 1] else { return }
        if runs.isEmpty { runs.append(start) }
        runs.append(mark)
    }

    /// Brings runs of samples, each in order of time, into one order; at equal times the later run's value counts.
    ///
    /// - Parameter starts: Where the runs begin; the last one reaches to the end.
    /// - Complexity: O(samples · log runs): old data that came last may lie in front of hundreds of blocks.
    mutating func mergeRuns(_ starts: [Int]) {
        guard let first = starts.first else { return }
        var runs: [SampleColumns] = []
        for (start, end) in zip(starts, starts.dropFirst() + [count]) {
            var run = SampleColumns()
            run.times = Array(times[start..<end])
            run.values = Array(values[start..<end])
            runs.append(run)
        }
        times.removeSubrange(first...)
        values.removeSubrange(first...)
        while runs.count > 1 {
            // Neighbours only, so that later stays later.
            runs = stride(from: 0, to: runs.count, by: 2).map { i in
                guard i + 1 < runs.count else { return runs[i] }
                var both = SampleColumns()
                both.appendMerged(runs[i], runs[i + 1])
                return both
            }
        }
        append(runs[0])
    }

    mutating func append(_ other: SampleColumns) {
        times.append(contentsOf: other.times)
        values.append(contentsOf: other.values)
    }

    /// Leaves out the samples inside any of the ranges.
    mutating func remove(_ ranges: [ClosedRange<Int64>]) {
        guard let first = times.first, let last = times.last else { return }
        let ranges = ranges.filter { $0.lowerBound <= last && $0.upperBound >= first }
        guard !ranges.isEmpty else { return }
        var kept = SampleColumns()
        for i in times.indices where !ranges.contains(where: { $0.contains(times[i]) }) {
            kept.append(time: times[i], value: values[i])
        }
        self = kept
    }
}
