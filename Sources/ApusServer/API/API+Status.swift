internal import ApusExposition
internal import HTTPTypes
internal import Hummingbird

/// What the server tells of itself under `/api/v1/status/…`, and the parts of Prometheus's API that have nothing to show yet.
extension API {
    var statusRoutes: [Route] {
        [
            Route("/api/v1/status/buildinfo") { exchange in
                let info = backend.information
                return object(
                    exchange,
                    [
                        ("version", jsonString(info.compatibleVersion)), ("revision", jsonString(info.revision)),
                        ("branch", jsonString("")), ("buildUser", jsonString("")), ("buildDate", jsonString(info.buildDate)),
                        ("goVersion", jsonString("")), ("application", jsonString("Apus")),
                        ("applicationVersion", jsonString(info.version)),
                    ])
            },
            Route("/api/v1/status/config") { exchange in
                object(exchange, [("yaml", jsonString(backend.information.configurationText))])
            },
            Route("/api/v1/status/flags") { exchange in
                object(exchange, backend.information.flags.sorted { $0.key < $1.key }.map { ($0.key, jsonString($0.value)) })
            },
            Route("/api/v1/status/runtimeinfo") { exchange in
                let info = backend.information
                return object(
                    exchange,
                    [
                        ("startTime", jsonString(RFC3339.text(milliseconds: info.startTime))),
                        ("CWD", jsonString(info.workingDirectory)), ("hostname", jsonString(info.hostName)),
                        ("serverTime", jsonString(RFC3339.text(milliseconds: now))), ("reloadConfigSuccess", Array("true".utf8)),
                        ("lastConfigTime", jsonString(RFC3339.text(milliseconds: info.configurationTime))),
                        ("corruptionCount", Array("0".utf8)), ("storageRetention", jsonString(info.storageRetention)),
                    ])
            },
            Route("/api/v1/status/tsdb") { try await cardinality($0) },
            // Nothing is answered before the log has been read.
            Route("/api/v1/status/walreplay") { success($0, SmallData(#"{"min":0,"max":0,"current":0}"#)) },
        ]
    }

    var emptyRoutes: [Route] {
        [
            Route("/api/v1/targets") { exchange in
                success(exchange, SmallData(#"{"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{}}"#))
            },
            Route("/api/v1/targets/metadata") { success($0, SmallData("[]")) },
            Route("/api/v1/scrape_pools") { success($0, SmallData(#"{"scrapePools":[]}"#)) },
            Route("/api/v1/rules") { exchange in
                let type = try await parameters(exchange)["type"] ?? ""
                guard ["", "alert", "record"].contains(type) else {
                    throw APIError.invalid("type", "not supported value \(goQuoted(type))")
                }
                return success(exchange, SmallData(#"{"groups":[]}"#))
            },
            Route("/api/v1/notifications") { success($0, SmallData("[]")) },
            Route("/api/v1/alerts") { success($0, SmallData(#"{"alerts":[]}"#)) },
            Route("/api/v1/alertmanagers") { exchange in
                success(exchange, SmallData(#"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#))
            },
        ]
    }

    private func object(_ exchange: Exchange, _ members: [(name: String, json: [UInt8])]) -> Response {
        var data: [UInt8] = []
        data.appendJSONObject(members)
        return success(exchange, SmallData(data))
    }

    private func cardinality(_ exchange: Exchange) async throws -> Response {
        var limit = 10
        if let text = try await parameters(exchange)["limit"] {
            guard let number = Int(text), number >= 1 else { throw APIError.badData("limit must be a positive number") }
            limit = min(number, 10_000)
        }
        let statistics = try await query { [store = backend.store, limit] in try await store.cardinality(limit: limit) }
        let rows = { (rows: [CardinalityStatistics.Row]) in
            var output: [UInt8] = []
            output.appendJSONList(rows.prefix(limit)) { row, output in
                output.appendJSONObject([("name", jsonString(row.name)), ("value", number(Int64(row.value)))])
            }
            return output
        }
        var head: [UInt8] = []
        head.appendJSONObject([
            ("numSeries", number(Int64(statistics.seriesCount))), ("numLabelPairs", number(Int64(statistics.labelPairCount))),
            ("chunkCount", number(Int64(statistics.chunkCount))),
            ("minTime", number(statistics.timeRange?.lowerBound ?? .max)),
            ("maxTime", number(statistics.timeRange?.upperBound ?? .min)),
        ])
        return object(
            exchange,
            [
                ("headStats", head), ("seriesCountByMetricName", rows(statistics.seriesCountByMetricName)),
                ("labelValueCountByLabelName", rows(statistics.labelValueCountByLabelName)),
                ("memoryInBytesByLabelName", rows(statistics.memoryInBytesByLabelName)),
                ("seriesCountByLabelValuePair", rows(statistics.seriesCountByLabelValuePair)),
            ])
    }
}

private func number(_ value: Int64) -> [UInt8] {
    var output: [UInt8] = []
    FloatText.append(value, to: &output)
    return output
}
