internal import Glibc

/// The system's clock.
public struct SystemClock: WallClock {
    public init() {}

    public var nowMilliseconds: Int64 {
        var now = timespec()
        // Safe: the system fills the value it is given.
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
