import ApusExposition
import ApusModel
import ApusTestKit
import HTTPTypes
import HummingbirdTesting
import Synchronization
import Testing

@testable import ApusServer

struct RemoteWriteTests {
    static let headers: HTTPFields = [.contentType: "application/x-protobuf", .contentEncoding: "snappy"]

    static func body(_ rows: [(Labels, [Sample])]) -> [UInt8] {
        var encoder = RemoteWriteEncoder()
        for (labels, samples) in rows { encoder.append(labels, samples) }
        return encoder.compressed()
    }

    static let two = body([
        (.up, [Sample(time: 1000, value: 1), Sample(time: 2000, value: 0.5)]), (["__name__": "down"], [Sample(time: 1000, value: 3)]),
    ])

    @Test(arguments: [headers, [:], [.contentType: "", .contentEncoding: ""], [.contentType: "application/x-protobuf;proto=prometheus.WriteRequest"]])
    func `stores what it acknowledges`(_ headers: HTTPFields) async throws {
        let server = TestServer()
        try await server.run { client in
            for _ in 0..<3 {
                let response = try await client.post("/api/v1/write", bytes: Self.two, headers)
                #expect(response.status == .noContent)
                #expect(response.text.isEmpty)
                #expect(response.headers[.samplesWritten] == "3")
            }
        }
        let samples = server.store.state.withLock { $0.samples }
        #expect(samples.count == 9)
        #expect(samples.prefix(3).map(\.labels) == [.up, .up, ["__name__": "down"]])
        #expect(samples.prefix(3).map(\.time) == [1000, 2000, 1000])
        #expect(samples.prefix(3).map(\.value) == [1, 0.5, 3])
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var name: String
        var headers: HTTPFields
        var body: [UInt8]
        var status: Int
        var text: String
        var testDescription: String { name }
    }

    static let refusals: [Refusal] = [
        Refusal(
            name: "version 2", headers: [.contentType: "application/x-protobuf;proto=io.prometheus.write.v2.Request"], body: two,
            status: 415,
            text: "io.prometheus.write.v2.Request protobuf message is not accepted by this server; accepted prometheus.WriteRequest\n"),
        Refusal(
            name: "another type", headers: [.contentType: "text/plain"], body: two, status: 415,
            text: "expected application/x-protobuf as the first (media) part, got text/plain content-type\n"),
        Refusal(
            name: "another encoding", headers: [.contentEncoding: "gzip"], body: two, status: 415,
            text: "gzip encoding (compression) is not accepted by this server; only snappy is acceptable\n"),
        Refusal(
            name: "not snappy", headers: headers, body: Array("query=up".utf8), status: 400,
            text: "the body is not compressed with Snappy (block format)\n"),
        Refusal(
            name: "not protobuf", headers: headers, body: [3, 8, 0xff, 0xff, 0xff], status: 400,
            text: "the request is not a prometheus.WriteRequest: bytes end in a varint at byte 0\n"),
        Refusal(
            name: "a bomb", headers: headers, body: [0xff, 0xff, 0xff, 0xff, 0x0f, 0], status: 413,
            text: "the request holds 4294967295 bytes, more than 67108864\n"),
    ]

    @Test(arguments: refusals)
    func `says what must not be sent again`(_ refusal: Refusal) async throws {
        let server = TestServer()
        try await server.run { client in
            let response = try await client.post("/api/v1/write", bytes: refusal.body, refusal.headers)
            #expect(response.text == refusal.text)
            #expect(response.status.code == refusal.status)
        }
        #expect(server.store.state.withLock { $0.samples.isEmpty })
    }

