internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore

/// Probes, the server's own metrics, the login and the dashboard.
extension API {
    var probeRoutes: [Route] {
        let alive: @Sendable (Exchange) async throws -> Response = { _ in Response(status: .ok, text: "ok") }
        let ready: @Sendable (Exchange) async throws -> Response = { [isReady = backend.isReady, connections] _ in
            guard isReady() else { return Response(status: .serviceUnavailable, text: "starting") }
            guard !connections.isStopping else { return Response(status: .serviceUnavailable, text: "stopping") }
            return Response(status: .ok, text: "ready")
        }
        return ["/health", "/live", "/-/healthy"].map { Route($0, access: .open, style: .text, alive) }
            + ["/ready", "/-/ready"].map { Route($0, access: .open, style: .text, ready) }
    }

    /// - Parameter routes: The figures of all other routes.
    func metricsRoute(of routes: [RouteMetrics]) -> Route {
        let own = RouteMetrics(handler: "/metrics")
        return Route("/metrics", style: .text, metrics: own) { exchange in
            let openMetrics = exchange.header(.accept)?.contains("application/openmetrics-text") ?? false
            var text = MetricsText(openMetrics: openMetrics)
            text.append(await backend.metricsText(openMetrics))
            text.append(routes + [own])
            text.single("apus_http_connections", "gauge", "Open HTTP connections.", Double(connections.count))
            text.single(
                "apus_http_connections_refused_total", "counter", "Connections refused because there were too many.",
                Double(connections.refusedCount))
            text.single("apus_queries_in_progress", "gauge", "Queries under way.", Double(queryGate.runningCount))
            text.append(writes)
            text.end()
            let type =
                openMetrics
                ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8"
            var response = Response(
                bytes: text.bytes, contentType: type, to: exchange.head,
                compressionByteCountMin: options.compressionByteCountMin)
            response.headers[.vary] = "Accept, Accept-Encoding"
            return response
        }
    }

    var loginRoutes: [Route] {
        [
            Route("/login", [.get, .post], access: .open, style: .text) { exchange in
                guard exchange.head.method == .post else { return login.form(status: .ok, message: nil) }
                let isEncrypted = exchange.header(HTTPField.Name("X-Forwarded-Proto")!) == "https"
                return try login.submit(try await parameters(exchange), isEncrypted: isEncrypted, now: now)
            },
            Route("/logout", [.post], access: .open, style: .text) { exchange in login.end(exchange.head) },
        ]
    }

    func pageRoutes(_ pages: any PageSource) -> [Route] {
        [
            Route("/", style: .page) { exchange in
                let page = await pages.page(nonce: randomHexadecimal(byteCount: 16))
                return content(exchange, page)
            },
            Route("/assets/*", style: .page) { exchange in
                guard let asset = pages.asset("/assets/\(exchange.pathParameter)") else {
                    throw TextError(status: .notFound, message: "no such file")
                }
                return content(exchange, asset)
            },
            Route("/api/v1/overview") { exchange in
                var response = Response(
                    bytes: await pages.overview(), contentType: "application/json", to: exchange.head,
                    compressionByteCountMin: options.compressionByteCountMin)
                response.headers[.cacheControl] = "no-store"
                return response
            },
            Route("/api/v1/overview/stream") { exchange in
                let after = try exchange.header(.lastEventID) ?? FormParameters(query: (exchange.request.uri.query ?? "").utf8)["after"]
                return Response(
                    status: .ok,
                    headers: [
                        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
                    ],
                    body: ResponseBody { writer in
                        let events = await pages.overviewEvents(after: after)
                        for await event in events.whileOpen(Connection.current) {
                            try await writer.write(ByteBuffer(bytes: event))
                        }
                        try await writer.finish(nil)
                    })
            },
        ]
    }

    private func content(_ exchange: Exchange, _ content: PageContent) -> Response {
        var response: Response
        if let tag = content.entityTag, exchange.header(.ifNoneMatch)?.contains(tag) ?? false {
            response = Response(status: .notModified)
        } else {
            response = Response(
                bytes: content.bytes, contentType: content.contentType, to: exchange.head,
                compressionByteCountMin: options.compressionByteCountMin)
        }
        response.headers[.eTag] = content.entityTag
        response.headers[.referrerPolicy] = "same-origin"
        response.headers[.frameOptions] = "DENY"
        for (name, value) in content.headers {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        return response
    }
}

extension AsyncStream<[UInt8]> {
    /// The same events, ending as soon as the client goes or the server stops. A reader that falls 64 events behind is ended:
    /// it comes back and is told what it missed.
    func whileOpen(_ connection: Connection?) -> AsyncStream<[UInt8]> {
        guard let connection else { return self }
        let (events, continuation) = AsyncStream<[UInt8]>.makeStream(bufferingPolicy: .bufferingOldest(64))
        let pump = Task {
            try? await connection.whileOpen(endsWithServer: true) {
                for await event in self {
                    guard case .enqueued = continuation.yield(event) else { break }
                }
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in pump.cancel() }
        return events
    }
}
