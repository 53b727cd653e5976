import ApusTestKit
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ApusServer

struct AccessTests {
    static func options(_ options: inout ServerOptions) {
        options.enableAdminAPI = true
        options.tokens = [
            AccessToken("reader", role: .read), AccessToken("writer", role: .write), AccessToken("root", role: .admin),
        ]
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var path: String
        var method: HTTPRequest.Method = .get
        /// Statuses without a token, with a wrong one, and for reading, writing and administering.
        var statuses: [Int]
        var testDescription: String { path }
    }

    static let rows: [Row] = [
        Row(path: "/health", statuses: [200, 200, 200, 200, 200]),
        Row(path: "/live", statuses: [200, 200, 200, 200, 200]),
        Row(path: "/ready", statuses: [200, 200, 200, 200, 200]),
        Row(path: "/-/healthy", statuses: [200, 200, 200, 200, 200]),
        Row(path: "/-/ready", statuses: [200, 200, 200, 200, 200]),
        Row(path: "/login", statuses: [200, 200, 200, 200, 200]),
        Row(path: "/api/v1/query?query=up", statuses: [401, 401, 200, 403, 200]),
        Row(path: "/api/v1/query?query=up", method: .post, statuses: [401, 401, 200, 403, 200]),
        Row(path: "/api/v1/status/config", statuses: [401, 401, 200, 403, 200]),
        Row(path: "/metrics", statuses: [401, 401, 200, 403, 200]),
        Row(path: "/", statuses: [401, 401, 200, 403, 200]),
        Row(path: "/assets/app.js", statuses: [401, 401, 200, 403, 200]),
        Row(path: "/api/v1/overview", statuses: [401, 401, 200, 403, 200]),
        Row(path: "/api/v1/write", method: .post, statuses: [401, 401, 403, 400, 400]),
        Row(path: "/api/v1/admin/tsdb/clean_tombstones", method: .post, statuses: [401, 401, 403, 403, 204]),
        Row(path: "/nothing", statuses: [401, 401, 404, 403, 404]),
        Row(path: "/api/v1/write", statuses: [401, 401, 403, 405, 405]),
    ]

