public import ApusConfiguration
internal import ApusCollectors
internal import ApusDashboard
internal import ApusPlatform
internal import ApusPromQL
internal import ApusQuerying
internal import ApusSeriesDatabase
internal import ApusServer
internal import FoundationEssentials
public import Logging
public import ServiceLifecycle

/// All of Apus in one service: the database, what measures this machine, the query engine, the page and the HTTP server.
///
/// `run()` opens the data directory, listens, prints the address to standard output, and works until it is shut down gracefully or
/// cancelled; then it stops listening, finishes what is under way, and closes the database.
public final class Monitor: Service {
    private let settings: Settings
    private let file: ConfigurationFile
    private let logger: Logger

    public init(settings: Settings, file: ConfigurationFile = ConfigurationFile(), logger: Logger) {
        self.settings = settings
        self.file = file
        self.logger = logger
    }

    /// - Throws: A sentence for the operator: the address is taken, the directory is locked or cannot be written, the token file cannot be read.
    public func run() async throws {
        let clock = SystemClock()
        let started = clock.nowMilliseconds
        for remark in settings.remarks { logger.notice("\(remark)") }
        let options = try settings.serverOptions()
        try options.checkListening()

        let database = try SeriesDatabase.open(settings.databaseOptions(clock: clock, logger: logger))
        var engineSettings = EmbeddedQueryEngine.Settings()
        engineSettings.runningMax = settings.queryConcurrencyMax
        engineSettings.options = settings.queryOptions
        engineSettings.parser.allowsExperimentalFunctions = settings.experimentalFunctions
        let engine = EmbeddedQueryEngine(source: database, settings: engineSettings)
        let metrics = OwnMetrics(database: database, engine: engine)

        let host = SystemName.host
        let overview = OverviewModel(
            host: ApusDashboard.HostFacts(
                name: host, version: ApusVersion.current, startedAt: started,
                intervalMaxMilliseconds: settings.collectorIntervalMax.milliseconds))
        var backend = Backend(engine: engine, store: StoreAdapter(database: database), syntax: Self.syntax(engineSettings.parser))
        backend.clock = clock
        backend.information = information(host: host, started: started)
        backend.pages = OverviewPages(model: overview, clock: clock)
        backend.metricsText = { openMetrics in metrics.text(openMetrics: openMetrics) }
        let server = HTTPServer(backend, options: options, logger: logger)

        var services: [any Service] = [DatabaseService(database: database)]
        if settings.collectorsEnabled {
            var schedule = AdaptiveSchedule.Settings()
            schedule.baseIntervalMilliseconds = settings.collectorInterval.milliseconds
            schedule.stretchMax = max(1, settings.collectorIntervalMax.milliseconds / max(1, schedule.baseIntervalMilliseconds))
            services.append(
                HostCollection(
                    database: database, overview: overview, metrics: metrics, clock: clock, schedule: schedule, instance: host, logger: logger))
        }
        services.append(Announcement(server: server, options: options, overview: overview, engine: engine, clock: clock))
        services.append(server)
        let group = ServiceGroup(services: services, logger: LogFormat.lifecycle(logger))
        try await group.run()
        logger.info("stopped", metadata: ["data": "\(settings.dataDirectory)"])
    }

    private static func syntax(_ options: ParserOptions) -> QuerySyntax {
        QuerySyntax(
            formatted: { (text) throws(ParseError) in try Parser.parse(text, options: options).prettyDescription },
            tree: { (text) throws(ParseError) in try Parser.parse(text, options: options).syntaxTreeJSON })
    }

    private func information(host: String, started: Int64) -> ServerInformation {
        var information = ServerInformation()
        information.version = ApusVersion.current
        information.configurationText = file.redactedYAML()
        information.startTime = started
        information.configurationTime = started
        information.hostName = host
        information.workingDirectory = FileManager.default.currentDirectoryPath
        information.flags = settings.flags
        information.storageRetention = settings.retentionText
        return information
    }
}

/// Says where the server listens once it does, fills the page's last minutes from the store, and keeps its streams alive also when
/// nothing is measured.
private struct Announcement: Service {
    let server: HTTPServer
    let options: ServerOptions
    let overview: OverviewModel
    let engine: EmbeddedQueryEngine
    let clock: any WallClock

    func run() async throws {
        guard let port = try? await server.waitForPort() else { return }
        let host = options.host.contains(":") ? "[\(options.host)]" : options.host
        StandardStream.output.write("Apus \(ApusVersion.current) listens on http://\(host):\(port)\n")
        await cancelWhenGracefulShutdown { [overview, engine, clock] in
            await overview.preload(from: engine, now: clock.nowMilliseconds)
            while !Task.isCancelled {
                if overview.viewerCount > 0 { overview.tick(now: clock.nowMilliseconds) }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
