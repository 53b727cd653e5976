/// Lays a query's answer out for a terminal: instant values as a table, ranges as one sparkline a series.
struct QueryTable {
    var columnCount = 100
    /// Lines for series; what is left out is said.
    var seriesMax = 200

    func lines(_ payload: QueryAnswer.Payload) -> [String] {
        switch payload.result {
        case .single(let point): return [point.text]
        case .series(let series) where series.isEmpty: return ["no data"]
        case .series(let series):
            var lines = series[0].values == nil ? instant(Array(series.prefix(seriesMax))) : range(Array(series.prefix(seriesMax)))
            if series.count > seriesMax { lines.append("… and \(series.count - seriesMax) more series (--json shows all)") }
            return lines
        }
    }

    private func instant(_ series: [QueryAnswer.Series]) -> [String] {
        let values = series.map { Self.shown($0.value?.number ?? .nan) }
        let width = values.map(\.count).max() ?? 0
        return zip(series, values).map { Self.padded($1, width) + "  " + Self.name($0.metric) }
    }

    private func range(_ series: [QueryAnswer.Series]) -> [String] {
        let columns = [
            ("min", { (v: [Double]) in v.min() }), ("avg", { v in v.isEmpty ? nil : v.reduce(0, +) / Double(v.count) }), ("max", { v in v.max() }),
            ("last", { v in v.last }),
        ]
        let rows = series.map { one -> (numbers: [String], all: [Double], name: String) in
            let all = (one.values ?? []).map(\.number)
            let finite = all.filter(\.isFinite)
            return (columns.map { column in column.1(finite).map(Self.shown) ?? "–" }, all, Self.name(one.metric))
        }
        let widths = columns.indices.map { i in max(columns[i].0.count, rows.map { $0.numbers[i].count }.max() ?? 0) }
        let sparkWidth = max(10, min(60, columnCount / 3))
        let header = zip(columns, widths).map { Self.padded($0.0, $1) }.joined(separator: "  ")
        return [String(repeating: " ", count: sparkWidth) + "  " + header]
            + rows.map { row in
                let numbers = zip(row.numbers, widths).map { Self.padded($0, $1) }.joined(separator: "  ")
                return Self.sparkline(row.all, width: sparkWidth) + "  " + numbers + "  " + row.name
            }
    }

    /// Eight heights of block; gaps for values that are no numbers; from the series' least to its greatest.
    static func sparkline(_ values: [Double], width: Int) -> String {
        let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max(), !values.isEmpty else { return String(repeating: " ", count: width) }
        var line = ""
        for column in 0..<width {
            let from = column * values.count / width
            let to = max(from + 1, (column + 1) * values.count / width)
            let part = values[from..<min(to, values.count)].filter(\.isFinite)
            guard !part.isEmpty else {
                line.append(" ")
                continue
            }
            let mean = part.reduce(0, +) / Double(part.count)
            let share = high > low ? (mean - low) / (high - low) : 0
            line.append(blocks[max(0, min(7, Int((share * 7.999).rounded(.down))))])
        }
        return line
    }

    /// Up to six significant digits; whole numbers in full.
    static func shown(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int(exactly: value), abs(whole) < 1_000_000_000_000_000 { return String(whole) }
        let magnitude = abs(value)
        guard magnitude >= 1e-4, magnitude < 1e15 else { return "\(value)" }
        var scale = 1.0
        var digits = 0
        while magnitude * scale < 100_000 && digits < 9 {
            scale *= 10
            digits += 1
        }
        return "\((value * scale).rounded() / scale)"
    }

    static func name(_ metric: [String: String]) -> String {
        let labels = metric.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }
        let inside = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ", ")
        let name = metric["__name__"] ?? ""
        return inside.isEmpty ? (name.isEmpty ? "{}" : name) : "\(name){\(inside)}"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
