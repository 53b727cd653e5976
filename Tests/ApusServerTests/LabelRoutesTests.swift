import ApusModel
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import ApusServer

struct LabelRoutesTests {
    static let examples: [Example] = [
        .success("/api/v1/labels", #"["__name__","a.b","instance","job"]"#),
        .success("/api/v1/labels?match[]=up", #"["__name__","instance","job"]"#),
        .success("/api/v1/labels?match%5B%5D=up&match[]=down", #"["__name__","a.b","instance","job"]"#),
        .success("/api/v1/labels?match[]=nothing", "[]"),
        .success("/api/v1/labels?limit=2", #"["__name__","a.b"]"#, #","warnings":["results truncated due to limit"]"#),
        .success("/api/v1/labels?limit=4", #"["__name__","a.b","instance","job"]"#),
        .success("/api/v1/labels?limit=9223372036854775807", #"["__name__","a.b","instance","job"]"#),
        .success("/api/v1/labels?start=5&end=2", "[]"),
        .error("/api/v1/labels?match[]=up%7B", "1:4: parse error: unexpected end of input inside braces"),
        .error("/api/v1/labels?match[]=%7Ba=%22%22%7D", "match[] must contain at least one non-empty matcher"),
        .error(
            "/api/v1/labels?start=x",
            #"invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp"#),
        .success("/api/v1/label/job/values", #"["j","k"]"#),
        .success("/api/v1/label/__name__/values?limit=1", #"["down"]"#, #","warnings":["results truncated due to limit"]"#),
        .success("/api/v1/label/job/values?match[]=up", #"["j"]"#),
        .success("/api/v1/label/nope/values", "[]"),
        .success("/api/v1/label/U__job/values", #"["j","k"]"#),
        .success("/api/v1/label/U__a_2e_b/values", #"["c"]"#),
        .success("/api/v1/label/a.b/values", #"["c"]"#),
        .success("/api/v1/label/a%2Eb/values", #"["c"]"#),
        .error("/api/v1/label/%FF/values", #"invalid label name: \"\\xff\""#),
        .error("/api/v1/series", "no match[] parameter provided"),
        .success("/api/v1/series?match[]=up", #"[{"__name__":"up","instance":"a:1","job":"j"}]"#),
        .success("/api/v1/series?match[]=up+", #"[{"__name__":"up","instance":"a:1","job":"j"}]"#),
        .success("/api/v1/series?match[]=nothing", "[]"),
        .success(
            "/api/v1/series?match[]=%7Bjob=~%22.%2B%22%7D&limit=1", #"[{"__name__":"down","a.b":"c","job":"k"}]"#,
            #","warnings":["results truncated due to limit"]"#),
        .error("/api/v1/series?match[]=up[5m]", #"invalid parameter \"match[]\": 1:3: parse error: unexpected \"[\""#),
        .error("/api/v1/series?match[]=%zz", #"error parsing form values: invalid URL escape \"%zz\""#),
        .success("/api/v1/metadata?metric=up", #"{"up":[{"type":"gauge","unit":"","help":"Is it \u003cup\u003e?"}]}"#),
        .success(
            "/api/v1/metadata?limit=1",
            #"{"requests_total":[{"type":"counter","unit":"u","help":"a"},{"type":"gauge","unit":"","help":"b"}]}"#),
        .success(
            "/api/v1/metadata?limit_per_metric=1&metric=requests_total",
            #"{"requests_total":[{"type":"counter","unit":"u","help":"a"}]}"#),
        .success("/api/v1/metadata?metric=nothing", "{}"),
        .success("/api/v1/metadata?limit=0", "{}"),
        .error("/api/v1/metadata?limit=x", "limit must be a number"),
        .error("/api/v1/metadata?limit_per_metric=x", "limit_per_metric must be a number"),
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
    func `takes selectors from a form`() async throws {
        try await TestServer().run { client in
            let response = try await client.post("/api/v1/series", "match%5B%5D=up&limit=1")
            #expect(response.text == #"{"status":"success","data":[{"__name__":"up","instance":"a:1","job":"j"}]}"#)
        }
    }

    @Test(arguments: [
        ("U__a_2e_b", "a.b"), ("U__a__b", "a_b"), ("U___1F600_", "😀"), ("U__", ""), ("plain_name", "plain_name"),
        ("U__a_zz_", "U__a_zz_"), ("U__a_2e", "U__a_2e"), ("U___1234567_", "U___1234567_"), ("U___d800_", "U___d800_"),
    ])
    func `undoes the escapes of names`(_ text: String, _ name: String) {
        #expect(EscapedName.unescaped(text) == name)
    }
}
