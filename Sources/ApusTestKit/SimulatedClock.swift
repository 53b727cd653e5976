public import ApusPlatform
internal import Synchronization

/// A clock that stands still until it is moved.
public final class SimulatedClock: WallClock {
    private let now: Mutex<Int64>

    public init(nowMilliseconds: Int64 = 1_700_000_000_000) { now = Mutex(nowMilliseconds) }

    public var nowMilliseconds: Int64 { now.withLock { $0 } }

    public func advance(byMilliseconds milliseconds: Int64) { now.withLock { $0 += milliseconds } }

    public func set(nowMilliseconds: Int64) { now.withLock { $0 = nowMilliseconds } }
}
