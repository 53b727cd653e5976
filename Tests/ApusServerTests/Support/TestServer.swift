import ApusModel
import ApusTestKit
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization

@testable import ApusServer

/// A server with fakes behind it.
struct TestServer: Sendable {
    let engine: FakeEngine
    let store = FakeStore()
    let pages = FakePages()
    let clock = SimulatedClock(nowMilliseconds: 1_700_000_000_000)
    let isReady = Flag(true)
    let server: HTTPServer

    init(source: FakeSource = FakeSource(), _ change: (inout ServerOptions) -> Void = { _ in }) {
        engine = FakeEngine(source: source)
        var options = ServerOptions()
        options.port = 0
        change(&options)
        var backend = Backend(engine: engine, store: store, syntax: .forTests)
        backend.clock = clock
        backend.pages = pages
        backend.isReady = { [isReady] in isReady.value }
        backend.information.version = "0.1.0"
        backend.information.flags = ["b": "2", "a": "1"]
        backend.information.configurationText = "global: {}\n"
        backend.metricsText = { _ in Array("# TYPE other gauge\nother 1\n".utf8) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        server = HTTPServer(backend, options: options, logger: logger)
    }

    /// Runs a test against the server on a free port, one request after the other on one connection.
    func run(_ test: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        try await server.application.test(.live, test)
    }

    /// Runs the server as the program does, on a free port, until `test` is done.
    func runWhole(_ test: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [server] in try await server.run() }
            do {
                try await test(try await server.waitForPort())
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }
}

final class Flag: Sendable {
    private let state: Mutex<Bool>

    init(_ value: Bool) { state = Mutex(value) }

    var value: Bool { state.withLock { $0 } }

    func set(_ value: Bool) { state.withLock { $0 = value } }
}

extension TestClientProtocol {
    func get(_ uri: String, _ headers: HTTPFields = [:]) async throws -> TestResponse {
        try await execute(uri: uri, method: .get, headers: headers)
    }

    func post(_ uri: String, _ body: String, _ headers: HTTPFields = [:]) async throws -> TestResponse {
        var headers = headers
        if headers[.contentType] == nil { headers[.contentType] = "application/x-www-form-urlencoded" }
        return try await execute(uri: uri, method: .post, headers: headers, body: ByteBuffer(string: body))
    }

    func post(_ uri: String, bytes: [UInt8], _ headers: HTTPFields = [:]) async throws -> TestResponse {
        try await execute(uri: uri, method: .post, headers: headers, body: ByteBuffer(bytes: bytes))
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
}
