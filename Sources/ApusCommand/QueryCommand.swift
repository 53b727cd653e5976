internal import ApusConfiguration
internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Ask a running Apus (or any Prometheus-compatible server) in PromQL.",
        discussion: """
            Without --range the answer is a table of values now; with it, a sparkline with least, mean, greatest and last value a series.

            EXAMPLES
              apus query node_load1
              apus query 'sum by (mode) (rate(node_cpu_seconds_total[1m]))' --range 1h --step 15s
              apus query up --json | jq .
              apus query up --url https://monitor.example.net --token-file token
            """)

    @Argument(help: "The expression.")
    var expression: String

    @Option(help: ArgumentHelp("Ask over this time up to now (or --at).", valueName: "duration"))
    var range: String?

    @Option(help: ArgumentHelp("Between two points of a range; a hundredth of it when left out.", valueName: "duration"))
    var step: String?

    @Option(help: ArgumentHelp("The time to ask for, as seconds since 1970 or RFC 3339; now when left out.", valueName: "time"))
    var at: String?

    @Flag(help: "Print the server's answer as it is.")
    var json = false

    @Option(help: "The server.")
    var url = ProcessInfo.processInfo.environment["APUS_URL"] ?? "http://127.0.0.1:9090"

    @Option(help: ArgumentHelp("File with the bearer token; else the variable APUS_TOKEN.", valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("Longest wait.", valueName: "duration"))
    var timeout = "2m"

    func run() async throws {
        let (body, status) = try await fetch()
        if json {
            Terminal.out(String(decoding: body, as: UTF8.self))
            if status != 200 { throw ExitCode(1) }
            return
        }
        guard let answer = try? JSONDecoder().decode(QueryAnswer.self, from: body) else {
            throw Failure("\(url) answered \(status) with something that is no query result; is it a Prometheus-compatible server?")
        }
        guard answer.status == "success", let payload = answer.data else {
            throw Failure(answer.error ?? "the server answered \(status) without a reason")
        }
        for line in QueryTable(columnCount: Terminal.columnCount).lines(payload) { Terminal.out(line) }
        for remark in (answer.warnings ?? []) + (answer.infos ?? []) { Terminal.error("note: \(remark)") }
    }

    private func fetch() async throws -> (Data, Int) {
        let seconds = try milliseconds(timeout, "--timeout") / 1000
        var request = HTTPClientRequest(url: try address())
        var configuration = HTTPClient.Configuration()
        // A server that is not there is told at once rather than when the time is up.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let token = try token() { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        do {
            return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                let response = try await client.execute(request, timeout: .seconds(max(1, seconds)))
                let body = try await response.body.collect(upTo: 1 << 30)
                return (Data(body.readableBytesView), Int(response.status.code))
            }
        } catch let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded {
            throw Failure("\(url) did not answer within \(timeout)")
        } catch {
            throw Failure("cannot reach \(url): \(Self.reason(error))\nIs the server running? Start it with: apus serve")
        }
    }

    /// The cause in a few words, where the libraries wrap it in many.
    private static func reason(_ error: any Error) -> String {
        let text = String(describing: error)
        let known = ["Connection refused", "Name or service not known", "No route to host", "Network is unreachable", "Connection reset by peer"]
        return known.first { text.contains($0) }?.lowercased() ?? text
    }

    private func address() throws -> String {
        guard var parts = URLComponents(string: url), parts.scheme == "http" || parts.scheme == "https", parts.host != nil else {
            throw ValidationError("--url wants an address such as http://127.0.0.1:9090")
        }
        var items = [URLQueryItem(name: "query", value: expression)]
        let path = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        if let range {
            let length = try milliseconds(range, "--range")
            let stepMilliseconds = try step.map { try milliseconds($0, "--step") } ?? max(1000, length / 100)
            guard length > 0, stepMilliseconds > 0 else { throw ValidationError("--range and --step must be longer than nothing") }
            let end = try at.map(Self.seconds) ?? Date().timeIntervalSince1970
            parts.path = path + "/api/v1/query_range"
            items += [
                URLQueryItem(name: "start", value: "\(end - Double(length) / 1000)"), URLQueryItem(name: "end", value: "\(end)"),
                URLQueryItem(name: "step", value: "\(Double(stepMilliseconds) / 1000)"),
            ]
        } else {
            if step != nil { throw ValidationError("--step goes with --range") }
            parts.path = path + "/api/v1/query"
            if let at { items.append(URLQueryItem(name: "time", value: "\(try Self.seconds(at))")) }
        }
        parts.queryItems = items
        // A plus stands for a space in forms, and URLComponents leaves it as it is.
        parts.percentEncodedQuery = parts.percentEncodedQuery?.replacing("+", with: "%2B")
        return parts.string ?? url
    }

    private func token() throws -> String? {
        guard let tokenFile else { return ProcessInfo.processInfo.environment["APUS_TOKEN"] }
        guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) else { throw Failure("\(tokenFile): cannot be read") }
        return text.split(whereSeparator: \.isNewline).first.map(String.init)
    }

    private func milliseconds(_ text: String, _ option: String) throws -> Int64 {
        guard let value = ScalarText.milliseconds(text) else { throw ValidationError("\(option) wants a duration such as 30s, 5m or 1h30m") }
        return value
    }

    private static func seconds(_ text: String) throws -> Double {
        if let number = Double(text), number.isFinite { return number }
        if let date = try? Date(text, strategy: .iso8601) { return date.timeIntervalSince1970 }
        throw ValidationError("--at wants seconds since 1970 or a time such as 2026-01-31T12:00:00Z")
    }
}

/// What went wrong, in a sentence for the person at the terminal.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
