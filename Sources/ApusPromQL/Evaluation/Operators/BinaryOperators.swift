#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension BinaryOperation.Operator {
    /// Of two scalars; a comparison gives 1 or 0.
    func scalar(_ a: Double, _ b: Double) -> Double {
        isComparison ? (holds(a, b) ? 1 : 0) : number(a, b)
    }

    /// Whether a comparison holds; true for the arithmetic operators, which keep every element.
    @inline(__always)
    func holds(_ a: Double, _ b: Double) -> Bool {
        switch self {
        case .equal: a == b
        case .notEqual: a != b
        case .greater: a > b
        case .less: a < b
        case .greaterOrEqual: a >= b
        case .lessOrEqual: a <= b
        default: true
        }
    }

    /// The result of arithmetic; a comparison keeps its left side.
    @inline(__always)
    func number(_ a: Double, _ b: Double) -> Double {
        switch self {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .modulo: fmod(a, b)
        case .power: pow(a, b)
        case .atan2: arcTangent(a, b)
        default: a
        }
    }

    /// Whether the result is another thing than the metric it was made of.
    var dropsName: Bool { !isComparison && !isSet }

    /// Of a vector's element and a scalar.
    ///
    /// - Parameter scalarIsLeft: The scalar stands on the left; a comparison keeps the vector's element nevertheless.
    func stage(_ scalar: ScalarColumn, scalarIsLeft: Bool, returnsBool: Bool) -> RowStage {
        let `operator` = self
        let drops = dropsName || returnsBool
        guard isComparison else {
            if let constant = scalar.constant, !scalarIsLeft, let fast = constantStage(constant) { return fast }
            return RowStage(dropsName: drops) { span, range in
                for i in range where isPresent(span[i]) {
                    let other = scalar[i &- range.lowerBound]
                    span[i] = scalarIsLeft ? `operator`.number(other, span[i]) : `operator`.number(span[i], other)
                }
            }
        }
        return RowStage(dropsName: drops) { span, range in
            for i in range where isPresent(span[i]) {
                let other = scalar[i &- range.lowerBound]
                let holds = scalarIsLeft ? `operator`.holds(other, span[i]) : `operator`.holds(span[i], other)
                if returnsBool {
                    span[i] = holds ? 1 : 0
                } else if !holds {
                    span[i] = absent
                }
            }
        }
    }

    /// The most common arithmetic, in loops of their own.
    private func constantStage(_ constant: Double) -> RowStage? {
        switch self {
        case .multiply:
            RowStage(dropsName: true) { span, range in
                for i in range where isPresent(span[i]) { span[i] = span[i] * constant }
            }
        case .divide:
            RowStage(dropsName: true) { span, range in
                for i in range where isPresent(span[i]) { span[i] = span[i] / constant }
            }
        case .add:
            RowStage(dropsName: true) { span, range in
                for i in range where isPresent(span[i]) { span[i] = span[i] + constant }
            }
        default: nil
        }
    }
}

/// The operator of that name hides the function inside the enum.
private func arcTangent(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
