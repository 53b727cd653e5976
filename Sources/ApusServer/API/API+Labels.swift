internal import ApusModel
internal import ApusQuerying
internal import ApusSelection
internal import HTTPTypes
internal import Hummingbird

/// What series there are: `/api/v1/series`, `/labels`, `/label/…/values`, `/metadata`.
extension API {
    private static let truncated = "results truncated due to limit"

    var labelRoutes: [Route] {
        [
            Route("/api/v1/series", [.get, .post]) { try await series($0) },
            Route("/api/v1/labels", [.get, .post]) { exchange in
                let parameters = try await parameters(exchange)
                return try await names(exchange, parameters) { [source = backend.engine.source] selectors, range, limit in
                    try await source.labelNames(selectors, in: range, limit: limit)
                }
            },
            Route("/api/v1/label/:name/values") { exchange in
                let name = try labelName(exchange.pathParameter)
                let parameters = try await parameters(exchange)
                return try await names(exchange, parameters) { [source = backend.engine.source] selectors, range, limit in
                    try await source.labelValues(name, selectors, in: range, limit: limit)
                }
            },
            Route("/api/v1/metadata") { try await metadata($0) },
        ]
    }

    private func series(_ exchange: Exchange) async throws -> Response {
        let parameters = try await parameters(exchange)
        guard !parameters.all("match[]").isEmpty else { throw APIError.badData("no match[] parameter provided") }
        let limit = try parameters.limit()
        let range = try parameters.timeRange()
        let selectors = try selectors(parameters, namesParameter: true)
        guard let range else { return success(exchange, SmallData("[]")) }
        var rows = try await query { [source = backend.engine.source] in
            // One more than asked for tells whether there are more.
            try await source.series(selectors, in: range, limit: limit.map { $0 == .max ? $0 : $0 + 1 })
        }
        let warnings = Self.truncate(&rows, limit)
        return success(exchange, ListData(rows), warnings: warnings)
    }

    private func names(
        _ exchange: Exchange, _ parameters: FormParameters,
        _ list: @escaping @Sendable ([[Matcher]], ClosedRange<Int64>, Int?) async throws -> [String]
    ) async throws -> Response {
        let limit = try parameters.limit()
        let range = try parameters.timeRange()
        let selectors = try selectors(parameters, namesParameter: false)
        guard let range else { return success(exchange, SmallData("[]")) }
        var rows = try await query { try await list(selectors, range, limit.map { $0 == .max ? $0 : $0 + 1 }) }
        let warnings = Self.truncate(&rows, limit)
        return success(exchange, ListData(rows), warnings: warnings)
    }

    private static func truncate<Row>(_ rows: inout [Row], _ limit: Int?) -> [String] {
        guard let limit, rows.count > limit else { return [] }
        rows.removeSubrange(limit...)
        return [truncated]
    }

    /// A label's name out of a path, with Prometheus's escapes (`U__a_2e_b` is `a.b`) undone.
    private func labelName(_ part: Substring) throws(APIError) -> String {
        guard let bytes = percentDecoded(part.utf8, plusIsSpace: false) else {
            throw .badData("invalid label name: \(goQuoted(part))")
        }
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else {
            let text = bytes.map { byte in
                byte >= 0x20 && byte < 0x7f ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
            }
            throw .badData("invalid label name: \"\(text.joined())\"")
        }
        return EscapedName.unescaped(name)
    }

    private func metadata(_ exchange: Exchange) async throws -> Response {
        let parameters = try await parameters(exchange)
        let limit = try Self.count(parameters, "limit")
        let limitPerMetric = try Self.count(parameters, "limit_per_metric")
        if limit == 0 { return success(exchange, SmallData("{}")) }
        let metric = parameters["metric"]
        let families = try await query { [store = backend.store] in try await store.metadata(metric: metric, limit: limit) }
        var members: [(name: String, json: [UInt8])] = []
        for (name, entries) in families.sorted(by: { $0.key < $1.key }).prefix(limit ?? .max) {
            var json: [UInt8] = []
            json.appendJSONList(entries.prefix(limitPerMetric.map { $0 == 0 ? .max : $0 } ?? .max)) { entry, output in
                output.appendJSONObject([
                    ("type", jsonString(entry.kind.rawValue)), ("unit", jsonString(entry.unit)), ("help", jsonString(entry.help)),
                ])
            }
            members.append((name, json))
        }
        var data: [UInt8] = []
        data.appendJSONObject(members)
        return success(exchange, SmallData(data))
    }

    /// A number that means no bound when negative.
    private static func count(_ parameters: FormParameters, _ name: String) throws(APIError) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard let count = Int(text) else { throw .badData("\(name) must be a number") }
        return count < 0 ? nil : count
    }
}

/// Names of any characters inside of the classic ones: `U__`, then `_` doubled and other characters as `_hex_`.
enum EscapedName {
    /// The name that is meant; the text itself when it is not escaped, or wrongly.
    static func unescaped(_ text: String) -> String {
        guard text.hasPrefix("U__") else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars.dropFirst(3)
        while let scalar = rest.popFirst() {
            guard scalar == "_" else {
                result.append(scalar)
                continue
            }
            if rest.first == "_" {
                rest.removeFirst()
                result.append("_")
                continue
            }
            let digits = rest.prefix { $0 != "_" }
            guard (1...6).contains(digits.count), digits.count < rest.count, let value = UInt32(String(digits), radix: 16),
                let meant = UnicodeScalar(value)
            else { return text }
            rest = rest.dropFirst(digits.count + 1)
            result.append(meant)
        }
        return String(result)
    }
}
