/// The whole configuration file: Apus's own sections beside Prometheus's and Alertmanager's.
public enum Schema {
    public static let root = Section(
        apus + prometheus + alertmanager + [
            Key(
                "global", .section(Section(prometheusGlobal + alertmanagerGlobal)),
                "Defaults for scraping and rules (Prometheus) and for receivers (Alertmanager).")
        ])

    /// Sections that are read and checked, but that this version does not act on.
    public static let inactive: [String] = (prometheus + alertmanager).map(\.name).filter { $0 != "storage" }

    private static let apus: [Key] = [
        Key("server", .section(server), "The HTTP server."),
        Key("collectors", .section(collectors), "What Apus measures by itself."),
        Key("query", .section(query), "Limits on queries."),
        Key("log", .section(log), "What Apus writes to its log."),
    ]

    private static let server = Section([
        Key("listen", .text, "Address and port.", standard: "127.0.0.1:9090"),
        Key("token", .secret, "Bearer token that guards everything but the probes; better kept in `token_file`."),
        Key("token_file", .text, "File whose first line is the bearer token."),
        Key("insecure", .boolean, "Listen off loopback without a token.", standard: "false"),
        Key("enable_admin_api", .boolean, "Serve `/api/v1/admin/tsdb/…`.", standard: "false"),
        Key(
            "limits",
            .section(
                Section([
                    Key("body_size_max", .byteCount, "Largest request body.", standard: "64MB"),
                    Key("connections_max", .integer(1...65_536), "Open connections.", standard: "512"),
                    Key("request_timeout", .duration, "Time for a request to arrive and be answered.", standard: "3m"),
                    Key("idle_timeout", .duration, "Time a connection may be silent.", standard: "75s"),
                    Key("concurrent_writes_max", .integer(1...4096), "Remote writes in work at a time.", standard: "64"),
                ])), "Bounds on what clients may do."),
    ])

    private static let collectors = Section([
        Key("enabled", .boolean, "Measure this host and this process.", standard: "true"),
        Key("interval", .duration, "Time between two measurements, from 1s.", standard: "10s"),
        Key("interval_max", .duration, "What the interval stretches to while the machine is under load.", standard: "30s"),
    ])

    private static let query = Section([
        Key("timeout", .duration, "Time after which a query is given up.", standard: "2m"),
        Key("max_concurrency", .integer(1...1024), "Queries in work at a time; others wait their turn.", standard: "20"),
        Key("max_samples", .integer(1...Int.max), "Samples one query may hold in memory.", standard: "50000000"),
        Key("lookback_delta", .duration, "How far back an instant selector looks for a sample.", standard: "5m"),
        Key("experimental_functions", .boolean, "Allow PromQL functions that Prometheus calls experimental.", standard: "false"),
    ])

    private static let log = Section([
        Key(
            "level", .choice(["trace", "debug", "info", "notice", "warning", "warn", "error", "critical"]), "Least severity that is written.", standard: "info"),
        Key("format", .choice(["text", "json"]), "One line of text or one JSON object an event.", standard: "text"),
    ])
}
