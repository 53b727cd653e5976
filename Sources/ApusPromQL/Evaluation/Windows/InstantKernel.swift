internal import ApusModel

/// An instant selector: the newest sample of the lookback window, unless it is a stale marker; or, for `timestamp()` of a bare
/// selector, when that sample was taken, in seconds.
struct InstantKernel: WindowKernel {
    let givesTime: Bool

    @inline(__always)
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        let last = window.upperBound &- 1
        // A stale marker is the very bits of `absent`: nothing more to do.
        let value = values[last]
        return givesTime && isPresent(value) ? Double(times[last]) / 1000 : value
    }
}
