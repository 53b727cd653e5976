internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore

/// One thing that the server answers.
struct Route: Sendable {
    /// How errors are told, fitting the route's clients.
    enum Style: Sendable {
        case json
        case text
        /// As text, but a missing login is answered with the form for it.
        case page
    }

    /// Exact, or with one `:name` part, or with `*` for the rest. Also the route's name in metrics.
    let path: String
    let methods: [HTTPRequest.Method]
    let access: Access
    let style: Style
    let metrics: RouteMetrics
    let handle: @Sendable (Exchange) async throws -> Response

    init(
        _ path: String, _ methods: [HTTPRequest.Method] = [.get], access: Access = .read, style: Style = .json,
        metrics: RouteMetrics? = nil, _ handle: @escaping @Sendable (Exchange) async throws -> Response
    ) {
        self.path = path
        self.methods = methods
        self.access = access
        self.style = style
        self.metrics = metrics ?? RouteMetrics(handler: path)
        self.handle = handle
    }

    /// What `Allow` says.
    var allowedMethods: String {
        (methods + (methods.contains(.get) ? [.head] : []) + [.options]).map(\.rawValue).sorted().joined(separator: ", ")
    }
}

/// A request on its way through a route.
struct Exchange: Sendable {
    let request: Request
    /// What stood for `:name` or `*` in the route's path, still percent-encoded.
    let pathParameter: Substring

    var head: HTTPRequest { request.head }

    func header(_ name: HTTPField.Name) -> String? { request.headers[name] }
}

/// Finds the route of a path.
struct RouteTable: Sendable {
    enum Match {
        case found(Route, parameter: Substring)
        case wrongMethod(Route)
        case none
    }

    let routes: [Route]
    private let exact: [String: Int]
    /// Routes with a parameter: what stands before and after it.
    private let patterns: [(prefix: String, suffix: String, takesRest: Bool, index: Int)]

    init(_ routes: [Route]) {
        self.routes = routes
        var exact: [String: Int] = [:]
        var patterns: [(prefix: String, suffix: String, takesRest: Bool, index: Int)] = []
        for (index, route) in routes.enumerated() {
            if let star = route.path.firstIndex(of: "*") {
                patterns.append((String(route.path[..<star]), "", true, index))
            } else if let colon = route.path.firstIndex(of: ":") {
                let rest = route.path[colon...]
                patterns.append((String(route.path[..<colon]), String(rest.drop { $0 != "/" }), false, index))
            } else {
                exact[route.path] = index
            }
        }
        self.exact = exact
        self.patterns = patterns
    }

    /// `HEAD` goes where `GET` does.
    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        if let index = exact[path] { return checked(routes[index], method, "") }
        for pattern in patterns where path.hasPrefix(pattern.prefix) && path.hasSuffix(pattern.suffix) {
            let parameter = path.dropFirst(pattern.prefix.count).dropLast(pattern.suffix.count)
            let isWhole = path.utf8.count == pattern.prefix.utf8.count + parameter.utf8.count + pattern.suffix.utf8.count
            guard isWhole, !parameter.isEmpty, pattern.takesRest || !parameter.contains("/") else { continue }
            return checked(routes[pattern.index], method, parameter)
        }
        return .none
    }

    private func checked(_ route: Route, _ method: HTTPRequest.Method, _ parameter: Substring) -> Match {
        let matches = route.methods.contains(method) || method == .options || (method == .head && route.methods.contains(.get))
        return matches ? .found(route, parameter: parameter) : .wrongMethod(route)
    }
}
