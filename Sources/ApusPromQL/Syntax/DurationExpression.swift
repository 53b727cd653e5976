internal import Foundation

/// Arithmetic in the place of a duration (`[5m * 2]`, `offset -(1h + 30s)`): Prometheus's experimental duration expressions.
///
/// It has no variables, so the parser computes it at once; the tree keeps it to print what was written.
public indirect enum DurationExpression: Sendable, Equatable {
    /// Seconds; `isDuration` as in `NumberLiteral`.
    case literal(NumberLiteral)
    case negated(DurationExpression, start: Int)
    case binary(BinaryOperation.Operator, DurationExpression, DurationExpression)
    case parenthesized(DurationExpression)

    /// Why a duration has no value.
    enum Fault: Error, Equatable {
        case divisionByZero
        case moduloByZero
    }

    /// The value in seconds; may be infinite or NaN.
    func seconds() throws(Fault) -> Double {
        switch self {
        case .literal(let number): return number.value
        case .negated(let inner, _): return -(try inner.seconds())
        case .parenthesized(let inner): return try inner.seconds()
        case .binary(let operation, let left, let right):
            let (a, b) = (try left.seconds(), try right.seconds())
            switch operation {
            case .add: return a + b
            case .subtract: return a - b
            case .multiply: return a * b
            case .divide:
                if b == 0 { throw .divisionByZero }
                return a / b
            case .modulo:
                if b == 0 { throw .moduloByZero }
                return fmod(a, b)
            case .power: return pow(a, b)
            default: return .nan
            }
        }
    }

    /// The literal when the expression is nothing more.
    var literal: NumberLiteral? {
        if case .literal(let number) = self { number } else { nil }
    }

    /// Whether its text starts with a digit, or with a sign and a digit.
    var beginsWithLiteral: Bool {
        switch self {
        case .literal: true
        case .parenthesized: false
        case .binary(_, let left, _): left.beginsWithLiteral
        case .negated(let inner, _):
            switch inner {
            case .negated, .parenthesized: false
            case .literal, .binary: inner.beginsWithLiteral
            }
        }
    }

    /// Where it starts, in UTF-8 bytes; parentheses around do not count, as in Prometheus's messages.
    var start: Int {
        switch self {
        case .literal(let number): number.source.lowerBound
        case .negated(_, let start): start
        case .parenthesized(let inner): inner.start
        case .binary(_, let left, _): left.start
        }
    }
}

extension DurationExpression: CustomStringConvertible {
    public var description: String {
        switch self {
        case .literal(let number): Printer.text(of: number)
        case .negated(let inner, _): "-\(inner)"
        case .parenthesized(let inner): "(\(inner))"
        case .binary(let operation, let left, let right): "\(left) \(operation.rawValue) \(right)"
        }
    }
}
