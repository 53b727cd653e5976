internal import ApusModel
internal import HTTPTypes
internal import Hummingbird

/// What changes the store beside writes: `/api/v1/admin/tsdb/…`, off unless the operator turned it on.
extension API {
    var administrationRoutes: [Route] {
        [
            Route("/api/v1/admin/tsdb/delete_series", [.post, .put], access: .administer) { try await deleteSeries($0) },
            Route("/api/v1/admin/tsdb/clean_tombstones", [.post, .put], access: .administer) { _ in
                try requireAdministration()
                try await backend.store.cleanTombstones()
                return Response(status: .noContent)
            },
            Route("/api/v1/admin/tsdb/snapshot", [.post, .put], access: .administer) { exchange in
                try requireAdministration()
                let text = try await parameters(exchange)["skip_head"] ?? "false"
                guard let skipHead = Self.truth(text) else {
                    throw APIError.invalid(
                        "skip_head",
                        "unable to parse boolean: strconv.ParseBool: parsing \(goQuoted(text)): invalid syntax")
                }
                let name = try await backend.store.snapshot(skipHead: skipHead)
                var data: [UInt8] = []
                data.appendJSONObject([("name", jsonString(name))])
                return success(exchange, SmallData(data))
            },
        ]
    }

    private func deleteSeries(_ exchange: Exchange) async throws -> Response {
        try requireAdministration()
        let parameters = try await parameters(exchange)
        guard !parameters.all("match[]").isEmpty else { throw APIError.badData("no match[] parameter provided") }
        let range = try parameters.timeRange()
        let selectors = try selectors(parameters, namesParameter: true)
        if let range { try await backend.store.deleteSeries(selectors, in: range) }
        return Response(status: .noContent)
    }

    private func requireAdministration() throws(APIError) {
        guard options.enableAdminAPI else {
            // 500, as Prometheus gives it.
            throw APIError(.unavailable, "admin APIs disabled", status: .internalServerError)
        }
        try requireReady()
    }

    /// What Go's `strconv.ParseBool` takes.
    private static func truth(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}
