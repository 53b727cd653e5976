/// When to measure next: at a base interval, stretched step by step while the host is busy or measuring costs too much, and back
/// as it calms. A value: it is told what happened and says when, and never waits itself.
///
/// The first sample is due at the start and the second 250 ms later, so that rates can be shown at once. From then on times are
/// whole multiples of the interval (in milliseconds since 1970), so timestamps are regular, those of many hosts fall together,
/// and a stretched series keeps a subset of the times that it had.
public struct AdaptiveSchedule: Sendable, Equatable {
    public struct Settings: Sendable, Equatable {
        /// From one second to an hour.
        public var baseIntervalMilliseconds: Int64 = 10_000
        /// The longest interval is the base times this.
        public var stretchMax: Int64 = 3
        /// Share of all processors in use from which on the interval grows by one base interval a sample.
        public var busyRatio = 0.8
        /// Below this it shrinks by one a sample; in between it stays, so that it does not swing.
        public var calmRatio = 0.6
        /// Measuring may take at most this share of the interval; the interval grows as far as that needs.
        public var costRatioMax = 0.01
        public var secondSampleMilliseconds: Int64 = 250

        public init() {}
    }

    public let settings: Settings
    /// The interval now, a whole multiple of the base interval.
    public var intervalMilliseconds: Int64 { base * stretch }
    /// When the next sample is due, in milliseconds since 1970; also the timestamp that it should carry.
    public private(set) var dueMilliseconds: Int64
    private let base: Int64
    private var stretch: Int64 = 1
    private var sampleCount = 0

    /// - Parameter now: Milliseconds since 1970; the first sample is due then.
    public init(settings: Settings = Settings(), now: Int64) {
        self.settings = settings
        base = min(max(settings.baseIntervalMilliseconds, 1000), 3_600_000)
        dueMilliseconds = now
    }

    /// A sample was taken.
    ///
    /// - Parameters:
    ///   - loadRatio: Share of all processors in use since the sample before, 0 to 1; what is no number counts as calm.
    ///   - costSeconds: CPU time of the cycle just done.
    ///   - now: Milliseconds since 1970.
    /// - Returns: When the next is due. Times that were missed are skipped, never made up for; a clock set back leads to the next
    ///   multiple after its new time.
    @discardableResult
    public mutating func sampled(loadRatio: Double, costSeconds: Double, now: Int64) -> Int64 {
        sampleCount = min(sampleCount + 1, 2)
        if sampleCount == 1 {
            dueMilliseconds = now &+ min(max(settings.secondSampleMilliseconds, 1), base)
            return dueMilliseconds
        }
        adapt(loadRatio, costSeconds)
        // Woken a little early, the sample counts as the one that was due.
        let isEarly = now < dueMilliseconds && dueMilliseconds &- now < base
        dueMilliseconds = Self.multiple(of: intervalMilliseconds, after: isEarly ? dueMilliseconds : now)
        return dueMilliseconds
    }

    private mutating func adapt(_ loadRatio: Double, _ costSeconds: Double) {
        let stretchMax = min(max(settings.stretchMax, 1), 1000)
        if loadRatio >= settings.busyRatio {
            stretch += 1
        } else if !(loadRatio >= settings.calmRatio) {
            stretch -= 1
        }
        var least: Int64 = 1
        while least < stretchMax && costSeconds * 1000 > settings.costRatioMax * Double(base * least) { least += 1 }
        stretch = min(max(stretch, least), stretchMax)
    }

    /// The first whole multiple of `interval` behind `time`.
    private static func multiple(of interval: Int64, after time: Int64) -> Int64 {
        let remainder = time % interval
        return time &- (remainder < 0 ? remainder &+ interval : remainder) &+ interval
    }
}
