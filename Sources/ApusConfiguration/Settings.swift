/// What the program acts on: the file, overridden by environment variables, overridden by flags.
public struct Settings: Sendable {
    public var listen = "127.0.0.1:9090"
    public var token: String?
    public var tokenFile: String?
    public var insecure = false
    public var enableAdminAPI = false
    public var bodyByteCountMax = 64 << 20
    public var connectionsMax = 512
    public var requestTimeout: Duration = .seconds(180)
    public var idleTimeout: Duration = .seconds(75)
    public var concurrentWritesMax = 64

    public var dataDirectory = "data"
    /// Nil: for ever.
    public var retentionTime: Duration? = .seconds(30 * 86_400)
    /// Nil: no bound.
    public var retentionByteCount: Int? = 10 << 30
    public var syncsEveryWrite = false

    public var collectorsEnabled = true
    public var collectorInterval: Duration = .seconds(10)
    public var collectorIntervalMax: Duration = .seconds(30)

    public var queryTimeout: Duration = .seconds(120)
    public var queryConcurrencyMax = 20
    public var querySamplesMax = 50_000_000
    public var lookback: Duration = .seconds(300)
    public var evaluationInterval: Duration = .seconds(60)
    public var experimentalFunctions = false

    public var logLevel = "info"
    public var logsJSON = false

    /// Where each setting that is not standard comes from, by path: "file", "flag" or the variable's name.
    public private(set) var origins: [String: String] = [:]
    /// Things to say at start: sections and variables that are read but not acted on.
    public private(set) var remarks: [String] = []

    public init() {}

