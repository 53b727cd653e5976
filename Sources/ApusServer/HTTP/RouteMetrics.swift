internal import ApusExposition
internal import Synchronization

/// How often a route was asked, with which outcome, and how long it took until the answer began.
final class RouteMetrics: Sendable {
    /// Upper bounds of the histogram's buckets, seconds.
    static let boundsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    struct Figures: Sendable {
        var countByCode: [Int: Int] = [:]
        /// One more than there are bounds; not cumulative.
        var bucketCounts = [Int](repeating: 0, count: RouteMetrics.boundsSeconds.count + 1)
        var sumSeconds = 0.0
        var count = 0
    }

    /// The route's path.
    let handler: String
    private let figures = Mutex(Figures())

    init(handler: String) { self.handler = handler }

    func record(code: Int, seconds: Double) {
        figures.withLock { figures in
            figures.countByCode[code, default: 0] += 1
            let bucket = Self.boundsSeconds.firstIndex { seconds <= $0 } ?? Self.boundsSeconds.count
            figures.bucketCounts[bucket] += 1
            figures.sumSeconds += seconds
            figures.count += 1
        }
    }

    var current: Figures { figures.withLock { $0 } }
}

/// Writes metric families as text, in Prometheus's format 0.0.4 or OpenMetrics 1.0.
struct MetricsText {
    let isOpenMetrics: Bool
    private(set) var bytes: [UInt8] = []

    init(openMetrics: Bool) { isOpenMetrics = openMetrics }

    /// - Parameter name: Of a counter with its `_total`.
    mutating func family(_ name: String, _ kind: String, _ help: String) {
        let family = isOpenMetrics && kind == "counter" && name.hasSuffix("_total") ? String(name.dropLast(6)) : name
        add("# HELP \(family) \(help)\n# TYPE \(family) \(kind)\n")
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        add(name)
        if !labels.isEmpty {
            add("{" + labels.map { "\($0)=\(goQuoted($1))" }.joined(separator: ",") + "}")
        }
        add(" ")
        FloatText.appendGeneral(value, to: &bytes)
        add("\n")
    }

    mutating func single(_ name: String, _ kind: String, _ help: String, _ value: Double) {
        family(name, kind, help)
        sample(name, [], value)
    }

    mutating func append(_ text: [UInt8]) { bytes.append(contentsOf: text) }

    mutating func end() { if isOpenMetrics { add("# EOF\n") } }

    private mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

extension MetricsText {
    /// The families of all routes; routes that nobody asked are left out.
    mutating func append(_ routes: [RouteMetrics]) {
        let rows = routes.map { ($0.handler, $0.current) }.filter { $0.1.count > 0 }
        family("apus_http_requests_total", "counter", "HTTP requests answered.")
        for (handler, figures) in rows {
            for (code, count) in figures.countByCode.sorted(by: { $0.key < $1.key }) {
                sample("apus_http_requests_total", [("handler", handler), ("code", String(code))], Double(count))
            }
        }
        family("apus_http_request_duration_seconds", "histogram", "Time from a request's head to the beginning of its answer.")
        for (handler, figures) in rows {
            var cumulative = 0
            for (at, count) in figures.bucketCounts.enumerated() {
                cumulative += count
                var bound: [UInt8] = []
                FloatText.appendGeneral(at < RouteMetrics.boundsSeconds.count ? RouteMetrics.boundsSeconds[at] : .infinity, to: &bound)
                let le = String(decoding: bound, as: UTF8.self)
                sample("apus_http_request_duration_seconds_bucket", [("handler", handler), ("le", le)], Double(cumulative))
            }
            sample("apus_http_request_duration_seconds_sum", [("handler", handler)], figures.sumSeconds)
            sample("apus_http_request_duration_seconds_count", [("handler", handler)], Double(figures.count))
        }
    }
}
