public import ApusPromQL
public import ApusExposition

/// Where and how the server listens, and every bound it keeps.
public struct ServerOptions: Sendable {
    /// An address or a name; with the default only programs on this machine reach the server.
    public var host = "127.0.0.1"
    /// 0 takes a free one, told by `HTTPServer.waitForPort()`.
    public var port = 9090
    /// Who may do what. Empty: everybody may do everything, so `checkListening` wants a loopback address then.
    public var tokens: [AccessToken] = []
    /// Listen off loopback without a token.
    public var insecure = false
    /// Names beside `localhost` and loopback addresses that a request's `Host` may carry when no token is set.
    public var allowedHosts: [String] = []
    /// Whether `/api/v1/admin/…` works.
    public var enableAdminAPI = false

    /// What a query may cost when it does not ask for less.
    public var query = QueryOptions()
    public var remoteWrite = RemoteWriteLimits()

    /// Compressed bytes of a remote write request; more is 413.
    public var writeByteCountMax = 32 << 20
    /// Bytes of a form body; more is 413.
    public var formByteCountMax = 1 << 20
    /// Bytes of a request's line and headers; more is 400.
    public var headerByteCountMax = 64 << 10
    /// Headers of a request; more is 400.
    public var headerCountMax = 100
    /// Open connections; further ones are answered 503 and closed.
    public var connectionCountMax = 1024
    /// Remote write requests under way; further ones are answered 503 with `Retry-After`.
    public var concurrentWritesMax = 128
    /// Queries under way; as many again times eight wait for their turn, further ones are answered 503.
    public var concurrentQueriesMax = 20
    /// Time for a request to arrive completely once its head is there, then 408.
    public var requestReadTimeout: Duration = .seconds(60)
    /// Time for a client to take what was sent, then the connection is closed.
    public var responseWriteTimeout: Duration = .seconds(60)
    /// Time without a request, or for a head to arrive, then the connection is closed.
    public var idleTimeout: Duration = .seconds(120)
    /// Time for requests under way to finish when the server stops.
    public var drainTimeout: Duration = .seconds(10)
    /// Answers of at least so many bytes are compressed for clients that accept gzip.
    public var compressionByteCountMin = 1400

    public init() {}
}

extension ServerOptions {
    /// Whether `host` is reached from this machine only.
    public var isLoopback: Bool { HostName(host).isLoopback }

    /// Refuses an open door: an address that others reach needs a token, or the operator's word that it needs none.
    ///
    /// - Throws: `.openAddress`, with what to do about it.
    public func checkListening() throws(ServerError) {
        guard tokens.isEmpty, !insecure, !isLoopback else { return }
        throw ServerError(
            .openAddress,
            "refusing to listen on \(host):\(port) without a token: anybody who reaches it could read and write. "
                + "Set a token, listen on 127.0.0.1, or say insecure = true if something else guards the address.")
    }
}

/// Why the server does not run.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        case openAddress
        case addressInUse
        case addressNotAvailable
        /// A port below 1024 without the right to it.
        case permission
        case listening
    }

    public let code: Code
    /// A sentence for the operator.
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { message }
}
