import NIOCore
import NIOPosix

/// A TCP connection whose every byte a test chooses.
struct RawClient: Sendable {
    private let channel: any Channel
    private let received: Received

    static func withConnection(port: Int, _ body: (RawClient) async throws -> Void) async throws {
        let received = Received()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(received))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let client = RawClient(channel: channel, received: received)
        do {
            try await body(client)
        } catch {
            try? await channel.close()
            throw error
        }
        try? await channel.close()
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Closes without another word.
    func close() async throws { try await channel.close() }

    /// All that came in until `text` is part of it, or the server closed the connection.
    func receive(until text: String) async -> String { await received.wait { $0.contains(text) } }

    /// All that came in until the server closed the connection.
    func receiveToEnd() async -> String { await received.wait { _ in false } }

    /// Stops reading, so that what the server writes piles up.
    func stopReading() async throws { try await channel.setOption(ChannelOptions.autoRead, value: false).get() }
}

private actor Received {
    private var text = ""
    private var isClosed = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func append(_ more: String) {
        text += more
        wake()
    }

    func close() {
        isClosed = true
        wake()
    }

    func wait(_ isEnough: (String) -> Bool) async -> String {
        while !isEnough(text) && !isClosed { await withCheckedContinuation { waiting.append($0) } }
        return text
    }

    private func wake() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<String>.Continuation

    init(_ received: Received) {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        self.continuation = continuation
        // Keeps the order of what came in.
        Task {
            for await text in stream { await received.append(text) }
            await received.close()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(String(buffer: unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
