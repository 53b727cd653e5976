internal import ApusModel

/// A part of the host could not be read, or can be read again.
public struct CollectorEvent: Sendable, Equatable {
    /// As in the label `collector`: `meminfo`, `netdev`, …
    public let collector: String
    /// What is wrong; nil when the part works again.
    public let problem: String?
}

/// What one cycle cost and gave; for the caller to publish.
public struct CollectionCost: Sendable, Equatable {
    public var durationSeconds = 0.0
    /// CPU time of the calling thread, kernel and user.
    public var cpuSeconds = 0.0
    public var sampleCount = 0

    public init() {}

    init(durationSeconds: Double, cpuSeconds: Double, sampleCount: Int) {
        self.durationSeconds = durationSeconds
        self.cpuSeconds = cpuSeconds
        self.sampleCount = sampleCount
    }
}

/// Why a part gave nothing.
struct CollectorError: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// What a host collector's parts have in common. A part keeps its files open and its labels built; one `collect` is one cycle.
protocol CollectorPart: Sendable {
    /// Its value of the label `collector`, as node_exporter calls it.
    static var name: String { get }

    init(root: String)

    /// Adds this cycle's samples, and the metadata of families met for the first time.
    ///
    /// - Throws: When nothing sensible could be read; what was added before stays.
    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws
}
