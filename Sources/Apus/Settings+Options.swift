internal import ApusConfiguration
internal import ApusExposition
internal import ApusPlatform
internal import ApusPromQL
internal import ApusSeriesDatabase
internal import ApusServer
internal import FoundationEssentials
internal import Logging

/// Why the program does not start, in a sentence.
struct StartError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Settings {
    /// - Throws: When the address is none or the token file cannot be read.
    func serverOptions() throws(StartError) -> ServerOptions {
        var options = ServerOptions()
        guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]) else {
            throw StartError("server.listen wants an address and a port such as 127.0.0.1:9090, not \"\(listen)\"")
        }
        let host = String(listen[..<colon]).replacing("[", with: "").replacing("]", with: "")
        options.host = host.isEmpty ? "0.0.0.0" : host
        options.port = Int(port)
        if let secret = try secret() { options.tokens = [AccessToken(secret)] }
        options.insecure = insecure
        options.enableAdminAPI = enableAdminAPI
        options.query = queryOptions
        options.writeByteCountMax = bodyByteCountMax
        options.remoteWrite.uncompressedByteCountMax = max(64 << 20, bodyByteCountMax)
        options.connectionCountMax = connectionsMax
        options.concurrentWritesMax = concurrentWritesMax
        options.concurrentQueriesMax = queryConcurrencyMax
        options.requestReadTimeout = requestTimeout
        options.responseWriteTimeout = requestTimeout
        options.idleTimeout = idleTimeout
        return options
    }

    private func secret() throws(StartError) -> String? {
        if let token { return token }
        guard let tokenFile else { return nil }
        guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
            throw StartError("the token file \(tokenFile) cannot be read")
        }
        guard let line = text.split(whereSeparator: \.isNewline).first.map(String.init)?.filter({ !$0.isWhitespace }), !line.isEmpty else {
            throw StartError("the token file \(tokenFile) is empty; its first line is the token")
        }
        return line
    }

    func databaseOptions(clock: any WallClock, logger: Logger) -> SeriesDatabase.Options {
        var options = SeriesDatabase.Options(directory: dataDirectory)
        options.clock = clock
        options.retentionTime = retentionTime
        options.retentionByteCount = retentionByteCount
        options.syncPolicy = syncsEveryWrite ? .everyWrite : .interval(.milliseconds(100))
        options.events = { event in
            switch event {
            case .failed, .blockDamaged, .logDamaged, .compactionPostponed: logger.error("\(event.message)")
            case .logCut: logger.warning("\(event.message)")
            case .recovered, .retired: logger.info("\(event.message)")
            case .flushed, .compacted: logger.debug("\(event.message)")
            }
        }
        return options
    }

    var queryOptions: QueryOptions {
        var options = QueryOptions()
        options.lookbackMilliseconds = lookback.milliseconds
        options.defaultSubqueryStepMilliseconds = evaluationInterval.milliseconds
        options.samplesMax = querySamplesMax
        options.timeout = queryTimeout
        return options
    }

    /// As Prometheus's `/api/v1/status/runtimeinfo` says it: `30d or 10GiB`.
    var retentionText: String {
        let parts = [
            retentionTime.map { ScalarText.text(milliseconds: $0.milliseconds) },
            retentionByteCount.map { "\(Double($0 * 10 / (1 << 30)).rounded() / 10)GiB" },
        ]
        let text = parts.compactMap { $0 }.joined(separator: " or ")
        return text.isEmpty ? "unlimited" : text
    }

    /// As `/api/v1/status/flags` shows them, in Prometheus's names where it has one.
    var flags: [String: String] {
        [
            "web.listen-address": listen, "web.enable-admin-api": "\(enableAdminAPI)", "web.enable-remote-write-receiver": "true",
            "storage.tsdb.path": dataDirectory,
            "storage.tsdb.retention.time": retentionTime.map { ScalarText.text(milliseconds: $0.milliseconds) } ?? "unlimited",
            "storage.tsdb.retention.size": "\(retentionByteCount ?? 0)B",
            "query.timeout": ScalarText.text(milliseconds: queryTimeout.milliseconds), "query.max-concurrency": "\(queryConcurrencyMax)",
            "query.max-samples": "\(querySamplesMax)", "query.lookback-delta": ScalarText.text(milliseconds: lookback.milliseconds),
            "log.level": logLevel, "log.format": logsJSON ? "json" : "text",
        ]
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
