/// The reference page of the configuration, made from the schema, so that neither can lag behind the other.
public enum Reference {
    public static func markdown() -> String {
        var text = """
            # Configuration

            One YAML file, given by `apus serve --config FILE`. Its top-level sections are Apus's own (`server`, `collectors`, `query`, `log`), Prometheus's and
            Alertmanager's, so an existing file of either is valid as it is. `apus check config FILE` checks one. An unknown key is an error that names the
            line and the nearest known key. A section that this version reads but does not act on is named in the log at start.

            **Order**: a flag wins over an environment variable, which wins over the file, which wins over the standard value. The variable of a setting is `APUS_` and
            its path in capitals (`server.token_file` is `APUS_SERVER_TOKEN_FILE`); the flag is `--set PATH=VALUE` (`--set query.timeout=30s`), or one of the short ones
            that `apus serve --help` lists.

            **Other names that work**: \(otherNames().joined(separator: ", ")). Read by later versions, and said at start when set: \(EnvironmentNames.inactive.map { "`\($0)`" }.joined(separator: ", ")).

            Durations are Prometheus's (`30s`, `1h30m`, `2w`), sizes are powers of 1024 (`512MB`, `10GB`). The short form `storage.tsdb.retention: unlimited` sets `storage.tsdb.retention.time`.
            Secrets never appear in `/api/v1/status/config`, logs or pages.


            """
        for name in ["server", "collectors", "query", "log", "storage", "global"] { section(name, &text) }
        text += "# Read and checked, not acted on yet\n\n"
        for name in Schema.inactive { section(name, &text) }
        return text
    }

    private static func otherNames() -> [String] {
        Settings.paths.flatMap { path, _ in
            EnvironmentNames.others(of: path).map { name in
                let unit = EnvironmentNames.expectation(name).map { " (\($0))" } ?? ""
                return "`\(name)`\(unit) for `\(path)`"
            }
        }
    }

    private static func section(_ name: String, _ text: inout String) {
        guard let key = Schema.root.key(name) else { return }
        text += "## `\(name)`\n\n\(key.meaning)\n\n| key | value | standard | meaning |\n|---|---|---|---|\n"
        var shown: Set<ObjectIdentifier> = []
        row(Key(name, key.shape, key.meaning), "", &shown, &text)
        text += "\n"
    }

    /// Sections that several places share (TLS, HTTP clients, relabelling, nested routes) are written out once a table.
    private static func row(_ key: Key, _ prefix: String, _ shown: inout Set<ObjectIdentifier>, _ text: inout String) {
        let path = prefix + key.name
        let (inner, suffix) = content(key.shape)
        if !prefix.isEmpty {
            text += "| `\(path)\(suffix)` | \(words(key.shape)) | \(key.standard.map { "`\($0)`" } ?? "") | \(key.meaning) |\n"
        }
        guard let inner else { return }
        if path.split(separator: ".").filter({ $0 == "routes[]" || $0 == "routes" }).count > 0 { return }
        guard shown.insert(ObjectIdentifier(inner)).inserted else { return }
        for key in inner.keys { row(key, path + suffix + ".", &shown, &text) }
    }

    private static func content(_ shape: Shape) -> (Section?, String) {
        switch shape {
        case .section(let section): (section, "")
        case .list(let item): (content(item).0, "[]")
        case .dictionary(let value): (content(value).0, ".*")
        default: (nil, "")
        }
    }

    private static func words(_ shape: Shape) -> String {
        switch shape {
        case .text: "text"
        case .secret: "secret text"
        case .duration: "duration"
        case .retention: "duration or `unlimited`"
        case .byteCount: "size"
        case .integer: shape.expectation.replacing("a whole", with: "whole").replacing(" to \(Int.max)", with: "").replacing(" from \(Int.min)", with: "")
        case .number: "number"
        case .boolean: "true, false"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .list(let item): "list of " + words(item)
        case .dictionary(let value): "mapping to " + words(value)
        case .section: "mapping"
        case .anything: "as its own documentation says"
        }
    }
}
