import ApusExposition
import ApusModel
import NIOCore
import ServiceLifecycle
import Logging
import Synchronization
import Testing

@testable import ApusServer

/// Real connections on a real port, with clients that go away, dawdle or ask too much.
@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    private static let head = "Host: localhost\r\n"

    @Test
    func `a client that goes away ends its query`() async throws {
        let server = TestServer()
        try await server.runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                try await client.send("GET /api/v1/query?query=wait HTTP/1.1\r\n\(Self.head)\r\n")
                var started = server.engine.started.makeAsyncIterator()
                _ = await started.next()
                #expect(server.engine.seen.withLock { $0.cancelledCount } == 0)
                try await client.close()
                var cancelled = server.engine.cancelled.makeAsyncIterator()
                _ = await cancelled.next()
                #expect(server.engine.seen.withLock { $0.cancelledCount } == 1)
            }
        }
    }

    @Test
    func `a client that goes away leaves the line of waiting queries`() async throws {
        let server = TestServer { $0.concurrentQueriesMax = 1 }
        try await server.runWhole { port in
            try await RawClient.withConnection(port: port) { first in
                try await first.send("GET /api/v1/query?query=wait HTTP/1.1\r\n\(Self.head)\r\n")
                var started = server.engine.started.makeAsyncIterator()
                _ = await started.next()
                try await RawClient.withConnection(port: port) { second in
                    try await second.send("GET /api/v1/query?query=1 HTTP/1.1\r\n\(Self.head)\r\n")
                }
                try await RawClient.withConnection(port: port) { third in
                    try await third.send("GET /api/v1/query?query=1&time=5 HTTP/1.1\r\n\(Self.head)\r\n")
                    try await first.close()
                    let answer = await third.receive(until: "]}}")
                    #expect(answer.hasSuffix(#""result":[5,"1"]}}"#))
                }
            }
        }
    }

    @Test
    func `many requests on one connection, some at once`() async throws {
        try await TestServer().runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                let request = "GET /live HTTP/1.1\r\n\(Self.head)\r\n"
                for _ in 0..<3 { try await client.send(request + request) }
                try await client.send("GET /live HTTP/1.1\r\n\(Self.head)Connection: close\r\n\r\n")
                let answers = await client.receiveToEnd()
                #expect(answers.components("HTTP/1.1 200 OK") == 7)
            }
        }
    }

    @Test
    func `a head that does not end is cut off after the idle time`() async throws {
        try await TestServer { $0.idleTimeout = .milliseconds(50) }.runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                // On a slow machine the time may be over before.
                try? await client.send("GET /live HTTP/1.1\r\nX-Slow: ")
                #expect(await client.receiveToEnd().isEmpty)
            }
        }
    }

    @Test
    func `a body that does not end is answered 408`() async throws {
        try await TestServer { $0.requestReadTimeout = .milliseconds(50) }.runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                try await client.send("POST /api/v1/write HTTP/1.1\r\n\(Self.head)Content-Length: 100\r\n\r\nabc")
                let answer = await client.receiveToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            }
        }
    }

    @Test
    func `a client that takes nothing of a large answer is cut off`() async throws {
        let server = TestServer { $0.responseWriteTimeout = .milliseconds(50) }
        try await server.runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                try await client.stopReading()
                try await client.send(
                    "GET /api/v1/query_range?query=wide&start=0&end=10999&step=1 HTTP/1.1\r\n\(Self.head)\r\n")
                // Its place is free again.
                while server.server.connectionCount > 0 { await Task.yield() }
            }
        }
    }

    @Test
    func `a body cut off stores nothing`() async throws {
        let server = TestServer()
        let body = RemoteWriteTests.two
        try await server.runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                try await client.send("POST /api/v1/write HTTP/1.1\r\n\(Self.head)Content-Length: \(body.count + 1)\r\n\r\n")
                try await client.send(body)
            }
            while server.server.connectionCount > 0 { await Task.yield() }
            #expect(server.store.state.withLock { $0.samples.isEmpty })
        }
    }

    @Test
    func `a body in many pieces, in chunks, and after being asked for`() async throws {
        let server = TestServer()
        let body = RemoteWriteTests.two
        try await server.runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                try await client.send("POST /api/v1/write HTTP/1.1\r\n\(Self.head)Content-Length: \(body.count)\r\n\r\n")
                for byte in body { try await client.send([byte]) }
                #expect(await client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 204 No Content\r\n"))
            }
            try await RawClient.withConnection(port: port) { client in
                try await client.send("POST /api/v1/write HTTP/1.1\r\n\(Self.head)Transfer-Encoding: chunked\r\n\r\n")
                for byte in body { try await client.send(Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8)) }
                try await client.send("0\r\n\r\n")
                #expect(await client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 204 No Content\r\n"))
            }
            try await RawClient.withConnection(port: port) { client in
                try await client.send(
                    "POST /api/v1/write HTTP/1.1\r\n\(Self.head)Expect: 100-continue\r\nContent-Length: \(body.count)\r\n\r\n")
                #expect(await client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 Continue\r\n"))
                try await client.send(body)
                #expect(await client.receive(until: "204 No Content").contains("HTTP/1.1 204 No Content\r\n"))
            }
        }
        #expect(server.store.state.withLock { $0.samples.count } == 9)
    }

    @Test
    func `chunks beyond the limit are refused`() async throws {
        try await TestServer { $0.writeByteCountMax = 1000 }.runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                try await client.send("POST /api/v1/write HTTP/1.1\r\n\(Self.head)Transfer-Encoding: chunked\r\n\r\n")
                let chunk = "100\r\n" + String(repeating: "x", count: 256) + "\r\n"
                for _ in 0..<4 { try await client.send(chunk) }
                #expect(await client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 413 "))
            }
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nX-Long: " + String(repeating: "x", count: 70_000) + "\r\n\r\n",
        "GET / HTTP/1.1\r\n" + (0..<200).map { "X-\($0): y\r\n" }.joined() + "\r\n",
        "NONSENSE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func `heads that are too large or wrong are refused`(_ request: String) async throws {
        try await TestServer().runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                try await client.send(request)
                let answer = await client.receiveToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            }
        }
    }

    @Test
    func `connections beyond the limit are told so`() async throws {
        try await TestServer { $0.connectionCountMax = 1 }.runWhole { port in
            try await RawClient.withConnection(port: port) { first in
                try await first.send("GET /live HTTP/1.1\r\n\(Self.head)\r\n")
                _ = await first.receive(until: "ok\n")
                try await RawClient.withConnection(port: port) { second in
                    let answer = await second.receiveToEnd()
                    #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
                    #expect(answer.hasSuffix("too many connections\n"))
                }
                try await first.send("GET /live HTTP/1.1\r\n\(Self.head)Connection: close\r\n\r\n")
                #expect(await first.receiveToEnd().components("200 OK") == 2)
            }
        }
    }

    @Test
    func `a stream reaches the page and ends with it`() async throws {
        let server = TestServer()
        try await server.runWhole { port in
            try await RawClient.withConnection(port: port) { client in
                try await client.send("GET /api/v1/overview/stream?after=7 HTTP/1.1\r\n\(Self.head)\r\n")
                let answer = await client.receive(until: "data: 1\n\n")
                #expect(answer.contains("Content-Type: text/event-stream"))
                var subscribed = server.pages.subscribed.makeAsyncIterator()
                #expect(await subscribed.next() == "7")
            }
            var ended = server.pages.ended.makeAsyncIterator()
            _ = await ended.next()
        }
    }

    @Test
    func `stopping ends streams at once and lets requests finish`() async throws {
        let server = TestServer()
        try await server.runInGroup { port, group in
            try await RawClient.withConnection(port: port) { stream in
                try await stream.send("GET /api/v1/overview/stream HTTP/1.1\r\n\(Self.head)\r\n")
                _ = await stream.receive(until: "data: 1\n\n")
                try await RawClient.withConnection(port: port) { write in
                    let body = RemoteWriteTests.two
                    try await write.send("POST /api/v1/write HTTP/1.1\r\n\(Self.head)Content-Length: \(body.count)\r\n\r\n")
                    try await write.send(Array(body.prefix(5)))
                    // A connection without a request is closed at once, so that the server must have begun with this one.
                    var metrics = ""
                    while !metrics.contains("apus_remote_write_in_progress 1\n") {
                        try await RawClient.withConnection(port: port) { probe in
                            try await probe.send("GET /metrics HTTP/1.1\r\n\(Self.head)Connection: close\r\n\r\n")
                            metrics = await probe.receiveToEnd()
                        }
                    }
                    await group.triggerGracefulShutdown()
                    let end = await stream.receiveToEnd()
                    #expect(end.hasSuffix("0\r\n\r\n"))
                    try await write.send(Array(body.dropFirst(5)))
                    #expect(await write.receiveToEnd().contains("HTTP/1.1 204 No Content\r\n"))
                }
            }
        }
        #expect(server.store.state.withLock { $0.samples.count } == 3)
    }

    @Test
    func `stopping does not wait for ever`() async throws {
        let server = TestServer { $0.drainTimeout = .milliseconds(50) }
        try await server.runInGroup { port, group in
            try await RawClient.withConnection(port: port) { client in
                try await client.send("GET /api/v1/query?query=wait HTTP/1.1\r\n\(Self.head)\r\n")
                var started = server.engine.started.makeAsyncIterator()
                _ = await started.next()
                await group.triggerGracefulShutdown()
                #expect(await client.receiveToEnd().isEmpty)
            }
        }
        #expect(server.engine.seen.withLock { $0.cancelledCount } == 1)
    }

    @Test
    func `a port that is taken is told clearly`() async throws {
        try await TestServer().runWhole { port in
            let second = TestServer { $0.port = port }
            let error = await #expect(throws: ServerError.self) { try await second.server.run() }
            #expect(error?.code == .addressInUse)
            #expect(error?.message == "cannot listen on 127.0.0.1:\(port): another program listens there already")
            await #expect(throws: ServerError.self) { try await second.server.waitForPort() }
        }
    }

    @Test
    func `does not listen where others reach it without a token`() async throws {
        let server = TestServer { $0.host = "0.0.0.0" }
        let error = await #expect(throws: ServerError.self) { try await server.server.run() }
        #expect(error?.code == .openAddress)
    }
}

extension String {
    /// How often a text stands in this one.
    fileprivate func components(_ part: String) -> Int {
        var rest = self[...]
        var count = 0
        while !rest.isEmpty {
            if rest.hasPrefix(part) { count += 1 }
            rest = rest.dropFirst()
        }
        return count
    }
}

extension TestServer {
    /// Runs the server in a service group, which the test stops.
    fileprivate func runInGroup(_ test: @escaping @Sendable (Int, ServiceGroup) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let services = ServiceGroup(services: [server], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            do {
                try await test(try await server.waitForPort(), services)
            } catch {
                group.cancelAll()
                throw error
            }
            try await group.waitForAll()
        }
    }
}
