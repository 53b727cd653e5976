internal import ApusModel

/// An instant selector: the newest sample of the lookback window, unless it is a stale marker.
struct InstantKernel: WindowKernel {
    @inline(__always)
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        // A stale marker is the very bits of `absent`: nothing more to do.
        values[window.upperBound &- 1]
    }
}

/// `timestamp()` of a bare selector: when that sample was taken, in seconds.
struct SampleTimeKernel: WindowKernel {
    @inline(__always)
    mutating func value(
        _ window: Range<Int>, at step: Int, _ times: borrowing Span<Int64>, _ values: borrowing Span<Double>
    ) -> Double {
        let last = window.upperBound &- 1
        return StaleMarker.is(values[last]) ? absent : Double(times[last]) / 1000
    }
}
