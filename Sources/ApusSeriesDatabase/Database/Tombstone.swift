internal import ApusModel
internal import ApusSelection

/// A deletion that is not carried out in every block yet: samples of some series in a range of times, as far as they were
/// written before it.
struct Tombstone: Sendable {
    /// Ascending, never used again.
    var sequence: UInt64
    /// Applies to what heads up to this one wrote.
    var generation: UInt64
    /// A series is meant when it passes all matchers of any of these.
    var selectors: [[Matcher]]
    /// Milliseconds since 1970 UTC.
    var range: ClosedRange<Int64>

    func concerns(_ labels: Labels) -> Bool {
        selectors.contains { $0.allSatisfy { $0.matches(labels) } }
    }
}

extension [Tombstone] {
    /// The times that are deleted for a series.
    func ranges(for labels: Labels) -> [ClosedRange<Int64>] {
        compactMap { $0.concerns(labels) ? $0.range : nil }
    }
}
