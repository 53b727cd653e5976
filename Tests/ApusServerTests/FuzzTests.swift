import ApusTestKit
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ApusServer

/// Damaged requests to every route: any answer is right but a trap, a hang or a 500 that nobody meant.
struct FuzzTests {
    private static let targets: [(HTTPRequest.Method, String)] = [
        (.get, "/api/v1/query?query=up&time=1435781451.781&timeout=5s&limit=10"),
        (.get, "/api/v1/query_range?query=up&start=1&end=100&step=1s&lookback_delta=5m"),
        (.get, "/api/v1/series?match%5B%5D=up%7Bjob=%22a%22%7D&start=2015-07-01T20:10:51.781Z&end=1e9&limit=3"),
        (.get, "/api/v1/labels?match[]=up"), (.get, "/api/v1/label/U__a_2e_b/values?limit=1"),
        (.get, "/api/v1/metadata?limit=1&limit_per_metric=2&metric=up"), (.get, "/api/v1/status/tsdb?limit=9"),
        (.get, "/api/v1/format_query?query=sum(up)"), (.get, "/api/v1/parse_query?query=sum(up)"),
        (.get, "/api/v1/query_exemplars?query=up&start=1&end=2"), (.get, "/metrics"), (.get, "/assets/app.js"),
        (.post, "/api/v1/admin/tsdb/delete_series?match[]=up&start=1&end=2"),
        (.post, "/api/v1/admin/tsdb/snapshot?skip_head=true"), (.get, "/health"), (.get, "/login"),
    ]

    @Test(arguments: UInt64(0)..<8)
    func `damaged addresses`(seed: UInt64) async throws {
        try await TestServer { $0.enableAdminAPI = true }.run { client in
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<300 {
                let (method, uri) = Self.targets[Int.random(in: 0..<Self.targets.count, using: &generator)]
                // Bytes that cannot stand in a request line are the HTTP parser's affair.
                let bytes = generator.mutated(Array(uri.utf8)).filter { $0 > 0x20 && $0 < 0x7f }
                let damaged = "/" + String(decoding: bytes, as: UTF8.self).drop { $0 == "/" }
                guard !damaged.contains("stream"), !damaged.contains("#"), damaged.allSatisfy({ !"\"<>\\^`{|}".contains($0) }) else { continue }
                let response = try await client.execute(uri: damaged, method: method)
                #expect(response.status.code != 500, "\(method) \(damaged): \(response.text)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `damaged forms`(seed: UInt64) async throws {
        try await TestServer().run { client in
            var generator = SeededGenerator(seed: seed)
            let forms = [
                ("/api/v1/query", "query=up&time=1&timeout=2&limit=3"), ("/api/v1/query_range", "query=up&start=1&end=9&step=1"),
                ("/api/v1/series", "match[]=up&match[]=%7Ba=~%22b.*%22%7D"), ("/login", "token=abc"),
            ]
            for round in 0..<300 {
                let (uri, form) = forms[round % forms.count]
                let response = try await client.post(
                    uri, bytes: generator.mutated(Array(form.utf8)), [.contentType: "application/x-www-form-urlencoded"])
                #expect(response.status.code != 500, "\(uri)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `damaged remote writes`(seed: UInt64) async throws {
        try await TestServer().run { client in
            var generator = SeededGenerator(seed: seed)
            for round in 0..<300 {
                let body = round % 10 == 0 ? (0..<round).map { _ in UInt8.random(in: 0...255, using: &generator) } : RemoteWriteTests.two
                let response = try await client.post("/api/v1/write", bytes: generator.mutated(body), RemoteWriteTests.headers)
                #expect([204, 400, 413].contains(response.status.code))
            }
        }
    }

    @Test(arguments: UInt64(0)..<4)
    func `damaged HTTP`(seed: UInt64) async throws {
        let server = TestServer { $0.idleTimeout = .milliseconds(30) }
        try await server.runWhole { port in
            var generator = SeededGenerator(seed: seed)
            let request = Array(
                "POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nquery=up".utf8)
            for _ in 0..<50 {
                let damaged = generator.mutated(request)
                try await RawClient.withConnection(port: port) { client in
                    // The server may close before all is sent.
                    try? await client.send(damaged)
                    _ = await client.receiveToEnd()
                }
            }
            try await RawClient.withConnection(port: port) { client in
                try await client.send("GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                #expect(await client.receiveToEnd().hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
        }
    }
}
