internal import ApusExposition
internal import ApusModel
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import Synchronization

/// Takes remote write 1.0 requests into the store.
///
/// The answer tells a sender what to do, as the protocol has it: 2xx, all is in the log; 4xx, never send it again; 5xx, send
/// it again later. A request with some bad series is stored without them and answered 400 with what was refused.
final class RemoteWriteReceiver: Sendable {
    /// What a request needs to be decoded, kept for the next ones.
    private struct Scratch: Sendable {
        var decoder: RemoteWriteDecoder
        var batch = WriteBatch()
    }

    struct Figures: Sendable {
        var acceptedSamples = 0
        var rejectedSamples = 0
        var ignoredHistograms = 0
        var ignoredExemplars = 0
        var receivedBytes = 0
    }

    /// Buffers kept, and how large one may be to be kept.
    private static let scratchCountMax = 8
    private static let keptByteCountMax = 8 << 20

    let gate: Gate
    private let store: any SampleStore
    private let limits: RemoteWriteLimits
    private let byteCountMax: Int
    private let scratches = Mutex<[Scratch]>([])
    private let figures = Mutex(Figures())

    init(_ store: any SampleStore, _ options: ServerOptions) {
        self.store = store
        limits = options.remoteWrite
        byteCountMax = options.writeByteCountMax
        gate = Gate(runningCountMax: options.concurrentWritesMax)
    }

    var current: Figures { figures.withLock { $0 } }

    func receive(_ request: Request) async throws -> Response {
        try Self.checkHeaders(request.headers)
        return try await gate.pass {
            let body = try await request.collectBody(upTo: byteCountMax)
            var scratch = takeScratch()
            defer { giveBack(scratch) }
            let summary: RemoteWriteSummary
            do throws(RemoteWriteError) {
                summary = try scratch.decoder.decode(compressed: body.readableBytesUInt8Span, into: &scratch.batch)
            } catch {
                throw TextError(status: error.status, message: error.description)
            }
            let result: AppendResult
            do throws(SampleStoreError) {
                result = try await append(&scratch.batch)
            } catch {
                throw Self.failure(error)
            }
            count(summary, result, byteCount: body.readableBytes)
            return Self.answer(result, scratch.batch)
        }
    }

    /// Stores a batch; series whose labels are not sorted are sorted and stored by a second call, as Prometheus takes them too.
    ///
    /// Senders sort, so that nothing is checked here for those that do: it is the store that finds labels out of order.
    private func append(_ batch: inout WriteBatch) async throws(SampleStoreError) -> AppendResult {
        var result = try await store.append(batch)
        guard result.rejections.contains(where: { $0.reason.isOrder }) else { return result }
        let sorted = batch.sortLabels()
        guard !sorted.isEmpty else { return result }
        let entries = batch.entries
        batch.entries = sorted.map { entries[$0] }
        defer { batch.entries = entries }
        let second = try await store.append(batch)
        let again = Set(sorted)
        result.acceptedCount += second.acceptedCount
        result.rejectedCount += second.rejectedCount - batch.entries.reduce(0) { $0 + Int($1.sampleCount) }
        result.rejections =
            result.rejections.filter { !again.contains($0.entry) }
            + second.rejections.map { AppendResult.Rejection(entry: sorted[$0.entry], reason: $0.reason) }
        return result
    }

    private func takeScratch() -> Scratch {
        scratches.withLock { $0.popLast() } ?? Scratch(decoder: RemoteWriteDecoder(limits: limits))
    }

    private func giveBack(_ scratch: Scratch) {
        guard scratch.batch.bytes.capacity <= Self.keptByteCountMax else { return }
        scratches.withLock { scratches in
            if scratches.count < Self.scratchCountMax { scratches.append(scratch) }
        }
    }

    private func count(_ summary: RemoteWriteSummary, _ result: AppendResult, byteCount: Int) {
        figures.withLock { figures in
            figures.acceptedSamples += result.acceptedCount
            figures.rejectedSamples += result.rejectedCount
            figures.ignoredHistograms += summary.histogramCount
            figures.ignoredExemplars += summary.exemplarCount
            figures.receivedBytes += byteCount
        }
    }

