public import ApusQuerying
internal import ApusModel
internal import ApusPromQL

extension OverviewModel {
    /// Fills the minutes before the first collection from the store, so that a restart does not empty the page.
    ///
    /// Waits up to ten seconds for the first `record`, since only then it is known which series are this host's; queries that
    /// fail leave their lines empty. About thirty range queries of 90 steps.
    public func preload(from engine: any QueryEngine, now: Int64) async {
        var attempts = 0
        while firstTime == nil && attempts < 200 && !Task.isCancelled {
            attempts += 1
            try? await Task.sleep(for: .milliseconds(50))
        }
        guard let first = firstTime else { return }
        let step: Int64 = 10_000
        let end = first - 1
        let start = max(0, now - FrameRing.spanMilliseconds) / step * step
        guard start < end else { return }
        var options = QueryOptions()
        // Bridges a late sample, but not a program that was down.
        options.lookbackMilliseconds = 30_000
        options.timeout = .seconds(20)
        var frames: [Int64: [String: Double]] = [:]
        for chart in ChartCatalog.charts {
            for query in chart.queries {
                let text = Self.expanded(query.text, selector: selector, ownSelector: host.ownSelector, windowSeconds: 40)
                guard let result = try? await engine.range(text, start: start, end: end, step: step, options: options),
                    case .matrix(let matrix) = result.value
                else { continue }
                Self.collect(matrix, of: query, into: &frames)
            }
        }
        guard !frames.isEmpty else { return }
        prepend(frames.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, now: now)
    }

    /// Puts the host's and the program's matchers and the rates' window in their places.
    static func expanded(_ query: String, selector: String, ownSelector: String, windowSeconds: Int) -> String {
        var result = ""
        var rest = Substring(query)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            switch rest.first {
            case "s": result += selector
            case "o": result += ownSelector
            case "w": result += "\(windowSeconds)s"
            default: break
            }
            rest = rest.dropFirst()
        }
        return result + rest
    }

    private static func collect(_ matrix: Matrix, of query: Chart.Query, into frames: inout [Int64: [String: Double]]) {
        for series in matrix.series {
            var channel = query.channel
            if let label = query.by {
                guard let value = series.labels[label] else { continue }
                if query.map.isEmpty {
                    // A device that never moved is not worth a line.
                    guard FrameBuilder.isPhysical(value), series.samples.values.contains(where: { $0 > 0 }) else { continue }
                    channel += value
                } else {
                    channel = query.map[value] ?? ""
                }
            }
            guard !channel.isEmpty else { continue }
            for (time, value) in zip(series.samples.times, series.samples.values) where value.isFinite {
                frames[time, default: [:]][channel, default: 0] += value
            }
        }
    }
}
