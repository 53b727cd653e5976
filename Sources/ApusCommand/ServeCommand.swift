internal import Apus
internal import ApusConfiguration
internal import ArgumentParser
internal import Foundation

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the monitoring server.",
        discussion: """
            Measures this machine, receives samples by Prometheus remote write at /api/v1/write, keeps them in the data directory, answers
            PromQL at /api/v1/query and shows a live page at /. Flags win over environment variables (APUS_SERVER_LISTEN for server.listen),
            which win over the file. SIGTERM and SIGINT end it without losing anything.

            EXAMPLES
              apus serve
              apus serve --config apus.yml --data /var/lib/apus
              apus serve --listen 0.0.0.0:9090 --token-file /etc/apus/token
              apus serve --retention 90d --set storage.tsdb.retention.size=50GB
            """)

    @Option(name: [.long, .customLong("config.file")], help: ArgumentHelp("Configuration: Apus's, Prometheus's or Alertmanager's YAML.", valueName: "file"))
    var config: String?

    @Option(name: [.long, .customLong("storage.tsdb.path")], help: ArgumentHelp("Data directory (default: data).", valueName: "directory"))
    var data: String?

    @Option(name: [.long, .customLong("web.listen-address")], help: ArgumentHelp("Address and port (default: 127.0.0.1:9090).", valueName: "address"))
    var listen: String?

    @Option(
        name: [.long, .customLong("storage.tsdb.retention.time")],
        help: ArgumentHelp("How long samples are kept, or unlimited (default: 30d).", valueName: "duration"))
    var retention: String?

    @Option(
        name: [.customLong("retention-size"), .customLong("storage.tsdb.retention.size")],
        help: ArgumentHelp("Bytes on disk above which the oldest go (default: 10GB; 0: no bound).", valueName: "size"))
    var retentionSize: String?

    @Option(help: ArgumentHelp("File whose first line is the bearer token clients must send.", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Listen off loopback without a token.")
    var insecure = false

    @Flag(name: [.customLong("enable-admin-api"), .customLong("web.enable-admin-api")], help: "Serve /api/v1/admin/tsdb/… (delete series, snapshot).")
    var enableAdminAPI = false

    @Option(help: ArgumentHelp("Time between two measurements of this machine (default: 10s).", valueName: "duration"))
    var interval: String?

    @Option(name: [.long, .customLong("log.level")], help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Any other setting by its path, e.g. query.timeout=30s; may be repeated.", valueName: "path=value"))
    var set: [String] = []

    // Prometheus's own flag; the receiver is always on here.
    @Flag(name: .customLong("web.enable-remote-write-receiver"), help: .hidden)
    var remoteWriteReceiver = false

    func run() async throws {
        let file: ConfigurationFile
        let settings: Settings
        do {
            file = try config.map(ConfigurationLoader.load) ?? ConfigurationFile()
            settings = try Settings(file: file, overrides: try overrides(), environment: ProcessInfo.processInfo.environment)
        } catch let error as ConfigurationFile.Invalid {
            for problem in error.problems {
                Terminal.error(problem.line > 0 ? "\(config ?? ""):\(problem)" : "\(problem)")
            }
            throw ExitCode(1)
        } catch let error as ConfigurationLoader.Unreadable {
            Terminal.error("\(error)")
            throw ExitCode(1)
        }
        do {
            try await StandaloneServer(settings: settings, file: file).run()
        } catch {
            Terminal.error("apus: \(error)")
            throw ExitCode(1)
        }
    }

    private func overrides() throws -> [(path: String, value: String)] {
        var result: [(path: String, value: String)] = []
        func add(_ path: String, _ value: String?) { if let value { result.append((path, value)) } }
        for pair in set {
            guard let split = pair.firstIndex(of: "=") else { throw ValidationError("--set wants path=value, for example query.timeout=30s") }
            add(String(pair[..<split]), String(pair[pair.index(after: split)...]))
        }
        add("storage.path", data)
        add("server.listen", listen)
        add("storage.tsdb.retention.time", retention)
        add("storage.tsdb.retention.size", retentionSize)
        add("server.token_file", tokenFile)
        add("server.insecure", insecure ? "true" : nil)
        add("server.enable_admin_api", enableAdminAPI ? "true" : nil)
        add("collectors.interval", interval)
        add("log.level", logLevel)
        return result
    }
}
