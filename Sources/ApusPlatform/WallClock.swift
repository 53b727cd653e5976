internal import Glibc

/// Where the time of day comes from; tests pass a simulated one.
public protocol WallClock: Sendable {
    /// Milliseconds since 1970 UTC.
    var nowMilliseconds: Int64 { get }
}

/// The system's clock.
public struct SystemClock: WallClock {
    public init() {}

    public var nowMilliseconds: Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
