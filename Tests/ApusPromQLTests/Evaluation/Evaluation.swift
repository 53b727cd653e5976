import ApusModel
import ApusPromQL
import ApusSelection
import ApusTestKit

/// Parses and evaluates; what most tests of the evaluator need.
struct Evaluation {
    let source: any SeriesSource
    var options = QueryOptions()

    init(_ source: any SeriesSource) { self.source = source }

    /// - Parameter step: Milliseconds; 0 for an instant query at `start`.
    func run(_ text: String, _ start: Int64, _ end: Int64, _ step: Int64) async throws -> QueryResult {
        var parser = ParserOptions()
        parser.allowsExperimentalFunctions = true
        let expression = try Parser.parse(text, options: parser)
        let evaluator = Evaluator(source: source)
        if step == 0 { return try await evaluator.instant(expression, text: text, at: start, options: options).result }
        return try await evaluator.range(expression, text: text, start: start, end: end, step: step, options: options).result
    }

    func instant(_ text: String, at time: Int64) async throws -> QueryResult { try await run(text, time, time, 0) }
}

extension QueryResult.Value {
    /// All kinds of result as series with one value a step; nil where a step has none.
    func series(start: Int64, step: Int64) -> [QueryScript.Series] {
        switch self {
        case .scalar(let sample): return [.init(labels: Labels(), values: [sample.value])]
        case .string: return []
        case .vector(let elements): return elements.map { .init(labels: $0.labels, values: [$0.value]) }
        case .matrix(let matrix):
            return matrix.series.map { series in
                var values: [Double?] = []
                for (time, value) in zip(series.samples.times, series.samples.values) {
                    let index = Int((time - start) / step)
                    while values.count < index { values.append(nil) }
                    values.append(value)
                }
                return .init(labels: series.labels, values: values)
            }
        }
    }
}

/// Equal to a relative 1e-9; NaN equals NaN.
func isClose(_ a: Double?, _ b: Double?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
    return a == b || abs(a - b) <= 1e-9 * max(abs(a), abs(b)) || abs(a - b) < 1e-12
}
