internal import ApusModel

/// The running state of `sum`, `avg`, `count`, `min`, `max`, `group`, `stddev` and `stdvar`: for each group one value, or a
/// few, a step. Rows go in one by one, and two accumulators can be joined, so each core fills its own.
struct Accumulator: Sendable {
    private let operation: Aggregation.Operator
    private let stepCount: Int
    private var table: GroupTable
    /// The sum, extreme or mean; `absent` while nothing was seen.
    private var main: [Double] = []
    /// `sum`, `avg`: the compensation; `stddev`, `stdvar`: the sum of squared distances.
    private var second: [Double] = []
    /// `avg`, `count`, `stddev`, `stdvar`.
    private var counts: [Double] = []
    /// `avg`: where the sum would have overflowed and the mean is kept instead; empty while there is no such place.
    private var means: [Int: RunningMean] = [:]

    init(_ aggregation: Aggregation, stepCount: Int) {
        operation = aggregation.operator
        self.stepCount = stepCount
        table = GroupTable(grouping: aggregation.grouping, isWithout: aggregation.isWithout)
    }

    /// Whether the operator is one of those above.
    static func handles(_ operation: Aggregation.Operator) -> Bool {
        switch operation {
        case .sum, .avg, .count, .min, .max, .group, .stddev, .stdvar: true
        default: false
        }
    }

    /// How many numbers it holds.
    var valueCount: Int { main.count + second.count + counts.count }

    private var hasSecond: Bool { operation == .sum || operation == .avg || isVariance }
    private var hasCounts: Bool { operation == .avg || operation == .count || isVariance }
    private var isVariance: Bool { operation == .stddev || operation == .stdvar }

    /// Takes in the row of one series, which lies at `range` in `values`.
    mutating func add(_ labels: Labels, _ values: borrowing Span<Double>, _ range: Range<Int>) {
        let group = table.group(of: labels)
        let base = place(group)
        switch operation {
        case .sum: Self.addSum(&main, &second, base, values, range)
        case .avg: addAverage(base, values, range)
        case .min: fold(base, values, range) { $1 < $0 || $0.isNaN ? $1 : $0 }
        case .max: fold(base, values, range) { $1 > $0 || $0.isNaN ? $1 : $0 }
        case .stddev, .stdvar: addVariance(base, values, range)
        case .count:
            for i in 0..<stepCount where isPresent(values[range.lowerBound &+ i]) { counts[base &+ i] += 1 }
        default:
            for i in 0..<stepCount where isPresent(values[range.lowerBound &+ i]) { main[base &+ i] = 1 }
        }
    }

    /// Where the group's values begin; a new group gets its place.
    private mutating func place(_ group: Int) -> Int {
        let needed = (group + 1) * stepCount
        if main.count < needed {
            main.append(contentsOf: repeatElement(absent, count: needed - main.count))
            if hasSecond { second.append(contentsOf: repeatElement(0, count: needed - second.count)) }
            if hasCounts { counts.append(contentsOf: repeatElement(0, count: needed - counts.count)) }
        }
        return group * stepCount
    }

    private static func addSum(
        _ main: inout [Double], _ second: inout [Double], _ base: Int, _ values: borrowing Span<Double>, _ range: Range<Int>
    ) {
        var sums = main.mutableSpan
        var compensations = second.mutableSpan
        for i in 0..<range.count {
            let value = values[range.lowerBound &+ i]
            guard isPresent(value) else { continue }
            let at = base &+ i
            guard isPresent(sums[at]) else {
                sums[at] = value
                continue
            }
            var sum = CompensatedSum(sums[at], compensations[at])
            sum.add(value)
            sums[at] = sum.sum
            compensations[at] = sum.compensation
        }
    }

    private mutating func addAverage(_ base: Int, _ values: borrowing Span<Double>, _ range: Range<Int>) {
        for i in 0..<stepCount {
            let value = values[range.lowerBound &+ i]
            guard isPresent(value) else { continue }
            let at = base &+ i
            counts[at] += 1
            guard isPresent(main[at]) else {
                main[at] = value
                continue
            }
            if means.isEmpty || means[at] == nil {
                var sum = CompensatedSum(main[at], second[at])
                sum.add(value)
                if !sum.sum.isInfinite {
                    main[at] = sum.sum
                    second[at] = sum.compensation
                    continue
                }
                means[at] = RunningMean(count: counts[at] - 1, sum: CompensatedSum(main[at], second[at]))
            }
            means[at]?.add(value)
        }
    }

