/// What a function takes and gives.
public struct FunctionSignature: Sendable, Equatable {
    public var name: String
    public var argumentTypes: [ValueType]
    /// How many arguments may stand in the last one's place: 0 exactly one, positive at most so many more than the others
    /// (the last may be left out), negative any number.
    public var variadic: Int
    public var returnType: ValueType
    /// Refused unless `ParserOptions.allowsExperimentalFunctions`.
    public var isExperimental: Bool
}

/// The functions of PromQL, those of Prometheus 3.5.
public enum Functions {
    public static let all: [String: FunctionSignature] = {
        var table: [String: FunctionSignature] = [:]
        func add(
            _ names: String, _ arguments: [ValueType], variadic: Int = 0, gives returnType: ValueType = .vector, experimental: Bool = false
        ) {
            for name in names.split(separator: " ").map(String.init) {
                table[name] = FunctionSignature(
                    name: name, argumentTypes: arguments, variadic: variadic, returnType: returnType, isExperimental: experimental)
            }
        }
        add("abs absent ceil deg exp floor ln log10 log2 rad sgn sort sort_desc sqrt timestamp", [.vector])
        add("acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh", [.vector])
        add("histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar", [.vector])
        add("scalar", [.vector], gives: .scalar)
        add("vector", [.scalar])
        add("pi time", [], gives: .scalar)
        add("day_of_month day_of_week day_of_year days_in_month hour minute month year", [.vector], variadic: 1)
        add("clamp", [.vector, .scalar, .scalar])
        add("clamp_max clamp_min", [.vector, .scalar])
        add("round", [.vector, .scalar], variadic: 1)
        add("histogram_quantile", [.scalar, .vector])
        add("histogram_fraction", [.scalar, .scalar, .vector])
        add("label_replace", [.vector, .string, .string, .string, .string])
        add("label_join", [.vector, .string, .string, .string], variadic: -1)

        add("changes delta deriv idelta increase irate rate resets", [.matrix])
        add("absent_over_time avg_over_time count_over_time last_over_time max_over_time min_over_time present_over_time", [.matrix])
        add("stddev_over_time stdvar_over_time sum_over_time", [.matrix])
        add("predict_linear", [.matrix, .scalar])
        add("quantile_over_time", [.scalar, .matrix])

        add("mad_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time", [.matrix], experimental: true)
        add("double_exponential_smoothing", [.matrix, .scalar, .scalar], experimental: true)
        add("sort_by_label sort_by_label_desc", [.vector, .string], variadic: -1, experimental: true)
        add("info", [.vector, .vector], variadic: 1, experimental: true)
        return table
    }()
}
