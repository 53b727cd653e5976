#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Functions of one value each, by their names.
enum ValueFunctions {
    /// The function of that name with its scalar arguments; nil when there is none.
    static func stage(_ name: String, _ arguments: [ScalarColumn]) -> RowStage? {
        if let function = plain[name] { return stage { value, _ in function(value) } }
        if let field = CalendarField(function: name) { return stage { value, _ in field.value(atSeconds: value) } }
        let infinite = ScalarColumn(constant: .infinity)
        let minusInfinite = ScalarColumn(constant: -.infinity)
        switch (name, arguments.count) {
        case ("clamp", 2): return clamp(arguments[0], arguments[1])
        case ("clamp_min", 1): return clamp(arguments[0], infinite)
        case ("clamp_max", 1): return clamp(minusInfinite, arguments[0])
        case ("round", 0): return round(ScalarColumn(constant: 1))
        case ("round", 1): return round(arguments[0])
        default: return nil
        }
    }

    /// A stage that changes each present value.
    static func stage(_ body: @escaping @Sendable (_ value: Double, _ step: Int) -> Double) -> RowStage {
        RowStage(dropsName: true) { span, range in
            for i in range where isPresent(span[i]) { span[i] = body(span[i], i &- range.lowerBound) }
        }
    }

    static let negation = RowStage(dropsName: true) { span, range in
        for i in range where isPresent(span[i]) { span[i] = -span[i] }
    }

    /// Where the bounds cross, nothing is left.
    private static func clamp(_ low: ScalarColumn, _ high: ScalarColumn) -> RowStage {
        stage { value, step in
            high[step] < low[step] ? absent : maximum(low[step], minimum(high[step], value))
        }
    }

    /// To the nearest multiple; ties go up.
    private static func round(_ nearest: ScalarColumn) -> RowStage {
        stage { value, step in
            let inverse = 1 / nearest[step]
            return (value * inverse + 0.5).rounded(.down) / inverse
        }
    }

    /// An infinity that decides wins over NaN, as in Go's `math.Max`.
    private static func maximum(_ a: Double, _ b: Double) -> Double {
        if a == .infinity || b == .infinity { return .infinity }
        if a.isNaN || b.isNaN { return .nan }
        return a > b ? a : b
    }

    private static func minimum(_ a: Double, _ b: Double) -> Double {
        if a == -.infinity || b == -.infinity { return -.infinity }
        if a.isNaN || b.isNaN { return .nan }
        return a < b ? a : b
    }

    private static let plain: [String: @Sendable (Double) -> Double] = [
        "abs": { $0.magnitude },
        "ceil": { $0.rounded(.up) },
        "floor": { $0.rounded(.down) },
        "sqrt": { $0.squareRoot() },
        "exp": { exp($0) },
        "ln": { log($0) },
        "log2": { log2($0) },
        "log10": { log10($0) },
        "sin": { sin($0) },
        "cos": { cos($0) },
        "tan": { tan($0) },
        "asin": { asin($0) },
        "acos": { acos($0) },
        "atan": { atan($0) },
        "sinh": { sinh($0) },
        "cosh": { cosh($0) },
        "tanh": { tanh($0) },
        "asinh": { asinh($0) },
        "acosh": { acosh($0) },
        "atanh": { atanh($0) },
        "deg": { $0 * 180 / Double.pi },
        "rad": { $0 * Double.pi / 180 },
        "sgn": { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 },
    ]
}
