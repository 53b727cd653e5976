internal import ApusPlatform
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Synchronization

/// The HTTP server of Apus: Prometheus's API, remote write, probes, its own metrics and the dashboard.
///
/// Run it in a service group, or by `run()` in a task. On graceful shutdown it stops accepting, ends streams at once, lets
/// requests under way finish within `ServerOptions.drainTimeout`, then closes what is left. Cancelling
/// the task closes all connections at once.
public final class HTTPServer: Service {
    private let options: ServerOptions
    private let logger: Logger
    private let connections: ConnectionTable
    private let port = PortPromise()
    let application: Application<Responder>

    public init(_ backend: Backend, options: ServerOptions = ServerOptions(), logger: Logger) {
        self.options = options
        self.logger = logger
        let connections = ConnectionTable(countMax: options.connectionCountMax)
        self.connections = connections
        let responder = Self.responder(API(backend, options, connections), logger)
        let port = port
        // The framework's own start line says what the program prints anyway.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        application = Application(
            responder: responder,
            server: HTTPServerBuilder { GuardedHTTPChannel(responder: $0, options: options, table: connections) },
            configuration: ApplicationConfiguration(address: .hostname(options.host, port: options.port), serverName: nil),
            onServerRunning: { channel in port.resolve(.success(channel.localAddress?.port ?? options.port)) },
            logger: quiet)
    }

    /// - Throws: `ServerError` when it may not or cannot listen.
    public func run() async throws {
        do {
            try options.checkListening()
            try await runApplication()
            port.resolve(.failure(ServerError(.listening, "the server has stopped")))
        } catch {
            let error = Self.startError(error, options)
            port.resolve(.failure(error))
            throw error
        }
    }

    /// Runs the application in a group of its own, which is only ever stopped gracefully: a cancelled accept loop would drop
    /// connections that it has not looked at yet, and NIO traps on those.
    private func runApplication() async throws {
        let group = ServiceGroup(services: [application], logger: logger)
        let running = Task.detached { try await group.run() }
        let stop: @Sendable () -> Void = { [connections, options, loops = application.eventLoopGroup] in
            connections.beginStopping()
            Task.detached { await group.triggerGracefulShutdown() }
            _ = loops.next().scheduleTask(in: TimeAmount(options.drainTimeout)) { connections.closeAll() }
        }
        do {
            try await withTaskCancellationHandler {
                try await withGracefulShutdownHandler {
                    try await running.value
                } onGracefulShutdown: {
                    stop()
                }
            } onCancel: { [connections] in
                stop()
                connections.closeAll()
            }
        } catch is ServiceGroupError where connections.isStopping {
            // It was stopped before it had begun.
        }
    }

    /// The port that the server listens on, once it does; of use when it was to take a free one.
    ///
    /// - Throws: What `run()` throws when it cannot listen.
    public func waitForPort() async throws -> Int { try await port.wait() }

    /// Connections that are open now.
    public var connectionCount: Int { connections.count }

    private static func responder(_ api: API, _ logger: Logger) -> Responder {
        var routes =
            api.queryRoutes + api.labelRoutes + api.statusRoutes + api.emptyRoutes + api.administrationRoutes + api.probeRoutes
            + api.loginRoutes + [api.writeRoute]
        if let pages = api.backend.pages { routes += api.pageRoutes(pages) }
        let unmatched = RouteMetrics(handler: "unmatched")
        routes.append(api.metricsRoute(of: routes.map(\.metrics) + [unmatched]))
        return Responder(
            table: RouteTable(routes), authorizer: api.authorizer, login: api.login, clock: api.backend.clock, logger: logger,
            unmatched: unmatched)
    }

    private static func startError(_ error: any Error, _ options: ServerOptions) -> any Error {
        guard let cause = error as? IOError else { return error }
        let place = "\(options.host):\(options.port)"
        switch cause.errnoCode {
        case EADDRINUSE:
            return ServerError(.addressInUse, "cannot listen on \(place): another program listens there already", cause: error)
        case EADDRNOTAVAIL:
            return ServerError(.addressNotAvailable, "cannot listen on \(place): this machine does not have that address", cause: error)
        case EACCES:
            return ServerError(.permission, "cannot listen on \(place): the system does not permit that port", cause: error)
        default: return ServerError(.listening, "cannot listen on \(place): \(cause)", cause: error)
        }
    }
}

/// The port, or why there is none, for everybody who waits for it.
private final class PortPromise: Sendable {
    private enum State {
        case waiting([CheckedContinuation<Int, any Error>])
        case known(Result<Int, any Error>)
    }

    private let state = Mutex(State.waiting([]))

    /// The first result counts, but an end of the server replaces its port.
    func resolve(_ result: Result<Int, any Error>) {
        let waiting: [CheckedContinuation<Int, any Error>] = state.withLock { state in
            defer { state = .known(result) }
            guard case .waiting(let continuations) = state else { return [] }
            return continuations
        }
        for continuation in waiting { continuation.resume(with: result) }
    }

    func wait() async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            let known: Result<Int, any Error>? = state.withLock { state in
                switch state {
                case .waiting(let continuations):
                    state = .waiting(continuations + [continuation])
                    return nil
                case .known(let result): return result
                }
            }
            if let known { continuation.resume(with: known) }
        }
    }
}