    @inline(__always)
    private mutating func fold(
        _ base: Int, _ values: borrowing Span<Double>, _ range: Range<Int>, _ better: (Double, Double) -> Double
    ) {
        let stepCount = stepCount
        var best = main.mutableSpan
        for i in 0..<stepCount {
            let value = values[range.lowerBound &+ i]
            guard isPresent(value) else { continue }
            let at = base &+ i
            best[at] = isPresent(best[at]) ? better(best[at], value) : value
        }
    }

    private mutating func addVariance(_ base: Int, _ values: borrowing Span<Double>, _ range: Range<Int>) {
        for i in 0..<stepCount {
            let value = values[range.lowerBound &+ i]
            guard isPresent(value) else { continue }
            let at = base &+ i
            counts[at] += 1
            guard isPresent(main[at]) else {
                main[at] = value
                second[at] = value.isFinite ? 0 : .nan
                continue
            }
            let delta = value - main[at]
            main[at] += delta / counts[at]
            second[at] += delta * (value - main[at])
        }
    }

    /// Takes in what another accumulator of the same aggregation has seen after this one.
    mutating func join(_ other: Accumulator) {
        for (group, labels) in other.table.labels.enumerated() {
            let mine = table.group(labels: labels)
            let base = place(mine)
            for i in 0..<stepCount { join(base + i, other, group * stepCount + i) }
        }
    }

    private mutating func join(_ at: Int, _ other: Accumulator, _ from: Int) {
        if operation == .count {
            counts[at] += other.counts[from]
            return
        }
        guard isPresent(other.main[from]) else { return }
        guard isPresent(main[at]) else {
            main[at] = other.main[from]
            if hasSecond { second[at] = other.second[from] }
            if hasCounts { counts[at] = other.counts[from] }
            if let mean = other.means[from] { means[at] = mean }
            return
        }
        switch operation {
        case .sum:
            var sum = CompensatedSum(main[at], second[at])
            sum.add(CompensatedSum(other.main[from], other.second[from]))
            main[at] = sum.sum
            second[at] = sum.compensation
        case .avg: joinAverage(at, other, from)
        case .min: main[at] = MinMonoid.joined(main[at], other.main[from])
        case .max: main[at] = MaxMonoid.joined(main[at], other.main[from])
        case .stddev, .stdvar:
            // The joint sum of squares (Chan, Golub and LeVeque 1979).
            let (n, m) = (counts[at], other.counts[from])
            let delta = other.main[from] - main[at]
            main[at] += delta * (m / (n + m))
            second[at] += other.second[from] + delta * delta * (n * m / (n + m))
            counts[at] = n + m
        default: break
        }
    }

    private mutating func joinAverage(_ at: Int, _ other: Accumulator, _ from: Int) {
        if means[at] == nil, other.means[from] == nil {
            var sum = CompensatedSum(main[at], second[at])
            sum.add(CompensatedSum(other.main[from], other.second[from]))
            if !sum.sum.isInfinite {
                main[at] = sum.sum
                second[at] = sum.compensation
                counts[at] += other.counts[from]
                return
            }
        }
        let mine = means[at] ?? RunningMean(count: counts[at], sum: CompensatedSum(main[at], second[at]))
        let theirs =
            other.means[from]
            ?? RunningMean(count: other.counts[from], sum: CompensatedSum(other.main[from], other.second[from]))
        means[at] = mine.joined(theirs)
        counts[at] += other.counts[from]
    }

    /// One row for each group that has any value.
    consuming func finished() -> Rows {
        var rows = Rows(stepCount: stepCount)
        rows.labels = table.labels
        for at in main.indices {
            switch operation {
            case .count: main[at] = counts[at] > 0 ? counts[at] : absent
            case _ where !isPresent(main[at]): break
            case .sum: main[at] = main[at].isInfinite ? main[at] : main[at] + second[at]
            case .avg: main[at] = means[at]?.value ?? main[at] / counts[at] + second[at] / counts[at]
            case .stdvar: main[at] = second[at] / counts[at]
            case .stddev: main[at] = (second[at] / counts[at]).squareRoot()
            default: break
            }
        }
        rows.values = main
        rows.removeEmptyRows()
        return rows
    }
}