    @Test(arguments: rows)
    func `a token opens what its role allows`(_ row: Row) async throws {
        try await TestServer(Self.options).run { client in
            for (secret, status) in zip([nil, "roo", "reader", "writer", "root"], row.statuses) {
                let headers: HTTPFields = secret.map { [.authorization: "Bearer \($0)"] } ?? [:]
                let response = try await client.execute(uri: row.path, method: row.method, headers: headers)
                #expect(response.status.code == status, "with \(secret ?? "no token")")
                #expect((response.headers[.wwwAuthenticate] != nil) == (status == 401))
                if status == 401 { #expect(!response.text.contains("reader")) }
            }
        }
    }

    @Test
    func `a browser logs in with the form and out again`() async throws {
        try await TestServer(Self.options).run { client in
            let form = try await client.get("/")
            #expect(form.status == .unauthorized)
            #expect(form.text.contains("<form method=post action=/login>"))
            #expect(form.headers[.contentSecurityPolicy]?.contains("frame-ancestors 'none'") == true)
            // With "no-referrer" a browser would say that the form comes from nowhere, and be refused.
            #expect(form.headers[.referrerPolicy] == "same-origin")
            let wrong = try await client.post("/login", "token=nope")
            #expect(wrong.status == .unauthorized)
            #expect(wrong.headers[.setCookie] == nil)
            let right = try await client.post("/login", "token=reader", [.origin: "http://localhost"])
            #expect(right.status == .seeOther)
            #expect(right.headers[.location] == "/")
            let cookie = try #require(right.headers[.setCookie])
            #expect(cookie.hasSuffix("; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict"))
            #expect(!cookie.contains("reader"))
            let session = String(cookie.prefix { $0 != ";" })
            #expect(try await client.get("/", [.cookie: "a=b; \(session)"]).status == .ok)
            #expect(try await client.get("/", [.cookie: session + "0"]).status == .unauthorized)
            let admin = "/api/v1/admin/tsdb/clean_tombstones"
            #expect(try await client.post(admin, "", [.cookie: session]).status == .forbidden)
            let query = "/api/v1/query?query=up"
            #expect(try await client.post(query, "", [.cookie: session, .origin: "http://localhost"]).status == .ok)
            #expect(try await client.post(query, "", [.cookie: session, .origin: "http://evil.example"]).status == .forbidden)
            #expect(try await client.post("/logout", "", [.cookie: session]).status == .seeOther)
            #expect(try await client.get("/", [.cookie: session]).status == .unauthorized)
        }
    }

    @Test
    func `a login expires`() async throws {
        let server = TestServer(Self.options)
        try await server.run { client in
            let right = try await client.post("/login", "token=root")
            let cookie = try #require(right.headers[.setCookie])
            let session = String(cookie.prefix { $0 != ";" })
            server.clock.advance(byMilliseconds: Int64(SessionTable.lifetimeSeconds) * 1000 - 1)
            #expect(try await client.get("/metrics", [.cookie: session]).status == .ok)
            server.clock.advance(byMilliseconds: 1)
            #expect(try await client.get("/metrics", [.cookie: session]).status == .unauthorized)
        }
    }

    @Test
    func `guessing at the login ends after ten attempts a minute`() async throws {
        let server = TestServer(Self.options)
        try await server.run { client in
            for _ in 0..<10 {
                let wrong = try await client.post("/login", "token=x")
                #expect(wrong.status == .unauthorized)
            }
            #expect(try await client.post("/login", "token=root").status == .tooManyRequests)
            server.clock.advance(byMilliseconds: 60_000)
            #expect(try await client.post("/login", "token=root").status == .seeOther)
        }
    }

    struct Head: Sendable, CustomTestStringConvertible {
        var method: HTTPRequest.Method = .get
        var host = "localhost:9090"
        var headers: HTTPFields = [:]
        var isAllowed: Bool
        var testDescription: String { "\(method) \(host) \(headers)" }
    }

    static let heads: [Head] = [
        Head(isAllowed: true),
        Head(host: "127.0.0.1:9090", isAllowed: true),
        Head(host: "[::1]:9090", isAllowed: true),
        Head(host: "LOCALHOST", isAllowed: true),
        Head(host: "monitor.lan:9090", isAllowed: true),
        Head(host: "evil.example", isAllowed: false),
        Head(host: "127.0.0.1.evil.example", isAllowed: false),
        Head(host: "", isAllowed: false),
        Head(method: .post, isAllowed: true),
        Head(method: .post, headers: [.origin: "http://localhost:9090"], isAllowed: true),
        Head(method: .post, headers: [.origin: "http://localhost:3000"], isAllowed: false),
        Head(method: .post, headers: [.origin: "http://evil.example"], isAllowed: false),
        Head(method: .post, headers: [.origin: "null"], isAllowed: false),
        Head(method: .post, headers: [.origin: "http://evil.example/localhost:9090"], isAllowed: false),
        Head(method: .put, headers: [.secFetchSite: "cross-site"], isAllowed: false),
        Head(method: .put, headers: [.secFetchSite: "same-origin"], isAllowed: true),
        Head(method: .get, headers: [.origin: "http://evil.example", .secFetchSite: "cross-site"], isAllowed: true),
    ]

    @Test(arguments: heads)
    func `without a token it guards against other sites' pages`(_ head: Head) {
        var options = ServerOptions()
        options.allowedHosts = ["monitor.lan"]
        let request = HTTPRequest(
            method: head.method, scheme: "http", authority: head.host, path: "/api/v1/write", headerFields: head.headers)
        let verdict = Authorizer(options).verdict(on: request, access: .write, now: 0)
        #expect((verdict == .allowed) == head.isAllowed)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("localhost", true), ("::1", true), ("127.9.9.9", true), ("0.0.0.0", false), ("::", false),
        ("192.168.1.2", false), ("monitor.example", false), ("127.0.0.1.example.com", false), ("127.0.0", false),
    ])
    func `listens off loopback only with a token or on the operator's word`(_ host: String, _ isLoopback: Bool) throws {
        var options = ServerOptions()
        options.host = host
        if isLoopback {
            try options.checkListening()
        } else {
            let error = #expect(throws: ServerError.self) { try options.checkListening() }
            #expect(error?.code == .openAddress)
            #expect(error?.message.contains("insecure = true") == true)
        }
        options.insecure = true
        try options.checkListening()
        options.insecure = false
        options.tokens = [AccessToken("secret")]
        try options.checkListening()
        #expect(!"\(options)".contains("secret"))
    }

    @Test(arguments: [("secret", true), ("secreT", false), ("secre", false), ("secrets", false), ("", false), ("secretsecret", false)])
    func `a token matches itself alone`(_ candidate: String, _ matches: Bool) {
        #expect(AccessToken("secret").matches(Array(candidate.utf8)) == matches)
    }
}
