internal import ApusModel

/// Where a range function looks at each step: the samples in (end - range, end].
struct Windows: Sendable {
    /// The end of the first window, milliseconds.
    let firstEnd: Int64
    /// How far the end moves a step; 0 when an `@` modifier pins it.
    let stride: Int64
    let count: Int
    /// Milliseconds, above 0.
    let range: Int64

    /// - Parameters:
    ///   - offset: Milliseconds to look back by.
    ///   - at: The time an `@` modifier names.
    init(grid: TimeGrid, range: Int64, offset: Int64, at: Int64?) {
        firstEnd = (at ?? grid.start) &- offset
        stride = at == nil ? grid.step : 0
        count = grid.count
        self.range = range
    }

    @inline(__always)
    func end(_ step: Int) -> Int64 { firstEnd &+ stride &* Int64(step) }

    /// The times of all samples that any window can hold; nil when there is no window.
    var span: ClosedRange<Int64>? {
        guard count > 0 else { return nil }
        let first = firstEnd &- range &+ 1
        let last = end(count - 1)
        return first <= last ? first...last : nil
    }
}

/// A function of the samples in a window, given all samples of a series and which of them are inside.
///
/// The windows come in order, both their ends moving forward only, so a kernel may carry what it knows from one to the next.
protocol WindowKernel {
    /// The value for the samples at `window`, which is not empty; `absent` when the function has none for it.
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double

    /// Whether the value depends on the step itself, not on the samples alone.
    static var dependsOnStep: Bool { get }

    /// About how many samples the last value took, when that may be many; 0 for a kernel that takes what it knows along.
    func cost(_ window: Range<Int>) -> Int
}

extension WindowKernel {
    static var dependsOnStep: Bool { false }

    @inline(__always)
    func cost(_ window: Range<Int>) -> Int { 0 }
}

/// How far a kernel has come with one series.
struct SlidePosition {
    /// Samples looked at before a kernel stops, so that others get their turn: some milliseconds.
    static let costMax = 1 << 20

    /// The next step, and the samples inside the window before it.
    var step = 0
    var low = 0
    var high = 0
    /// Whether any step had a value.
    var hasValue = false
}

/// Runs a kernel over one series: O(samples + steps) besides the kernel's own work.
///
/// Stops when that work passes `SlidePosition.costMax`; the row is done when `position` has passed its last step.
///
/// - Parameter row: One value a step; all up to the position are written.
@inline(__always)
func slide<Kernel: WindowKernel>(
    _ kernel: inout Kernel, over samples: borrowing SampleColumns, _ windows: Windows, into row: inout [Double],
    from position: inout SlidePosition
) {
    let times = samples.times.span
    let values = samples.values.span
    var out = row.mutableSpan
    let count = times.count
    var (low, high) = (position.low, position.high)
    var any = position.hasValue
    var step = position.step
    var cost = 0
    while step < windows.count && cost < SlidePosition.costMax {
        let end = windows.end(step)
        let start = end &- windows.range
        while high < count && times[high] <= end { high &+= 1 }
        while low < high && times[low] <= start { low &+= 1 }
        let value = low < high ? kernel.value(low..<high, at: step, times, values) : absent
        if isPresent(value) { any = true }
        cost &+= kernel.cost(low..<high)
        out[step] = value
        step &+= 1
        if windows.stride == 0 && !Kernel.dependsOnStep {
            while step < windows.count {
                out[step] = value
                step &+= 1
            }
        }
    }
    position = SlidePosition(step: step, low: low, high: high, hasValue: any)
}

extension SampleColumns {
    /// Takes the stale markers out, in place.
    mutating func removeStaleMarkers() {
        guard let first = values.firstIndex(where: StaleMarker.is) else { return }
        var kept = first
        for i in first..<values.count where !StaleMarker.is(values[i]) {
            values[kept] = values[i]
            times[kept] = times[i]
            kept += 1
        }
        values.removeSubrange(kept...)
        times.removeSubrange(kept...)
    }
}