    @Test
    func `stores the good rest of a request and tells what it refused`() async throws {
        let bad = Labels(canonicalBytes: [0x0a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x31, 0x0a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x32])
        let body = Self.body([
            (.up, [Sample(time: 1, value: 1)]), (bad, [Sample(time: 1, value: 1), Sample(time: 2, value: 1)]),
            (["a": "1"], [Sample(time: 1, value: 1)]),
        ])
        let server = TestServer()
        try await server.run { client in
            let response = try await client.post("/api/v1/write", bytes: body, Self.headers)
            #expect(response.status == .badRequest)
            #expect(
                response.text
                    == "3 of 4 samples refused, the others are stored: series 1: label \"a\" stands twice; "
                    + "{a=\"1\"}: the label __name__ is missing\n")
            #expect(response.headers[.samplesWritten] == "1")
        }
        #expect(server.store.state.withLock { $0.samples.map(\.labels) } == [.up])
    }

    /// A label run whose labels are in the order given.
    static func unsorted(_ pairs: (String, String)...) -> Labels {
        Labels(canonicalBytes: pairs.flatMap { Labels([$0]).bytes })
    }

    @Test
    func `sorts the labels of senders that do not`() async throws {
        let body = Self.body([
            (.up, [Sample(time: 1, value: 1)]),
            (Self.unsorted(("__name__", "a"), ("Host", "h"), ("0", "x")), [Sample(time: 2, value: 2), Sample(time: 3, value: 3)]),
            (Self.unsorted(("z", "1"), ("b", "2"), ("__name__", "c"), ("b", "3")), [Sample(time: 4, value: 4)]),
            (Self.unsorted(("z", "1"), ("__name__", "d")), [Sample(time: 5, value: 5)]),
        ])
        let server = TestServer()
        try await server.run { client in
            let response = try await client.post("/api/v1/write", bytes: body, Self.headers)
            #expect(response.status == .badRequest)
            #expect(response.text == "1 of 5 samples refused, the others are stored: series 2: label \"b\" stands twice\n")
            #expect(response.headers[.samplesWritten] == "4")
        }
        let samples = server.store.state.withLock { $0.samples }
        #expect(
            samples.map(\.labels) == [.up, ["__name__": "a", "Host": "h", "0": "x"], ["__name__": "a", "Host": "h", "0": "x"], ["__name__": "d", "z": "1"]])
        #expect(samples.map(\.time) == [1, 2, 3, 5])
    }

    @Test
    func `sorting leaves what is not a label run alone`() {
        var generator = SeededGenerator(seed: 7)
        let run = Self.unsorted(("__name__", "a"), ("Host", "h"), ("0", "x")).bytes
        for _ in 0..<20_000 {
            var batch = WriteBatch()
            batch.bytes = generator.mutated(run)
            let byteCount = batch.bytes.count
            batch.entries = [.init(labels: 0..<byteCount, firstSample: 0, sampleCount: 0)]
            let changed = batch.sortLabels()
            #expect(changed.isEmpty ? batch.bytes.count == byteCount : batch.bytes.count == 2 * byteCount)
        }
    }

    @Test(
        arguments: [
            (SampleStoreError(.noSpace, "no space left"), 503, "30"), (SampleStoreError(.unavailable, "closing"), 503, "1"),
            (SampleStoreError(.failed, "cannot write"), 500, nil), (SampleStoreError(.invalid, "no"), 400, nil),
        ] as [(SampleStoreError, Int, String?)])
    func `says what may be sent again, and when`(_ failure: SampleStoreError, _ status: Int, _ retryAfter: String?) async throws {
        let server = TestServer()
        server.store.state.withLock { $0.failure = failure }
        try await server.run { client in
            let response = try await client.post("/api/v1/write", bytes: Self.two, Self.headers)
            #expect(response.status.code == status)
            #expect(response.headers[.retryAfter] == retryAfter)
            #expect(response.text == failure.message + "\n")
            server.store.state.withLock { $0.failure = nil }
            let second = try await client.post("/api/v1/write", bytes: Self.two, Self.headers)
            #expect(second.status == .noContent)
        }
    }

    @Test
    func `refuses a body over the limit, announced or not`() async throws {
        let server = TestServer { $0.writeByteCountMax = 16 }
        try await server.run { client in
            let response = try await client.post("/api/v1/write", bytes: Self.two, Self.headers)
            #expect(response.status == .contentTooLarge)
            #expect(response.text == "the body is larger than 16 bytes\n")
        }
    }

    @Test
    func `waits for the store to open`() async throws {
        let server = TestServer()
        server.isReady.set(false)
        try await server.run { client in
            let response = try await client.post("/api/v1/write", bytes: Self.two, Self.headers)
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers[.retryAfter] == "1")
            let query = try await client.get("/api/v1/query?query=up")
            #expect(query.status == .serviceUnavailable)
            #expect(query.text == #"{"status":"error","errorType":"unavailable","error":"the store is not open yet"}"#)
        }
    }
}
