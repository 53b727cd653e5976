import ApusModel
import ApusPromQL
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import ApusServer

/// Answers and errors compared byte by byte with what Prometheus 3.5 gives.
struct QueryRoutesTests {
    static let instant: [Example] = [
        .success(
            "/api/v1/query?query=up&time=1435781451.781",
            #"{"resultType":"vector","result":[{"metric":{"__name__":"up","instance":"a:1","job":"j"},"value":[1435781451.781,"1"]}]}"#),
        .success(
            "/api/v1/query?query=up",
            #"{"resultType":"vector","result":[{"metric":{"__name__":"up","instance":"a:1","job":"j"},"value":[1700000000,"1"]}]}"#),
        .success(
            "/api/v1/query?query=up[3s]&time=2015-07-01T20:10:51.5Z",
            #"{"resultType":"matrix","result":[{"metric":{"__name__":"up","instance":"a:1","job":"j"},"#
                + #""values":[[1435781450.500,"0"],[1435781451.500,"1"]]}]}"#,
            #","warnings":["PromQL warning: w"],"infos":["PromQL info: i"]"#),
        .success("/api/v1/query?query=1&time=1.5", #"{"resultType":"scalar","result":[1.5,"1"]}"#),
        .success("/api/v1/query?query=1e-7&time=1", #"{"resultType":"scalar","result":[1,"0.0000001"]}"#),
        .success("/api/v1/query?query=%22a%22&time=1", #"{"resultType":"string","result":[1,"a\u003c"]}"#),
        .success(
            "/api/v1/query?query=small&time=1",
            #"{"resultType":"vector","result":[{"metric":{},"value":[1,"1e-07"]},"#
                + #"{"metric":{"a":"<&\"\n"},"value":[1,"1e+21"]},{"metric":{"b":"é"},"value":[1,"-Inf"]}]}"#),
        .success(
            "/api/v1/query?query=two&time=1&limit=1",
            #"{"resultType":"vector","result":[{"metric":{"__name__":"two","i":"0"},"value":[1,"0.5"]}]}"#,
            #","warnings":["results truncated due to limit"]"#),
        .success(
            "/api/v1/query?query=two&time=1&limit=0",
            #"{"resultType":"vector","result":[{"metric":{"__name__":"two","i":"0"},"value":[1,"0.5"]},"#
                + #"{"metric":{"__name__":"two","i":"1"},"value":[1,"NaN"]}]}"#),
        .success("/api/v1/query?query=nothing&stats=all&timeout=5s&lookback_delta=1m", #"{"resultType":"vector","result":[]}"#),
        .error(
            "/api/v1/query?query=up&time=x",
            #"invalid parameter \"time\": invalid time value for 'time': cannot parse \"x\" to a valid timestamp"#),
        .error(
            "/api/v1/query",
            #"invalid parameter \"query\": unknown position: parse error: no expression found in input"#),
        .error("/api/v1/query?query=up&limit=-1", #"invalid parameter \"limit\": limit must be non-negative"#),
        .error("/api/v1/query?query=up&limit=x", #"invalid parameter \"limit\": strconv.Atoi: parsing \"x\": invalid syntax"#),
        .error("/api/v1/query?query=up&timeout=x", #"invalid parameter \"timeout\": cannot parse \"x\" to a valid duration"#),
        .error(
            "/api/v1/query?query=up&lookback_delta=x",
            #"error parsing lookback delta duration: cannot parse \"x\" to a valid duration"#),
        .error("/api/v1/query?query=%3C", #"invalid parameter \"query\": 1:1: parse error: unexpected \u003cop:\u003c\u003e"#),
        .error("/api/v1/query?query=%zz", #"error parsing form values: invalid URL escape \"%zz\""#),
        .error("/api/v1/query?query=%ff", "error parsing form values: a parameter is not valid UTF-8"),
        .error("/api/v1/query?query=fails", "multiple matches for labels", 422, "execution"),
        .error(
            "/api/v1/query?query=huge",
            "query processing would load too many samples into memory in query execution", 422, "execution"),
        .error("/api/v1/query?query=late", "query timed out", 503, "timeout"),
        .error("/api/v1/query?query=broken", "cannot read a block", 500, "internal"),
    ]

    static let range: [Example] = [
        .success(
            "/api/v1/query_range?query=up&start=1&end=3.5&step=1",
            #"{"resultType":"matrix","result":[{"metric":{"__name__":"up","instance":"a:1","job":"j"},"#
                + #""values":[[1,"1"],[2,"1"],[3,"1"]]}]}"#),
        .success(
            "/api/v1/query_range?query=up&start=1970-01-01T00:00:01Z&end=1970-01-01T01:00:01.5%2B01:00&step=500ms",
            #"{"resultType":"matrix","result":[{"metric":{"__name__":"up","instance":"a:1","job":"j"},"#
                + #""values":[[1,"1"],[1.500,"1"]]}]}"#),
        .success("/api/v1/query_range?query=nothing&start=1&end=3&step=1", #"{"resultType":"matrix","result":[]}"#),
        .error("/api/v1/query_range?query=up", #"invalid parameter \"start\": cannot parse \"\" to a valid timestamp"#),
        .error("/api/v1/query_range?query=up&start=1", #"invalid parameter \"end\": cannot parse \"\" to a valid timestamp"#),
        .error(
            "/api/v1/query_range?query=up&start=2&end=1",
            #"invalid parameter \"end\": end timestamp must not be before start time"#),
        .error(
            "/api/v1/query_range?query=up&start=1&end=2", #"invalid parameter \"step\": cannot parse \"\" to a valid duration"#),
        .error(
            "/api/v1/query_range?query=up&start=1&end=2&step=0",
            #"invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"#),
        .error(
            "/api/v1/query_range?query=up&start=1&end=2&step=1e30",
            #"invalid parameter \"step\": cannot parse \"1e30\" to a valid duration. It overflows int64"#),
        .error(
            "/api/v1/query_range?query=up&start=1&end=200000&step=1",
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"),
        .error(
            "/api/v1/query_range?query=%22a%22&start=1&end=3&step=1",
            #"invalid parameter \"query\": invalid expression type \"string\" for range query, must be Scalar or instant Vector"#),
        .error(
            "/api/v1/query_range?query=up[1m]&start=1&end=3&step=1",
            #"invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"#),
        .error("/api/v1/query_range?query=fails&start=1&end=3&step=1", "multiple matches for labels", 422, "execution"),
    ]

    static let text: [Example] = [
        .success("/api/v1/format_query?query=up", #""formatted up""#),
        .error(
            "/api/v1/format_query?query=sum(",
            #"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"#),
        .error(
            "/api/v1/format_query",
            #"invalid parameter \"query\": unknown position: parse error: no expression found in input"#),
        .success("/api/v1/parse_query?query=up", #"{"type":"x"}"#),
        .success("/api/v1/query_exemplars?query=up&start=1&end=2", "[]"),
        .error("/api/v1/query_exemplars?query=up&start=5&end=2", "end timestamp must not be before start timestamp"),
        .error("/api/v1/query_exemplars?start=1&end=2", "unknown position: parse error: no expression found in input"),
    ]

    @Test(arguments: instant + range + text)
    func `answers as Prometheus does`(_ example: Example) async throws {
        try await TestServer().run { client in
            let response = try await client.get(example.request)
            #expect(response.text == example.body)
            #expect(response.status.code == example.status)
            #expect(response.headers[.contentType] == "application/json")
        }
    }

    @Test
    func `takes parameters from a form, which comes before the address`() async throws {
        try await TestServer().run { client in
            let response = try await client.post("/api/v1/query?query=nothing&time=1", "query=1&time=2.25")
            #expect(response.text == #"{"status":"success","data":{"resultType":"scalar","result":[2.25,"1"]}}"#)
        }
    }

    @Test
    func `takes a form in gzip`() async throws {
        let form = try #require(gzipped("query=1&time=2"))
        try await TestServer().run { client in
            let response = try await client.post(
                "/api/v1/query", bytes: form,
                [.contentType: "application/x-www-form-urlencoded", .contentEncoding: "gzip"])
            #expect(response.text == #"{"status":"success","data":{"resultType":"scalar","result":[2,"1"]}}"#)
        }
    }

    @Test
    func `hands the query its time limit, never more than the server's`() async throws {
        let server = TestServer { $0.query.timeout = .seconds(10) }
        try await server.run { client in
            _ = try await client.get("/api/v1/query?query=up&timeout=2s&lookback_delta=90")
            let options = server.engine.seen.withLock { $0.options }
            #expect(options?.timeout == .seconds(2))
            #expect(options?.lookbackMilliseconds == 90_000)
            _ = try await client.get("/api/v1/query?query=up&timeout=1h")
            #expect(server.engine.seen.withLock { $0.options?.timeout } == .seconds(10))
        }
    }

    @Test
    func `streams a large answer that is the same compressed and not`() async throws {
        try await TestServer().run { client in
            let request = "/api/v1/query_range?query=wide&start=0&end=9999&step=1"
            let plain = try await client.get(request)
            #expect(plain.headers[.contentLength] == nil)
            #expect(plain.body.readableBytes > 5_000_000)
            #expect(plain.text.hasPrefix(#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"wide","#))
            #expect(plain.text.hasSuffix(#"[9999,"2499.75"]]}]}}"#))
            let compressed = try await client.get(request, [.acceptEncoding: "deflate, gzip;q=1.0"])
            #expect(compressed.headers[.contentEncoding] == "gzip")
            #expect(compressed.body.readableBytes * 2 < plain.body.readableBytes)
            #expect(gunzip(compressed.body.readableBytesUInt8Span, limit: 1 << 30) == Array(plain.body.readableBytesView))
        }
    }

    @Test
    func `leaves small answers and clients without gzip uncompressed`() async throws {
        try await TestServer().run { client in
            let encoding = { (query: String, accept: String?) in
                try await client.get("/api/v1/query?query=\(query)", accept.map { [.acceptEncoding: $0] } ?? [:])
                    .headers[.contentEncoding]
            }
            let (small, plain) = (try await encoding("up", "gzip"), try await encoding("many", nil))
            let (refused, large) = (try await encoding("many", "gzip;q=0"), try await encoding("many", "gzip"))
            #expect(small == nil && plain == nil && refused == nil && large == "gzip")
        }
    }
}

private func gzipped(_ text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    return GzipStream().compress(bytes.span, isLast: true)
}
