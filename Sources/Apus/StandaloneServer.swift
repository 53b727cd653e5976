public import ApusConfiguration
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// `apus serve`: a monitor with a log on standard error that SIGTERM and SIGINT end.
public struct StandaloneServer {
    private let settings: Settings
    private let file: ConfigurationFile

    public init(settings: Settings, file: ConfigurationFile) {
        self.settings = settings
        self.file = file
    }

    /// - Throws: As `Monitor.run()`.
    public func run() async throws {
        let logger = LogFormat.logger(level: settings.logLevel, isJSON: settings.logsJSON)
        let monitor = Monitor(settings: settings, file: file, logger: logger)
        try await ServiceGroup(services: [monitor], gracefulShutdownSignals: [.sigterm, .sigint], logger: LogFormat.lifecycle(logger)).run()
    }
}
