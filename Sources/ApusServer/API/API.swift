internal import ApusModel
internal import ApusPlatform
internal import ApusPromQL
internal import ApusSelection
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore

/// What the routes work with. Each file beside this one adds some routes in an extension.
struct API: Sendable {
    let backend: Backend
    let options: ServerOptions
    let authorizer: Authorizer
    let login: Login
    let connections: ConnectionTable
    let queryGate: Gate
    let writes: RemoteWriteReceiver

    init(_ backend: Backend, _ options: ServerOptions, _ connections: ConnectionTable) {
        self.backend = backend
        self.options = options
        self.connections = connections
        authorizer = Authorizer(options)
        login = Login(authorizer: authorizer)
        queryGate = Gate(runningCountMax: options.concurrentQueriesMax, waitingCountMax: options.concurrentQueriesMax * 8)
        writes = RemoteWriteReceiver(backend.store, options)
    }

    var now: Int64 { backend.clock.nowMilliseconds }

    /// The parameters of the query string and, of a POST, of the form in the body.
    func parameters(_ exchange: Exchange) async throws -> FormParameters {
        let query = (exchange.request.uri.query ?? "").utf8
        guard exchange.head.method == .post || exchange.head.method == .put else { return try FormParameters(query: query) }
        let body = try await exchange.request.collectBody(upTo: options.formByteCountMax)
        let type = exchange.header(.contentType)?.lowercased() ?? ""
        guard type.hasPrefix("application/x-www-form-urlencoded") else { return try FormParameters(query: query) }
        if exchange.header(.contentEncoding)?.lowercased() == "gzip" {
            guard let content = gunzip(body.readableBytesUInt8Span, limit: options.formByteCountMax) else {
                throw APIError.badData("error parsing form values: the body is not gzip, or too large")
            }
            return try FormParameters(query: query, body: content)
        }
        return try FormParameters(query: query, body: body.readableBytesView)
    }

    func success(_ exchange: Exchange, _ data: any AnswerData, warnings: [String] = [], infos: [String] = []) -> Response {
        Response(
            Answer(data, warnings: warnings, infos: infos), to: exchange.head,
            compressionByteCountMin: options.compressionByteCountMin)
    }

    /// Refuses while the store is not open yet.
    func requireReady() throws(APIError) {
        guard backend.isReady() else { throw .unavailable("the store is not open yet") }
    }

    /// The selectors of `match[]`.
    ///
    /// - Parameter namesParameter: Whether errors name it, as some of Prometheus's routes do.
    func selectors(_ parameters: FormParameters, namesParameter: Bool) throws(APIError) -> [[Matcher]] {
        var selectors: [[Matcher]] = []
        for text in parameters.all("match[]") {
            do throws(ParseError) {
                selectors.append(try Parser.parseSelector(text))
            } catch {
                throw namesParameter ? .invalid("match[]", error.description) : .badData(error.description)
            }
        }
        guard !selectors.contains(where: Parser.isUnbounded) else {
            let reason = "match[] must contain at least one non-empty matcher"
            throw namesParameter ? .invalid("match[]", reason) : .badData(reason)
        }
        return selectors
    }

    /// Runs something that may take long in its turn, and ends it when the client goes.
    func query<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try requireReady()
        let gated: @Sendable () async throws -> Value = { [queryGate] in try await queryGate.pass(operation) }
        guard let connection = Connection.current else { return try await gated() }
        return try await connection.whileOpen(gated)
    }
}
