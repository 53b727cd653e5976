internal import ApusPlatform
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// What the responder keeps of Hummingbird's context: nothing, since routes get all they need in an `Exchange`.
struct EmptyContext: InitializableFromSource {
    init(source: ApplicationRequestContextSource) {}
}

/// Takes each request through its route: access, errors in the route's style, `HEAD`, `OPTIONS`, and the count of it all.
struct Responder: HTTPResponder {
    let table: RouteTable
    let authorizer: Authorizer
    let login: Login
    let clock: any WallClock
    let logger: Logger
    /// Requests that no route took.
    let unmatched: RouteMetrics

    func respond(to request: Request, context: EmptyContext) async throws -> Response {
        let start = ContinuousClock.now
        let (response, metrics) = await answer(request)
        metrics.record(code: response.status.code, seconds: (ContinuousClock.now - start) / .seconds(1))
        return response
    }

    private func answer(_ request: Request) async -> (Response, RouteMetrics) {
        let path = request.uri.path
        switch table.match(request.method, path) {
        case .none:
            if let refusal = refusal(request, access: .read, style: path.hasPrefix("/api/") ? .json : .text) {
                return (refusal, unmatched)
            }
            return (Self.missing(path), unmatched)
        case .wrongMethod(let route):
            if let refusal = refusal(request, access: route.access, style: route.style) { return (refusal, route.metrics) }
            return (Self.wrongMethod(request.method, route), route.metrics)
        case .found(let route, let parameter):
            if let refusal = refusal(request, access: route.access, style: route.style) { return (refusal, route.metrics) }
            if request.method == .options {
                return (Response(status: .noContent, headers: [.allow: route.allowedMethods]), route.metrics)
            }
            var response = await run(route, Exchange(request: request, pathParameter: parameter))
            if request.method == .head { response = response.createHeadResponse() }
            return (response, route.metrics)
        }
    }

    private func run(_ route: Route, _ exchange: Exchange) async -> Response {
        do {
            return try await route.handle(exchange)
        } catch let error as TextError {
            return Response(error)
        } catch let error as BodyTooLarge {
            let message = "the body is larger than \(error.byteCountMax) bytes"
            return failure(APIError(.badData, message, status: .contentTooLarge), route.style)
        } catch is BodyCut {
            return failure(.badData("the body is not complete"), route.style)
        } catch is Gate.Refused {
            return failure(.unavailable("too many requests of this kind are under way"), route.style)
        } catch {
            let error = APIError(error)
            if error.kind == .internal {
                logger.error("request failed", metadata: ["route": "\(route.path)", "error": "\(error.message)"])
            }
            return failure(error, route.style)
        }
    }

    private func refusal(_ request: Request, access: Access, style: Route.Style) -> Response? {
        switch authorizer.verdict(on: request.head, access: access, now: clock.nowMilliseconds) {
        case .allowed: return nil
        case .unauthorized:
            var response: Response =
                if style == .page {
                    login.form(status: .unauthorized, message: nil)
                } else {
                    failure(APIError(.badData, "authorization required", status: .unauthorized), style)
                }
            response.headers[.wwwAuthenticate] = #"Bearer realm="apus""#
            return response
        case .forbidden(let reason): return failure(APIError(.badData, reason, status: .forbidden), style)
        }
    }

    private func failure(_ error: APIError, _ style: Route.Style) -> Response {
        switch style {
        case .json: Response(error)
        case .text, .page:
            Response(TextError(status: error.status, message: error.message, retryAfterSeconds: error.retryAfterSeconds))
        }
    }

    private static func missing(_ path: String) -> Response {
        let message = "no such path: \(path.prefix(200))"
        return path.hasPrefix("/api/")
            ? Response(APIError(.notFound, message)) : Response(TextError(status: .notFound, message: message))
    }

    private static func wrongMethod(_ method: HTTPRequest.Method, _ route: Route) -> Response {
        let message = "\(method.rawValue.prefix(20)) is not possible here, only \(route.allowedMethods)"
        var response =
            route.style == .json
            ? Response(APIError(.badData, message, status: .methodNotAllowed))
            : Response(TextError(status: .methodNotAllowed, message: message))
        response.headers[.allow] = route.allowedMethods
        return response
    }
}
