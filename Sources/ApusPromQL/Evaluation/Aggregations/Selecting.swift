internal import ApusBytes
internal import ApusModel

/// `topk`, `bottomk`, `limitk` and `limit_ratio`: rows go through unchanged, but at each step only some of each group.
enum SelectingAggregation {
    static func evaluate(
        _ aggregation: Aggregation, _ rows: Rows, _ parameter: ScalarColumn, _ context: QueryContext
    ) throws(QueryError) -> Rows {
        guard try check(aggregation, rows, parameter, context) else { return Rows(stepCount: rows.stepCount) }
        var result = rows
        for i in result.values.indices { result.values[i] = absent }
        /// Rows in the order a single step gives them.
        var order: [Int] = []
        let groups = rows.grouped(by: aggregation).rows
        let ratios = aggregation.operator == .limitRatio ? rows.labels.map(ratio) : []
        for group in groups {
            try context.checkpoint()
            for step in 0..<rows.stepCount {
                let chosen = choose(aggregation.operator, group, rows, step, parameter[step], ratios)
                for row in chosen { result.values[row * rows.stepCount + step] = rows.value(row, step) }
                if rows.stepCount == 1 { order += chosen }
            }
        }
        guard rows.stepCount == 1 else {
            result.removeEmptyRows()
            return result
        }
        var ordered = Rows(stepCount: 1)
        for row in order { ordered.append(rows.labels[row], [rows.values[row]]) }
        return ordered
    }

    /// - Returns: Whether there is anything to choose.
    private static func check(
        _ aggregation: Aggregation, _ rows: Rows, _ parameter: ScalarColumn, _ context: QueryContext
    ) throws(QueryError) -> Bool {
        let numbers = parameter.values.filter { !$0.isNaN }
        let hasNaN = numbers.count < parameter.values.count
        let (low, high) = (numbers.min() ?? 0, numbers.max() ?? 0)
        let source = aggregation.parameter?.source ?? aggregation.source
        if aggregation.operator == .limitRatio {
            if low == 0 && high == 0 && !hasNaN { return false }
            if hasNaN { throw .execution("Ratio value is NaN") }
            if high > 1 { context.remark(.invalidRatio(high, cappedTo: 1, at: source)) }
            if low < -1 { context.remark(.invalidRatio(low, cappedTo: -1, at: source)) }
            return true
        }
        if high < 1 && !hasNaN { return false }
        if hasNaN { throw .execution("Parameter value is NaN") }
        if low <= -0x1p63 { throw .execution("Scalar value \(FloatText.general(low)) underflows int64") }
        if high >= 0x1p63 { throw .execution("Scalar value \(FloatText.general(high)) overflows int64") }
        return true
    }

    private static func choose(
        _ operation: Aggregation.Operator, _ group: [Int], _ rows: Rows, _ step: Int, _ parameter: Double, _ ratios: [Double]
    ) -> [Int] {
        let present = group.lazy.filter { isPresent(rows.value($0, step)) }
        if operation == .limitRatio {
            let limit = min(1, max(-1, parameter))
            return limit == 0 ? [] : present.filter { limit >= 0 ? ratios[$0] < limit : ratios[$0] >= 1 + limit }
        }
        let count = min(Int(parameter), rows.count)
        guard count >= 1 else { return [] }
        if operation == .limitk { return Array(present.prefix(count)) }
        var heap = BoundedHeap(capacity: count, isTop: operation == .topk)
        for row in present { heap.push(rows.value(row, step), row) }
        return heap.sorted()
    }

    /// Where a series stands between 0 and 1, by its labels alone, so that a share of them is always the same.
    private static func ratio(_ labels: Labels) -> Double {
        let bytes = labels.bytes
        return Double(hash64(bytes.span, 0..<bytes.count, seed: 0) >> 11) * 0x1p-53
    }
}

/// The `capacity` greatest or least values; the worst of them lies on top.
///
/// A binary heap with the sift order of Go's `container/heap`, so that among equal values the same series stay.
private struct BoundedHeap {
    let capacity: Int
    let isTop: Bool
    private var items: [(value: Double, row: Int)] = []

    init(capacity: Int, isTop: Bool) {
        self.capacity = capacity
        self.isTop = isTop
    }

    /// Whether `a` is nearer to being thrown out; NaN always is.
    private func isWorse(_ a: Double, _ b: Double) -> Bool {
        if a.isNaN { return true }
        return isTop ? a < b : a > b
    }

    mutating func push(_ value: Double, _ row: Int) {
        if items.count < capacity {
            items.append((value, row))
            siftUp(items.count - 1)
            return
        }
        let top = items[0].value
        guard (isTop ? top < value : top > value) || (top.isNaN && !value.isNaN) else { return }
        items[0] = (value, row)
        siftDown(0)
    }

    /// The rows, best first.
    func sorted() -> [Int] {
        var items = items
        // An insertion sort is what Go uses up to twelve elements; it keeps the heap's order among equals.
        guard items.count > 12 else {
            for i in items.indices.dropFirst() {
                var j = i
                while j > 0, isWorse(items[j - 1].value, items[j].value) {
                    items.swapAt(j, j - 1)
                    j -= 1
                }
            }
            return items.map(\.row)
        }
        items.sort { isWorse($1.value, $0.value) && !$0.value.isNaN }
        return items.map(\.row)
    }

    private mutating func siftUp(_ index: Int) {
        var child = index
        while child > 0 {
            let parent = (child - 1) / 2
            guard isWorse(items[child].value, items[parent].value) else { return }
            items.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ index: Int) {
        var parent = index
        while true {
            var child = 2 * parent + 1
            guard child < items.count else { return }
            if child + 1 < items.count, isWorse(items[child + 1].value, items[child].value) { child += 1 }
            guard isWorse(items[child].value, items[parent].value) else { return }
            items.swapAt(child, parent)
            parent = child
        }
    }
}
