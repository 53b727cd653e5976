import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ApusServer

struct PagesTests {
    @Test(arguments: ["/health", "/live", "/-/healthy", "/ready", "/-/ready"])
    func `probes are terse`(_ path: String) async throws {
        let server = TestServer()
        try await server.run { client in
            let up = try await client.get(path)
            #expect(up.status == .ok)
            #expect(up.text == (path.contains("ready") ? "ready\n" : "ok\n"))
            server.isReady.set(false)
            let starting = try await client.get(path)
            #expect(starting.status == (path.contains("ready") ? .serviceUnavailable : .ok))
        }
    }

    @Test
    func `the page names its nonce and forbids frames`() async throws {
        try await TestServer().run { client in
            let first = try await client.get("/")
            let second = try await client.get("/")
            #expect(first.status == .ok)
            #expect(first.headers[.contentType] == "text/html; charset=utf-8")
            #expect(first.headers[.cacheControl] == "no-store")
            #expect(first.headers[.xContentTypeOptions] == "nosniff")
            #expect(first.headers[.frameOptions] == "DENY")
            #expect(first.headers[.contentSecurityPolicy] != second.headers[.contentSecurityPolicy])
        }
    }

    @Test
    func `assets are there once`() async throws {
        try await TestServer().run { client in
            let first = try await client.get("/assets/app.js")
            #expect(first.text == "export {}")
            #expect(first.headers[.contentType] == "text/javascript")
            let again = try await client.get("/assets/app.js", [.ifNoneMatch: "\"v1\""])
            #expect(again.status == .notModified)
            #expect(again.body.readableBytes == 0)
            #expect(try await client.get("/assets/../secret").status == .notFound)
            #expect(try await client.get("/assets/").status == .notFound)
        }
    }

    @Test
    func `tells its own metrics in both formats`() async throws {
        try await TestServer().run { client in
            _ = try await client.get("/api/v1/query?query=up")
            _ = try await client.get("/api/v1/query?query=%3C")
            let text = try await client.get("/metrics")
            #expect(text.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            for line in [
                "other 1", "# TYPE apus_http_requests_total counter",
                #"apus_http_requests_total{handler="/api/v1/query",code="200"} 1"#,
                #"apus_http_requests_total{handler="/api/v1/query",code="400"} 1"#,
                #"apus_http_request_duration_seconds_bucket{handler="/api/v1/query",le="+Inf"} 2"#,
                #"apus_http_request_duration_seconds_count{handler="/api/v1/query"} 2"#, "apus_http_connections 1",
            ] {
                #expect(text.text.split(separator: "\n").contains { $0 == line }, "\(line)")
            }
            #expect(!text.text.contains("# EOF"))
            let open = try await client.get("/metrics", [.accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"])
            #expect(open.headers[.contentType] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            #expect(open.text.contains("# TYPE apus_http_requests counter\n"))
            #expect(open.text.hasSuffix("# EOF\n"))
        }
    }
}
