internal import CApusThreadSlots

/// The bounds of a family of histograms; for durations in nanoseconds, so that a duration on a bound counts below it.
@safe final class HistogramLayout: TimeScaled, @unchecked Sendable {
    // Safe to share: written by `init`, freed by `deinit`, never changed between.
    private let base: UnsafeMutablePointer<Double>
    private let boundCount: UInt32
    /// nil when the values are not durations.
    let scale: TimeScale?

    /// The most bounds: beyond them the upper ones are left out.
    static let boundCountMax = 500

    /// - Parameter bounds: Upper bounds in any order; of those that are equal one counts, and NaN and infinities do not.
    ///   In seconds when `isTime`.
    init(bounds: [Double], isTime: Bool) {
        var sorted = Array(Set(bounds.filter { $0.isFinite })).sorted().prefix(Self.boundCountMax).map { $0 }
        // To a whole nanosecond, where there is one near: 0.29 s times 1e9 is not 290,000,000.
        if isTime { sorted = sorted.map { abs($0 * 1e9) < 9e15 ? ($0 * 1e9).rounded() : $0 * 1e9 } }
        boundCount = UInt32(sorted.count)
        unsafe base = .allocate(capacity: max(1, sorted.count))
        for (i, bound) in sorted.enumerated() { unsafe (base + i).initialize(to: bound) }
        scale = isTime ? TimeScale() : nil
    }

    deinit { unsafe base.deallocate() }

    var bounds: [Double] { (0..<Int(boundCount)).map { unsafe base[$0] } }

    /// A sum, then a cell for each bucket and one for what is above all bounds.
    var cellCount: Int { Int(boundCount) + 2 }

    /// - Returns: The bucket that it fell into.
    @inline(__always)
    func observe(_ value: Double, in run: CellRun) -> Int {
        // Safe: C reads `boundCount` bounds, and the run was made with `cellCount` cells.
        Int(truncatingIfNeeded: unsafe capus_observe(run.first, base, boundCount, value))
    }
}
