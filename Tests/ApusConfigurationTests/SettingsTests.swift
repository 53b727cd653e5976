import ApusConfiguration
import Testing

struct SettingsTests {
    @Test func `nothing given is loopback, thirty days and ten gigabytes`() throws {
        let settings = try Settings(file: ConfigurationFile())
        #expect(settings.listen == "127.0.0.1:9090")
        #expect(settings.retentionTime == .seconds(30 * 86_400))
        #expect(settings.retentionByteCount == 10 << 30)
        #expect(settings.collectorInterval == .seconds(10))
        #expect(settings.remarks.isEmpty)
    }

    @Test func `a flag wins over a variable, which wins over the file`() throws {
        let file = try ConfigurationFile(yaml: "server: {listen: \"127.0.0.1:1\"}\nlog: {level: error}\nquery: {timeout: 1s}\n")
        let settings = try Settings(
            file: file, overrides: [("server.listen", "127.0.0.1:3")],
            environment: ["APUS_SERVER_LISTEN": "127.0.0.1:2", "LOG_LEVEL": "debug"])
        #expect(settings.listen == "127.0.0.1:3")
        #expect(settings.logLevel == "debug")
        #expect(settings.queryTimeout == .seconds(1))
        #expect(settings.origins == ["server.listen": "flag", "log.level": "LOG_LEVEL", "query.timeout": "file"])
    }

    @Test func `S2-16 and S4-15: the names of other systems work, in their units`() throws {
        let settings = try Settings(
            file: ConfigurationFile(), environment: ["METRIC_RETENTION_HOURS": "24", "METRICS_SYSTEM_INTERVAL": "1500", "REDIS_URL": "redis://x"])
        #expect(settings.retentionTime == .seconds(86_400))
        #expect(settings.collectorInterval == .milliseconds(1500))
        #expect(settings.remarks == ["environment variable REDIS_URL is set, but this version does not act on it yet"])
    }

    @Test(arguments: ["storage: {tsdb: {retention: {time: unlimited}}}", "storage: {tsdb: {retention: unlimited}}", "storage: {tsdb: {retention: {time: 0s}}}"])
    func `retention can be unlimited`(_ text: String) throws {
        #expect(try Settings(file: ConfigurationFile(yaml: text)).retentionTime == nil)
    }

    @Test(arguments: [
        (["APUS_QUERY_TIMEOUT": "soon"], "environment variable APUS_QUERY_TIMEOUT wants a duration such as 30s, 5m or 1h30m"),
        (["METRICS_SYSTEM_INTERVAL": "10s"], "environment variable METRICS_SYSTEM_INTERVAL wants a whole number of milliseconds above 0"),
        (["METRIC_RETENTION_HOURS": "-4"], "environment variable METRIC_RETENTION_HOURS wants a whole number of hours above 0"),
        (["METRICS_SYSTEM_INTERVAL": "5"], "environment variable METRICS_SYSTEM_INTERVAL: collectors.interval must be at least 1s"),
    ])
    func `a variable that does not fit is an error`(_ environment: [String: String], _ expected: String) {
        #expect { try Settings(file: ConfigurationFile(), environment: environment) } throws: { "\($0)" == expected }
    }

    @Test func `a variable of ours that sets nothing is named, with what may be meant`() throws {
        let settings = try Settings(
            file: ConfigurationFile(),
            environment: ["APUS_QUERY_TIMEOT": "5s", "APUS_NOTHING_LIKE_IT": "1", "APUS_TOKEN": "x", "APUS_URL": "http://a", "HOME": "/"])
        #expect(
            settings.remarks == [
                "environment variable APUS_NOTHING_LIKE_IT is not known and changes nothing",
                "environment variable APUS_QUERY_TIMEOT is not known and changes nothing; did you mean APUS_QUERY_TIMEOUT?",
            ])
    }

    @Test func `an unknown setting gets a suggestion`() {
        #expect { try Settings(file: ConfigurationFile(), overrides: [("server.listne", "x")]) } throws: {
            "\($0)" == "unknown setting \"server.listne\"; did you mean \"server.listen\"?"
        }
    }
}

struct ScalarTextTests {
    @Test(
        arguments: [
            ("0", 0), ("30s", 30_000), ("1h30m", 5_400_000), ("1y2w3d4h5m6s7ms", 31_536_000_000 + 1_209_600_000 + 259_200_000 + 14_400_000 + 306_007),
            ("", nil), ("5", nil), ("1m1h", nil), ("1s1s", nil), ("-5s", nil), ("1.5h", nil), ("99999999999999999999y", nil), ("9999999999y", nil),
        ] as [(String, Int64?)])
    func `durations are Prometheus's`(_ text: String, _ milliseconds: Int64?) {
        #expect(ScalarText.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [Int64(0), 1, 999, 30_000, 5_400_000, 86_400_000, 604_800_000, 31_536_000_000, 2_592_000_000])
    func `a duration reads back`(_ milliseconds: Int64) {
        #expect(ScalarText.milliseconds(ScalarText.text(milliseconds: milliseconds)) == milliseconds)
    }

    @Test(
        arguments: [
            ("10GB", 10 << 30), ("512MB", 512 << 20), ("1.5KB", 1536), ("7", 7), ("2GiB", 2 << 30), ("x", nil), ("1ZB", nil), ("", nil), ("99999EB", nil),
        ] as [(String, Int?)])
    func `sizes are powers of 1024`(_ text: String, _ bytes: Int?) {
        #expect(ScalarText.byteCount(text) == bytes)
    }
}
