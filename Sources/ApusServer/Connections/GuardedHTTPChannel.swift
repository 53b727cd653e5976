internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// HTTP/1.1 with a `ConnectionGuard` on each connection, whose `Connection` the tasks of its requests find as current.
struct GuardedHTTPChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let base: HTTP1Channel.Value
        let connection: Connection

        var channel: any Channel { base.channel }
    }

    private let base: HTTP1Channel
    private let configuration: HTTP1Channel.Configuration
    private let options: ServerOptions
    private let table: ConnectionTable

    init(responder: @escaping HTTPChannelHandler.Responder, options: ServerOptions, table: ConnectionTable) {
        var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
        decoder.maxHeaderFieldSize = options.headerByteCountMax
        decoder.maxHeaderListSize = options.headerByteCountMax
        decoder.maxHeaderFieldCount = options.headerCountMax
        configuration = .init(idleTimeout: TimeAmount(options.idleTimeout), httpDecoderConfiguration: decoder)
        base = HTTP1Channel(responder: responder, configuration: configuration)
        self.options = options
        self.table = table
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let connection = Connection(channel)
        if !table.add(connection) {
            do {
                // Before all else: once the channel is wrapped, a failure would leave it without an owner.
                try channel.pipeline.syncOperations.addHandler(ConnectionRefusal())
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }
        var configuration = configuration
        configuration.additionalChannelHandlers = { [options, table] in [ConnectionGuard(connection, table, options: options)] }
        return HTTP1Channel(responder: base.responder, configuration: configuration)
            .setup(channel: channel, logger: logger)
            .map { Value(base: $0, connection: connection) }
            .flatMapErrorThrowing { [table] error in
                table.remove(connection)
                throw error
            }
    }

    func handle(value: Value, logger: Logger) async {
        await Connection.$current.withValue(value.connection) {
            await base.handle(value: value.base, logger: logger)
        }
    }
}
