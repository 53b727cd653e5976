/// What never changes while the program runs.
public struct HostFacts: Sendable {
    /// The host's name, as people know it.
    public var name: String
    /// Apus's version.
    public var version: String
    /// When the program started, milliseconds since 1970 UTC.
    public var startedAt: Int64
    /// The longest time between two collections when nobody watches; the host counts as stale after three of these.
    public var intervalMaxMilliseconds: Int64
    /// PromQL matchers of the series in which this program stores its own metrics (`apus_head_series`, …).
    public var ownSelector: String

    public init(
        name: String, version: String, startedAt: Int64, intervalMaxMilliseconds: Int64 = 10_000, ownSelector: String = "job=\"apus\""
    ) {
        self.name = name
        self.version = version
        self.startedAt = startedAt
        self.intervalMaxMilliseconds = intervalMaxMilliseconds
        self.ownSelector = ownSelector
    }
}

/// What Apus knows of itself. Leave nil what is not known: the page then shows a gap.
public struct OwnFigures: Sendable {
    /// Samples accepted per second, since the last update.
    public var samplesPerSecond: Double?
    /// Series in the head.
    public var seriesCount: Int?
    /// Resident memory of the process.
    public var residentBytes: Int?
    /// CPU used by the process, in cores: 0.5 is half a core.
    public var cpuCores: Double?
    /// Times of queries since the last update.
    public var queryMedianSeconds: Double?
    public var queryMaxSeconds: Double?
    /// What went wrong lately, newest first, a sentence each; the page shows the first three as a warning.
    public var recentErrors: [String] = []
    /// The processes that use most CPU, greatest first; the page names three when the CPU is saturated.
    public var topByCPU: [ProcessUse] = []
    /// The processes that use most memory, greatest first.
    public var topByMemory: [ProcessUse] = []

    public init() {}

    /// By channel of the page's charts.
    var channels: [(String, Double)] {
        let all: [(String, Double?)] = [
            ("own.ingest", samplesPerSecond), ("own.series", seriesCount.map(Double.init)),
            ("own.memory", residentBytes.map(Double.init)), ("own.cpu", cpuCores.map { $0 * 100 }),
            ("own.query.median", queryMedianSeconds), ("own.query.max", queryMaxSeconds),
        ]
        return all.compactMap { id, value in value.map { (id, $0) } }
    }
}

/// One process and what it uses.
public struct ProcessUse: Sendable, Equatable {
    public var pid: Int
    /// Short name or command line; the page cuts it at 60 characters.
    public var command: String
    /// In cores: 0.96 is 96 % of one core.
    public var cpuCores: Double
    public var residentBytes: Int

    public init(pid: Int, command: String, cpuCores: Double, residentBytes: Int) {
        self.pid = pid
        self.command = command
        self.cpuCores = cpuCores
        self.residentBytes = residentBytes
    }
}