    /// - Parameters:
    ///   - overrides: Values given by flags, by path.
    ///   - environment: The process's variables.
    /// - Throws: Every value that does not fit.
    public init(
        file: ConfigurationFile, overrides: [(path: String, value: String)] = [], environment: [String: String] = [:]
    ) throws(ConfigurationFile.Invalid) {
        var values: [String: String] = [:]
        var problems: [ConfigurationFile.Problem] = []
        for (path, shape) in Self.paths {
            if let value = file.scalar(path), !value.isEmpty {
                values[path] = value
                origins[path] = "file"
            }
            let variable = EnvironmentNames.name(of: path)
            for name in [variable] + EnvironmentNames.others(of: path) {
                guard let raw = environment[name], !raw.isEmpty else { continue }
                let value = EnvironmentNames.translate(name, raw)
                if let value, ScalarText.fits(value, shape) {
                    values[path] = value
                    origins[path] = name
                } else {
                    problems.append(
                        .init(line: 0, column: 0, message: "environment variable \(name) wants \(EnvironmentNames.expectation(name) ?? shape.expectation)"))
                }
                break
            }
        }
        for (path, value) in overrides {
            guard let shape = Self.paths.first(where: { $0.0 == path })?.1 else {
                let near = Suggestion.nearest(to: path, among: Self.paths.map(\.0))
                problems.append(.init(line: 0, column: 0, message: "unknown setting \"\(path)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? "")))
                continue
            }
            guard ScalarText.fits(value, shape) else {
                let shown = if case .secret = shape { "" } else { ", not \"\(value)\"" }
                problems.append(.init(line: 0, column: 0, message: "\(path) wants \(shape.expectation)\(shown)"))
                continue
            }
            values[path] = value
            origins[path] = "flag"
        }
        guard problems.isEmpty else { throw ConfigurationFile.Invalid(problems: problems) }
        apply(values)
        if collectorInterval < .seconds(1) {
            throw ConfigurationFile.Invalid(problems: [.init(line: 0, column: 0, message: "\(named("collectors.interval")) must be at least 1s")])
        }
        collectorIntervalMax = max(collectorIntervalMax, collectorInterval)
        remarks =
            file.inactiveSections.map { "section \($0) is valid, but this version does not act on it yet" }
            + EnvironmentNames.inactive.filter { environment[$0] != nil }.map { "environment variable \($0) is set, but this version does not act on it yet" }
            + EnvironmentNames.unknown(in: environment).map { name, near in
                "environment variable \(name) is not known and changes nothing" + (near.map { "; did you mean \($0)?" } ?? "")
            }
    }

    /// What the operator wrote to set a path: the variable, or the path itself.
    private func named(_ path: String) -> String {
        guard let origin = origins[path], origin != "file", origin != "flag" else { return path }
        return "environment variable \(origin): \(path)"
    }

    /// Every scalar the program acts on, with its shape, from the schema.
    static let paths: [(String, Shape)] = {
        var result: [(String, Shape)] = []
        func walk(_ section: Section, _ prefix: String) {
            for key in section.keys {
                switch key.shape {
                case .section(let inner): walk(inner, prefix + key.name + ".")
                case .list, .dictionary, .anything: break
                default: result.append((prefix + key.name, key.shape))
                }
            }
        }
        for name in ["server", "collectors", "query", "log", "storage"] {
            if case .section(let section)? = Schema.root.key(name)?.shape { walk(section, name + ".") }
        }
        // `storage.tsdb.retention: unlimited`, the short form.
        result.append(("storage.tsdb.retention", .retention))
        result.append(("global.evaluation_interval", .duration))
        return result
    }()

    private mutating func apply(_ values: [String: String]) {
        func duration(_ path: String, _ target: inout Duration) {
            if let value = values[path].flatMap(ScalarText.milliseconds) { target = .milliseconds(value) }
        }
        func integer(_ path: String, _ target: inout Int) {
            if let value = values[path].flatMap({ Int($0) }) { target = value }
        }
        func bytes(_ path: String, _ target: inout Int) {
            if let value = values[path].flatMap(ScalarText.byteCount) { target = value }
        }
        func boolean(_ path: String, _ target: inout Bool) {
            if let value = values[path].flatMap(ScalarText.boolean) { target = value }
        }
        listen = values["server.listen"] ?? listen
        token = values["server.token"]
        tokenFile = values["server.token_file"]
        boolean("server.insecure", &insecure)
        boolean("server.enable_admin_api", &enableAdminAPI)
        bytes("server.limits.body_size_max", &bodyByteCountMax)
        integer("server.limits.connections_max", &connectionsMax)
        duration("server.limits.request_timeout", &requestTimeout)
        duration("server.limits.idle_timeout", &idleTimeout)
        integer("server.limits.concurrent_writes_max", &concurrentWritesMax)
        dataDirectory = values["storage.path"] ?? dataDirectory
        for path in ["storage.tsdb.retention", "storage.tsdb.retention.time"] {
            guard let value = values[path] else { continue }
            let milliseconds = value == "unlimited" ? 0 : ScalarText.milliseconds(value) ?? 0
            retentionTime = milliseconds == 0 ? nil : .milliseconds(milliseconds)
        }
        if let size = values["storage.tsdb.retention.size"].flatMap(ScalarText.byteCount) { retentionByteCount = size == 0 ? nil : size }
        if let sync = values["storage.tsdb.sync"] { syncsEveryWrite = sync == "always" }
        boolean("collectors.enabled", &collectorsEnabled)
        duration("collectors.interval", &collectorInterval)
        duration("collectors.interval_max", &collectorIntervalMax)
        duration("query.timeout", &queryTimeout)
        integer("query.max_concurrency", &queryConcurrencyMax)
        integer("query.max_samples", &querySamplesMax)
        duration("query.lookback_delta", &lookback)
        boolean("query.experimental_functions", &experimentalFunctions)
        duration("global.evaluation_interval", &evaluationInterval)
        if let level = values["log.level"] { logLevel = level == "warn" ? "warning" : level }
        if let format = values["log.format"] { logsJSON = format == "json" }
    }
}

/// Which environment variable sets what.
public enum EnvironmentNames {
    /// `APUS_` and the path in capitals: `server.token_file` is APUS_SERVER_TOKEN_FILE.
    public static func name(of path: String) -> String {
        "APUS_" + path.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }

    /// Names that other systems gave the same thing.
    public static func others(of path: String) -> [String] {
        switch path {
        case "server.token": ["APUS_TOKEN"]
        case "collectors.interval": ["METRICS_SYSTEM_INTERVAL"]
        case "storage.tsdb.retention.time": ["METRIC_RETENTION_HOURS"]
        case "log.level": ["LOG_LEVEL"]
        default: []
        }
    }

    /// Read by later versions; named at start when set.
    public static let inactive = [
        "DATABASE_URL", "REDIS_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_PASS", "METRIC_BUFFER_SIZE", "ALERT_COOLDOWN_PERIOD",
        "METRICS_APP_INTERVAL", "METRICS_BUSINESS_INTERVAL", "METRICS_BUFFER_SIZE", "HEALTH_CHECK_INTERVAL", "HEALTH_CHECK_TIMEOUT", "HEALTH_ENABLE_PROBES",
    ]

    /// Variables with our prefix that set nothing, by name, with what each may have been meant to be.
    static func unknown(in environment: [String: String]) -> [(name: String, near: String?)] {
        // The last one is that of `apus query`.
        let known = Settings.paths.flatMap { [name(of: $0.0)] + others(of: $0.0) } + ["APUS_URL"]
        return environment.keys.filter { $0.hasPrefix("APUS_") && !known.contains($0) }.sorted()
            .map { ($0, Suggestion.nearest(to: $0, among: known)) }
    }

    /// The value in the file's own notation, nil when it does not fit.
    static func translate(_ name: String, _ value: String) -> String? {
        switch name {
        case "METRICS_SYSTEM_INTERVAL": Int(value).flatMap { $0 > 0 ? "\($0)ms" : nil }
        case "METRIC_RETENTION_HOURS": Int(value).flatMap { $0 > 0 ? "\($0)h" : nil }
        case "LOG_LEVEL": value.lowercased()
        default: value
        }
    }

    static func expectation(_ name: String) -> String? {
        switch name {
        case "METRICS_SYSTEM_INTERVAL": "a whole number of milliseconds above 0"
        case "METRIC_RETENTION_HOURS": "a whole number of hours above 0"
        default: nil
        }
    }
}
