public import ApusBytes
public import ApusModel

/// Bounds on one remote write request; each is checked before memory is taken for what it counts.
public struct RemoteWriteLimits: Sendable, Equatable {
    /// At most 512 MiB counts, since a batch holds 32-bit offsets.
    public var uncompressedByteCountMax = 64 << 20
    public var seriesCountMax = 1_000_000
    public var sampleCountMax = 4_000_000
    public var metadataCountMax = 100_000

    public init() {}
}

/// Why a remote write request was refused as a whole. A sender must not repeat any of them unchanged.
public enum RemoteWriteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The body is not a Snappy block.
    case notSnappy
    /// The block announces more bytes than the limit.
    case tooLarge(byteCount: Int, limit: Int)
    case tooManySeries(limit: Int)
    case tooManySamples(limit: Int)
    case tooManyMetadata(limit: Int)
    /// Not a WriteRequest; the offset is one in the uncompressed bytes.
    case malformed(DecodingError)

    public var description: String {
        switch self {
        case .notSnappy: "the body is not compressed with Snappy (block format)"
        case .tooLarge(let byteCount, let limit): "the request holds \(byteCount) bytes, more than \(limit)"
        case .tooManySeries(let limit): "the request holds more than \(limit) series"
        case .tooManySamples(let limit): "the request holds more than \(limit) samples"
        case .tooManyMetadata(let limit): "the request holds metadata of more than \(limit) metrics"
        case .malformed(let error): "the request is not a prometheus.WriteRequest: \(error)"
        }
    }
}

/// What a request held beside the batch.
public struct RemoteWriteSummary: Sendable, Equatable {
    /// Length of the protobuf message.
    public var uncompressedByteCount = 0
    public var sampleCount = 0
    /// Exemplars that were passed over.
    public var exemplarCount = 0
    /// Native histograms that were passed over.
    public var histogramCount = 0
    /// Series whose labels had to be rewritten, since they did not come in canonical form.
    public var rewrittenSeriesCount = 0

    public init() {}
}

/// Turns bodies of remote write 1.0 (a prometheus.WriteRequest in one Snappy block) into batches.
///
/// In the usual case no label is copied: the uncompressed message becomes the batch's `bytes`, and a series is a range
/// in it. A decoder keeps a scratch buffer, so keep one for each thread of work; it holds nothing of a request.
public struct RemoteWriteDecoder: Sendable {
    public let limits: RemoteWriteLimits
    /// Label runs that had to be rewritten; they go behind the message in the batch's bytes.
    private var rewritten: [UInt8] = []

    public init(limits: RemoteWriteLimits = RemoteWriteLimits()) { self.limits = limits }

    /// Replaces what `batch` holds by the content of a request.
    ///
    /// Labels are structurally sound but not validated: order, duplicates, empty names and UTF-8 are the store's to check.
    /// Labels with an empty value are left out, and so are series without a sample.
    /// - Throws: Then the batch is empty.
    public mutating func decode(
        compressed: borrowing Span<UInt8>, into batch: inout WriteBatch
    ) throws(RemoteWriteError) -> RemoteWriteSummary {
        batch.removeAll()
        do {
            let limit = min(limits.uncompressedByteCountMax, 512 << 20)
            try Snappy.decompress(compressed, limit: limit, into: &batch.bytes)
        } catch {
            switch error {
            case .malformed: throw .notSnappy
            case .tooLarge(let byteCount, let limit): throw .tooLarge(byteCount: byteCount, limit: limit)
            }
        }
        return try decodeMessage(in: &batch)
    }

    /// The same for a body in an array.
    public mutating func decode(
        compressed: [UInt8], into batch: inout WriteBatch
    ) throws(RemoteWriteError) -> RemoteWriteSummary {
        try decode(compressed: compressed.span, into: &batch)
    }

    /// Fills the other columns of a batch whose `bytes` are an uncompressed WriteRequest.
    ///
    /// - Throws: Then the batch is empty.
    /// - Complexity: O(bytes); some 20 ns for a series of five labels and one sample.
    public mutating func decodeMessage(in batch: inout WriteBatch) throws(RemoteWriteError) -> RemoteWriteSummary {
        // Taken out of the batch, so that its span stays while the columns grow.
        var bytes: [UInt8] = []
        swap(&bytes, &batch.bytes)
        rewritten.removeAll(keepingCapacity: true)
        var reader = WriteRequestReader(limits: limits, byteCount: bytes.count)
        do {
            try reader.read(bytes.span, into: &batch, rewritten: &rewritten)
        } catch {
            swap(&bytes, &batch.bytes)
            batch.removeAll()
            throw error
        }
        reader.summary.uncompressedByteCount = bytes.count
        reader.summary.sampleCount = batch.times.count
        bytes.append(contentsOf: rewritten)
        swap(&bytes, &batch.bytes)
        return reader.summary
    }
}