    /// 415 tells a sender of version 2.0 to fall back to 1.0. An empty header is as good as none.
    private static func checkHeaders(_ headers: HTTPFields) throws(TextError) {
        if let type = headers[.contentType], !type.isEmpty {
            switch RemoteWriteMessage(contentType: type) {
            case .version1: break
            case .version2:
                throw TextError(
                    status: .unsupportedMediaType,
                    message: "io.prometheus.write.v2.Request protobuf message is not accepted by this server; "
                        + "accepted prometheus.WriteRequest")
            case nil:
                throw TextError(
                    status: .unsupportedMediaType,
                    message: "expected application/x-protobuf as the first (media) part, got \(type.prefix(200)) content-type")
            }
        }
        if let encoding = headers[.contentEncoding], !encoding.isEmpty, encoding.lowercased() != "snappy" {
            throw TextError(
                status: .unsupportedMediaType,
                message: "\(encoding.prefix(200)) encoding (compression) is not accepted by this server; only snappy is acceptable")
        }
    }

    private static func failure(_ error: SampleStoreError) -> TextError {
        switch error.code {
        case .noSpace: TextError(status: .serviceUnavailable, message: error.message, retryAfterSeconds: 30)
        case .unavailable: TextError(status: .serviceUnavailable, message: error.message, retryAfterSeconds: 1)
        case .invalid: TextError(status: .badRequest, message: error.message)
        case .failed: TextError(status: .internalServerError, message: error.message)
        }
    }

    private static func answer(_ result: AppendResult, _ batch: WriteBatch) -> Response {
        var response: Response
        if result.rejectedCount == 0 {
            response = Response(status: .noContent)
        } else {
            let reasons = result.rejections.prefix(5).map { rejection in
                "\(name(of: rejection.entry, in: batch)): \(rejection.reason.sentence)"
            }
            let told = Set(result.rejections.prefix(5).map(\.entry)).filter(batch.entries.indices.contains)
            let toldCount = told.reduce(0) { $0 + Int(batch.entries[$1].sampleCount) }
            let more = toldCount < result.rejectedCount ? "; …" : ""
            response = Response(
                status: .badRequest,
                text: "\(result.rejectedCount) of \(batch.sampleCount) samples refused, the others are stored: "
                    + reasons.joined(separator: "; ") + more)
        }
        response.headers[.samplesWritten] = String(result.acceptedCount)
        response.headers[.histogramsWritten] = "0"
        response.headers[.exemplarsWritten] = "0"
        return response
    }

    /// As much of a series' name as can be told when its labels may be bad.
    private static func name(of entry: Int, in batch: WriteBatch) -> String {
        guard batch.entries.indices.contains(entry) else { return "series \(entry)" }
        let bytes = batch.bytes
        let range = batch.entries[entry].labels
        guard range.upperBound <= bytes.count, let labels = try? Labels(validating: bytes.span, range, requiresName: false) else {
            return "series \(entry)"
        }
        let text = labels.description
        return text.utf8.count <= 300 ? text : String(text.prefix(300)) + "…"
    }
}

extension RemoteWriteError {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .notSnappy, .malformed: .badRequest
        case .tooLarge, .tooManySeries, .tooManySamples, .tooManyMetadata: .contentTooLarge
        }
    }
}

extension AppendResult.Rejection.Reason {
    fileprivate var isOrder: Bool {
        if case .invalidLabels(.outOfOrder) = self { true } else { false }
    }

    fileprivate var sentence: String {
        switch self {
        case .invalidLabels(let error): error.description
        case .tooOld: "too old: older than what is kept"
        case .tooFarAhead: "too far in the future"
        case .seriesLimit: "the limit on series is reached"
        }
    }
}

extension API {
    var writeRoute: Route {
        Route("/api/v1/write", [.post], access: .write, style: .text) { exchange in
            try requireReady()
            return try await writes.receive(exchange.request)
        }
    }
}

extension MetricsText {
    mutating func append(_ writes: RemoteWriteReceiver) {
        let figures = writes.current
        single("apus_remote_write_in_progress", "gauge", "Remote write requests under way.", Double(writes.gate.runningCount))
        single("apus_remote_write_samples_total", "counter", "Samples stored.", Double(figures.acceptedSamples))
        single("apus_remote_write_rejected_samples_total", "counter", "Samples refused for good.", Double(figures.rejectedSamples))
        single(
            "apus_remote_write_ignored_histograms_total", "counter", "Native histograms passed over.",
            Double(figures.ignoredHistograms))
        single("apus_remote_write_ignored_exemplars_total", "counter", "Exemplars passed over.", Double(figures.ignoredExemplars))
        single("apus_remote_write_received_bytes_total", "counter", "Compressed bytes received.", Double(figures.receivedBytes))
    }
}
