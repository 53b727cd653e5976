import ApusModel
import ApusSelection
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import ApusServer

struct StatusRoutesTests {
    static let examples: [Example] = [
        .success(
            "/api/v1/status/buildinfo",
            #"{"version":"3.5.0","revision":"","branch":"","buildUser":"","buildDate":"","goVersion":"","application":"Apus","#
                + #""applicationVersion":"0.1.0"}"#),
        .success("/api/v1/status/config", #"{"yaml":"global: {}\n"}"#),
        .success("/api/v1/status/flags", #"{"a":"1","b":"2"}"#),
        .success(
            "/api/v1/status/runtimeinfo",
            #"{"startTime":"1970-01-01T00:00:00Z","CWD":"","hostname":"","serverTime":"2023-11-14T22:13:20Z","#
                + #""reloadConfigSuccess":true,"lastConfigTime":"1970-01-01T00:00:00Z","corruptionCount":0,"storageRetention":""}"#),
        .success(
            "/api/v1/status/tsdb?limit=1",
            #"{"headStats":{"numSeries":2,"numLabelPairs":0,"chunkCount":0,"minTime":1000,"maxTime":2000},"#
                + #""seriesCountByMetricName":[{"name":"up","value":1}],"labelValueCountByLabelName":[],"#
                + #""memoryInBytesByLabelName":[],"seriesCountByLabelValuePair":[]}"#),
        .error("/api/v1/status/tsdb?limit=x", "limit must be a positive number"),
        .error("/api/v1/status/tsdb?limit=0", "limit must be a positive number"),
        .success("/api/v1/rules", #"{"groups":[]}"#),
        .error("/api/v1/rules?type=x", #"invalid parameter \"type\": not supported value \"x\""#),
        .success("/api/v1/alerts", #"{"alerts":[]}"#),
        .success("/api/v1/alertmanagers", #"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#),
        .success(
            "/api/v1/targets?state=active", #"{"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{}}"#),
        .success("/api/v1/notifications", "[]"), .success("/api/v1/status/walreplay", #"{"min":0,"max":0,"current":0}"#),
        .success("/api/v1/scrape_pools", #"{"scrapePools":[]}"#),
        .error("/api/v1/nope", "no such path: /api/v1/nope", 404, "not_found"),
        .error("/api/v1/label//values", "no such path: /api/v1/label//values", 404, "not_found"),
        .error("/api/v1/label/a/b/values", "no such path: /api/v1/label/a/b/values", 404, "not_found"),
    ]

    @Test(arguments: examples)
    func `answers as Prometheus does`(_ example: Example) async throws {
        try await TestServer().run { client in
            let response = try await client.get(example.request)
            #expect(response.text == example.body)
            #expect(response.status.code == example.status)
        }
    }

    @Test
    func `says which methods a route takes`() async throws {
        try await TestServer().run { client in
            let refused = try await client.execute(uri: "/api/v1/query", method: .delete)
            #expect(refused.status == .methodNotAllowed)
            #expect(refused.headers[.allow] == "GET, HEAD, OPTIONS, POST")
            #expect(refused.text.hasPrefix(#"{"status":"error","errorType":"bad_data","error":"DELETE is not possible here"#))
            let write = try await client.get("/api/v1/write")
            #expect(write.status == .methodNotAllowed)
            #expect(write.text == "GET is not possible here, only OPTIONS, POST\n")
            let options = try await client.execute(uri: "/api/v1/query", method: .options)
            #expect(options.status == .noContent)
            #expect(options.headers[.allow] == "GET, HEAD, OPTIONS, POST")
            let head = try await client.execute(uri: "/api/v1/query?query=1", method: .head)
            #expect(head.status == .ok)
            #expect(head.body.readableBytes == 0)
        }
    }
}

struct AdministrationTests {
    static let refused: [Example] = [
        .error("delete_series", "no match[] parameter provided"),
        .error(
            "delete_series?match[]=up&start=x",
            #"invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp"#),
        .error(
            "delete_series?match[]=up%7B",
            #"invalid parameter \"match[]\": 1:4: parse error: unexpected end of input inside braces"#),
        .error(
            "snapshot?skip_head=x",
            #"invalid parameter \"skip_head\": unable to parse boolean: strconv.ParseBool: parsing \"x\": invalid syntax"#),
    ]

    @Test(arguments: refused)
    func `refuses as Prometheus does`(_ example: Example) async throws {
        try await TestServer { $0.enableAdminAPI = true }.run { client in
            let response = try await client.post("/api/v1/admin/tsdb/" + example.request, "")
            #expect(response.text == example.body)
            #expect(response.status.code == example.status)
        }
    }

    @Test(arguments: ["delete_series?match[]=up", "snapshot", "clean_tombstones"])
    func `is off unless turned on`(_ path: String) async throws {
        let server = TestServer()
        try await server.run { client in
            let response = try await client.post("/api/v1/admin/tsdb/" + path, "")
            #expect(response.status.code == 500)
            #expect(response.text == #"{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"#)
        }
        #expect(server.store.state.withLock { $0.deleted.isEmpty && $0.cleanedCount == 0 })
    }

    @Test
    func `deletes, cleans and takes snapshots`() async throws {
        let server = TestServer { $0.enableAdminAPI = true }
        try await server.run { client in
            let deleted = try await client.post("/api/v1/admin/tsdb/delete_series?match[]=up&start=1&end=2", "match[]=down")
            #expect(deleted.status == .noContent)
            #expect(deleted.body.readableBytes == 0)
            let empty = try await client.post("/api/v1/admin/tsdb/delete_series?match[]=up&start=3&end=2", "")
            #expect(empty.status == .noContent)
            let cleaned = try await client.execute(uri: "/api/v1/admin/tsdb/clean_tombstones", method: .put)
            #expect(cleaned.status == .noContent)
            let snapshot = try await client.post("/api/v1/admin/tsdb/snapshot?skip_head=true", "")
            #expect(snapshot.text == #"{"status":"success","data":{"name":"without-head"}}"#)
        }
        let (deleted, cleanedCount) = server.store.state.withLock { ($0.deleted, $0.cleanedCount) }
        #expect(deleted.count == 1 && cleanedCount == 1)
        #expect(deleted.first?.range == 1000...2000)
        #expect(deleted.first?.selectors.map { $0.map(\.value) } == [["down"], ["up"]])
    }
}
