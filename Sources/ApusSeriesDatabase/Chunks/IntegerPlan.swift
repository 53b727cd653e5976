/// How a column of integers is laid down in the fewest bits: which differences are kept, and the frame they are packed in.
///
/// Differences that lie in `base ..< base + 2^(width + shift)` and are `base` plus a multiple of `2^shift` take `width` bits each; the
/// others are patches, written one by one.
struct IntegerPlan {
    /// 0: the values, 1: their differences, 2: the differences of the differences.
    var order: Int
    var base: Int64
    var shift: Int
    var width: Int
    /// Positions among the residuals, ascending.
    var patches: [Int]
    /// Of the whole column; an estimate where there are patches.
    var bitCount: Int

    /// The cheapest plan for `values`, which is not empty; `residuals` are left as those of the plan.
    init(_ values: borrowing Span<Int64>, residuals: inout [Int64]) {
        let estimates = Self.estimates(values)
        let best = estimates.min() ?? 0
        var chosen: IntegerPlan?
        var kept: [Int64] = []
        for order in [1, 0, 2] where estimates[order] <= best + 0.75 && values.count > order {
            Self.differences(values, order, into: &residuals)
            var plan = IntegerPlan(order: order, residuals: residuals)
            if order > 0 { plan.bitCount += Self.varintBitCount(values[0]) }
            if order > 1 { plan.bitCount += Self.varintBitCount(values[1] &- values[0]) }
            if chosen.map({ plan.bitCount < $0.bitCount }) ?? true {
                chosen = plan
                swap(&kept, &residuals)
            }
        }
        if let chosen {
            self = chosen
            swap(&kept, &residuals)
        } else {
            Self.differences(values, 0, into: &residuals)
            self = IntegerPlan(order: 0, residuals: residuals)
        }
    }

    private init(order: Int, residuals: [Int64]) {
        self.order = order
        base = 0
        shift = 0
        width = 0
        patches = []
        bitCount = 8
        guard let first = residuals.first else { return }
        // The middle one of three is seldom an outlier.
        let middle = Double([first, residuals[residuals.count / 2], residuals[residuals.count - 1]].sorted()[1])
        var (low, high) = (first, first)
        var sum = 0.0
        var set: UInt64 = 0
        for residual in residuals {
            low = min(low, residual)
            high = max(high, residual)
            set |= UInt64(bitPattern: residual &- first)
            sum += abs(Double(residual) - middle)
        }
        let range = UInt64(bitPattern: high &- low)
        // Uniform and normal residuals span 4 to 8 mean deviations; a wider span means outliers, which are worth a search.
        if range > 3 && Double(range) > 20 * (sum / Double(residuals.count)) {
            searchFrame(residuals, low, high)
        } else {
            base = low
            shift = set == 0 ? 0 : set.trailingZeroBitCount
            width = 64 - (range >> UInt64(shift)).leadingZeroBitCount
        }
        bitCount += residuals.count * width + (base == 0 ? 0 : Self.varintBitCount(base)) + (shift == 0 ? 0 : 8)
    }

    /// Finds the frame in which packed residuals and patches together take the fewest bits.
    private mutating func searchFrame(_ residuals: [Int64], _ low: Int64, _ high: Int64) {
        let sorted = residuals.sorted()
        let count = sorted.count
        let span = sorted.span
        let fullWidth = 64 - UInt64(bitPattern: high &- low).leadingZeroBitCount
        let patchBitCount = 8 + 8 * ((fullWidth + 7) / 7)
        var best = (cost: count * fullWidth, width: fullWidth, start: low)
        var width = 0
        while width < fullWidth && count * width < best.cost {
            let size = UInt64(1) << UInt64(width)
            var start = 0
            for end in 0..<count {
                while UInt64(bitPattern: span[end] &- span[start]) >= size { start += 1 }
                let cost = count * width + (count - (end - start + 1)) * patchBitCount
                if cost < best.cost { best = (cost, width, span[start]) }
            }
            width += 1
        }
        base = best.start
        let size = best.width >= 64 ? UInt64.max : (UInt64(1) << UInt64(best.width)) - 1
        var set: UInt64 = 0
        var reach: UInt64 = 0
        for (index, residual) in residuals.enumerated() {
            let offset = UInt64(bitPattern: residual &- base)
            if offset > size {
                patches.append(index)
            } else {
                set |= offset
                reach = max(reach, offset)
            }
        }
        shift = set == 0 ? 0 : set.trailingZeroBitCount
        self.width = 64 - (reach >> UInt64(shift)).leadingZeroBitCount
        bitCount += patches.count * patchBitCount
    }

    /// Roughly the bits a residual takes, for each order: from the mean distance to the first residual.
    private static func estimates(_ values: borrowing Span<Int64>) -> [Double] {
        let count = values.count
        guard count > 2 else { return [1, 0, 2] }
        let first = values[0]
        let firstDelta = values[1] &- first
        var (plain, single, double) = (0.0, 0.0, 0.0)
        var (previous, previousDelta) = (values[1], firstDelta)
        let reference = Double(first)
        let deltaReference = Double(firstDelta)
        for i in 2..<count {
            let value = values[i]
            let delta = value &- previous
            plain += abs(Double(value) - reference)
            single += abs(Double(delta) - deltaReference)
            double += abs(Double(delta &- previousDelta))
            previous = value
            previousDelta = delta
        }
        return [plain, single, double].map { bits($0 / Double(count)) }
    }

    /// log2(x + 1), to a tenth of a bit, without a mathematics library.
    private static func bits(_ x: Double) -> Double {
        let x = x + 1
        return Double(x.exponent) + (x.significand - 1)
    }

    static func differences(_ values: borrowing Span<Int64>, _ order: Int, into residuals: inout [Int64]) {
        residuals.removeAll(keepingCapacity: true)
        residuals.append(contentsOf: repeatElement(0, count: max(0, values.count - order)))
        var out = residuals.mutableSpan
        switch order {
        case 0: for i in out.indices { out[i] = values[i] }
        case 1: for i in out.indices { out[i] = values[i &+ 1] &- values[i] }
        default: for i in out.indices { out[i] = values[i &+ 2] &- values[i &+ 1] &- (values[i &+ 1] &- values[i]) }
        }
    }

    private static func varintBitCount(_ value: Int64) -> Int {
        let bits = 65 - (value ^ (value >> 63)).leadingZeroBitCount
        return 8 * ((bits + 6) / 7)
    }
}
