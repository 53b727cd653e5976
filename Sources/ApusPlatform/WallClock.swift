/// Where the time of day comes from; tests pass a simulated one.
public protocol WallClock: Sendable {
    /// Milliseconds since 1970 UTC.
    var nowMilliseconds: Int64 { get }
}
