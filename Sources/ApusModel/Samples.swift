/// One value of one series.
public struct Sample: Equatable, Sendable {
    /// Milliseconds since 1970 UTC.
    public var time: Int64
    public var value: Double

    public init(time: Int64, value: Double) {
        self.time = time
        self.value = value
    }
}

/// The samples of one series: two columns of equal length, times in milliseconds since 1970 UTC, strictly increasing.
public struct SampleColumns: Sendable {
    public var times: [Int64]
    public var values: [Double]

    public init() {
        times = []
        values = []
    }

    public var count: Int { times.count }
    public var isEmpty: Bool { times.isEmpty }

    public mutating func append(time: Int64, value: Double) {
        times.append(time)
        values.append(value)
    }

    public mutating func removeAll() {
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }
}

/// Prometheus's marker of the end of a series: one certain NaN, told from other NaNs by its bits.
public enum StaleMarker {
    public static let bits: UInt64 = 0x7ff0_0000_0000_0002
    public static var value: Double { Double(bitPattern: bits) }

    @inlinable
    public static func `is`(_ value: Double) -> Bool { value.bitPattern == 0x7ff0_0000_0000_0002 }
}

/// What a metric is, as exposition formats declare it (`# TYPE`, `# HELP`, `# UNIT`).
public struct MetricMetadata: Equatable, Hashable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown
    }

    public var kind: Kind
    public var help: String
    public var unit: String

    public init(kind: Kind, help: String = "", unit: String = "") {
        self.kind = kind
        self.help = help
        self.unit = unit
    }
}
