internal import Synchronization

/// The unit in which a family of durations is shown: seconds, until somebody asks for another.
final class TimeScale: Sendable {
    private let nanoseconds = Atomic<UInt64>(0)

    /// The first unit that is asked for counts: a family has but one.
    @inline(__always)
    func prefer(nanoseconds unit: UInt64) {
        guard nanoseconds.load(ordering: .relaxed) == 0, unit > 0 else { return }
        _ = nanoseconds.compareExchange(expected: 0, desired: unit, ordering: .relaxed)
    }

    var nanosecondsPerUnit: Double {
        let unit = nanoseconds.load(ordering: .relaxed)
        return unit == 0 ? 1e9 : Double(unit)
    }

    var unitName: String {
        switch nanosecondsPerUnit {
        case 1: "nanoseconds"
        case 1e3: "microseconds"
        case 1e6: "milliseconds"
        case 60e9: "minutes"
        case 3600e9: "hours"
        case 86400e9: "days"
        default: "seconds"
        }
    }
}

/// Layouts of families that hold durations.
protocol TimeScaled { var scale: TimeScale? { get } }

extension TimeScaled {
    /// What a kept value is multiplied by, kept values being counted in units of `nanoseconds`.
    func shownFactor(nanoseconds: Double) -> Double? {
        guard let scale else { return nil }
        return nanoseconds / scale.nanosecondsPerUnit
    }
}
