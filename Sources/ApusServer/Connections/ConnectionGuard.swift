internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Watches one connection from within its pipeline: tells when the client is gone, and closes it when a request does not
/// arrive or an answer is not taken in time.
///
/// It stands behind the HTTP decoder, so that a request which arrives in one piece, as nearly all do, costs it no timer.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connection: Connection
    private let table: ConnectionTable
    private let readTimeout: TimeAmount
    private let writeTimeout: TimeAmount
    private var isRequestIncomplete = false
    private var hasAnswerBegun = false
    private var readTimer: Scheduled<Void>?
    private var writeTimer: Scheduled<Void>?

    init(_ connection: Connection, _ table: ConnectionTable, options: ServerOptions) {
        self.connection = connection
        self.table = table
        readTimeout = TimeAmount(options.requestReadTimeout)
        writeTimeout = TimeAmount(options.responseWriteTimeout)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isRequestIncomplete = true
            hasAnswerBegun = false
            if head.headerFields[.expect]?.lowercased() == "100-continue" {
                // What will be refused is refused just after it; a client that waits for this line would wait in vain.
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body: break
        case .end:
            isRequestIncomplete = false
            readTimer?.cancel()
            readTimer = nil
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isRequestIncomplete && readTimer == nil {
            let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            readTimer = context.eventLoop.scheduleTask(in: readTimeout) {
                let (handler, context) = loopBound.value
                handler.requestTimedOut(context)
            }
        }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head = unwrapOutboundIn(data) { hasAnswerBegun = true }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeTimer?.cancel()
        writeTimer = nil
        if !context.channel.isWritable {
            let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
            writeTimer = context.eventLoop.scheduleTask(in: writeTimeout) {
                loopBound.value.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that closes its half does not wait for the answer; Go's server takes it so, too.
        if let event = event as? ChannelEvent, event == .inputClosed { connection.didClose() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        readTimer?.cancel()
        writeTimer?.cancel()
        readTimer = nil
        writeTimer = nil
        table.remove(connection)
        connection.didClose()
    }

    private func requestTimedOut(_ context: ChannelHandlerContext) {
        guard isRequestIncomplete else { return }
        if !hasAnswerBegun {
            let head = HTTPResponse(status: .requestTimeout, headerFields: [.connection: "close", .contentLength: "0"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.close(promise: nil)
    }
}
