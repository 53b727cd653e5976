internal import ApusModel
internal import ApusPromQL
internal import ApusQuerying
internal import HTTPTypes
internal import Hummingbird

/// PromQL: `/api/v1/query`, `/api/v1/query_range`, and what concerns a query's text.
extension API {
    /// Points that a range query may have, as in Prometheus.
    private static let pointCountMax: Int64 = 11_000
    private static let truncated = "results truncated due to limit"

    var queryRoutes: [Route] {
        [
            Route("/api/v1/query", [.get, .post]) { try await instant($0) },
            Route("/api/v1/query_range", [.get, .post]) { try await range($0) },
            Route("/api/v1/query_exemplars", [.get, .post]) { try await exemplars($0) },
            Route("/api/v1/format_query", [.get, .post]) { exchange in
                let parameters = try await parameters(exchange)
                let text = try backend.syntax.formatted(parameters["query"] ?? "")
                return success(exchange, SmallData(jsonString(text)))
            },
            Route("/api/v1/parse_query", [.get, .post]) { exchange in
                let parameters = try await parameters(exchange)
                return success(exchange, SmallData(try backend.syntax.tree(parameters["query"] ?? "")))
            },
        ]
    }

    private func instant(_ exchange: Exchange) async throws -> Response {
        let parameters = try await parameters(exchange)
        let limit = try parameters.limit()
        let time = try parameters.time("time", default: now)
        let options = try queryOptions(parameters)
        let text = parameters["query"] ?? ""
        let result = try await query { [engine = backend.engine] in
            try await engine.instant(text, at: time, options: options)
        }
        return success(exchange, result, time: time, limit: limit)
    }

    private func range(_ exchange: Exchange) async throws -> Response {
        let parameters = try await parameters(exchange)
        let limit = try parameters.limit()
        let start = try parameters.time("start")
        let end = try parameters.time("end")
        guard end >= start else { throw APIError.invalid("end", "end timestamp must not be before start time") }
        let step = try parameters.duration("step")
        guard let step else { throw APIError.invalid("step", TimeText.DurationError.invalid("").description) }
        guard step > 0 else {
            throw APIError.invalid(
                "step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        guard (end - start) / step <= Self.pointCountMax else {
            throw APIError.badData(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")
        }
        let options = try queryOptions(parameters)
        let text = parameters["query"] ?? ""
        if let type = try? Parser.parse(text).valueType, type != .scalar && type != .vector {
            throw APIError.invalid(
                "query", "invalid expression type \(goQuoted(type.documentedName)) for range query, must be Scalar or instant Vector")
        }
        let result = try await query { [engine = backend.engine] in
            try await engine.range(text, start: start, end: end, step: step, options: options)
        }
        return success(exchange, result, time: end, limit: limit)
    }

    /// There are none yet; the parameters are held to Prometheus's rules all the same.
    private func exemplars(_ exchange: Exchange) async throws -> Response {
        let parameters = try await parameters(exchange)
        let start = try parameters.time("start", default: TimeText.earliest)
        let end = try parameters.time("end", default: TimeText.latest)
        guard end >= start else { throw APIError.badData("end timestamp must not be before start timestamp") }
        do {
            _ = try Parser.parse(parameters["query"] ?? "")
        } catch {
            throw APIError.badData(error.description)
        }
        return success(exchange, SmallData("[]"))
    }

    private func success(_ exchange: Exchange, _ result: QueryResult, time: Int64, limit: Int?) -> Response {
        var value = result.value
        var warnings = result.warnings
        if let limit, value.truncate(to: limit) { warnings.append(Self.truncated) }
        return success(exchange, QueryResultData(value, time: time), warnings: warnings, infos: result.infos)
    }

    /// What a query may cost: the server's own bounds, or less when it asks for less.
    private func queryOptions(_ parameters: FormParameters) throws(APIError) -> QueryOptions {
        var result = options.query
        if let timeout = try parameters.duration("timeout") {
            result.timeout = min(result.timeout, .milliseconds(max(0, timeout)))
        }
        if let text = parameters["lookback_delta"] {
            do {
                let lookback = try TimeText.duration(text)
                if lookback > 0 { result.lookbackMilliseconds = lookback }
            } catch {
                throw .badData("error parsing lookback delta duration: \(error.description)")
            }
        }
        return result
    }
}

extension QueryResult.Value {
    /// Keeps the first rows; returns whether there were more.
    fileprivate mutating func truncate(to limit: Int) -> Bool {
        switch self {
        case .vector(let rows) where rows.count > limit: self = .vector(Array(rows.prefix(limit)))
        case .matrix(let matrix) where matrix.series.count > limit:
            self = .matrix(Matrix(series: Array(matrix.series.prefix(limit))))
        default: return false
        }
        return true
    }
}
