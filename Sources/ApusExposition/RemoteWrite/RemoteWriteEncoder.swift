internal import ApusBytes
public import ApusModel

/// Builds a prometheus.WriteRequest (remote write 1.0), series by series; for senders, and for tests of receivers.
public struct RemoteWriteEncoder: Sendable {
    /// The message so far.
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// Adds a series; its labels go out as they are kept.
    public mutating func append(_ labels: Labels, _ samples: some Collection<Sample>) {
        var byteCount = labels.bytes.count
        for sample in samples { byteCount += 2 + Self.byteCount(of: sample) }
        bytes.append(0x0a)
        bytes.appendVarint(UInt64(byteCount))
        bytes.append(contentsOf: labels.bytes)
        for sample in samples {
            bytes.append(0x12)
            bytes.append(UInt8(truncatingIfNeeded: Self.byteCount(of: sample)))
            bytes.append(0x09)
            bytes.appendFixed64(sample.value.bitPattern)
            bytes.append(0x10)
            bytes.appendVarint(UInt64(bitPattern: sample.time))
        }
    }

    /// Adds what is known of a metric family.
    public mutating func append(metadata: MetricMetadata, of metric: String) {
        var message: [UInt8] = [0x08]
        message.appendVarint(metadata.kind.remoteWriteNumber)
        for (tag, text) in [(UInt8(0x12), metric), (0x22, metadata.help), (0x2a, metadata.unit)] where !text.isEmpty {
            message.append(tag)
            message.appendRun(text.utf8)
        }
        bytes.append(0x1a)
        bytes.appendRun(message)
    }

    /// The message as one Snappy block: the body of a request.
    public func compressed() -> [UInt8] {
        var body: [UInt8] = []
        Snappy.compress(bytes.span, into: &body)
        return body
    }

    /// Keeps the capacity for the next request.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Tag and double, tag and varint.
    private static func byteCount(of sample: Sample) -> Int {
        10 + max(1, (70 - UInt64(bitPattern: sample.time).leadingZeroBitCount) / 7)
    }
}
