import ApusPromQL
import ApusSelection
import ApusTestKit

/// Random queries that are right by construction, with uneven spacing and redundant parentheses left to the parser.
struct RandomQuery {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func next() -> String { Bool.random(using: &random) ? vector(4) : scalar(3) }

    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// `Inf` in parentheses only: it prints as `+Inf`, and `+Inf ^ 2` is read as a sign before a power, which means the same but is
    /// another tree.
    private mutating func scalar(_ depth: Int) -> String {
        guard depth > 0 else { return pick(["1", "0x1f", "2.5e-3", "5m", "-7", "(Inf)", "1h30m", "1_000", "-90s", "0.1"]) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "time()"
        case 1: return "scalar(\(vector(depth - 1)))"
        case 2: return "(\(scalar(depth - 1)))"
        case 3: return pick(["-", "+"]) + scalar(depth - 1)
        case 4: return "\(scalar(depth - 1)) \(pick(["+", "-", "*", "/", "%", "^", "atan2", "== bool", "< bool"])) \(scalar(depth - 1))"
        default: return scalar(0)
        }
    }

    private mutating func vector(_ depth: Int) -> String {
        guard depth > 0 else { return modified(selector()) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return "(\(vector(depth - 1)))"
        case 1: return pick(["-", "+"]) + vector(depth - 1)
        case 2:
            let operation = pick(["+", "-", "*", "/", "%", "^", "atan2", ">", "<= bool", "!="])
            return "(\(vector(depth - 1))) \(operation) \(matching())(\(vector(depth - 1)))"
        case 3: return "\(vector(depth - 1)) \(pick(["and", "or on(a, \"b.c\")", "unless ignoring(sum)"])) \(vector(depth - 1))"
        case 4: return "\(vector(depth - 1)) \(pick(["+", "== bool", ">="])) \(scalar(depth - 1))"
        case 5: return "\(pick(["rate", "max_over_time", "mad_over_time"]))(\(matrix(depth - 1)))"
        case 6: return "round(\(vector(depth - 1)), \(scalar(depth - 1)))"
        case 7: return "label_join(\(vector(depth - 1)), 'é', \"\\x01\\\"\", `b\\c`)"
        case 8:
            let grouping = pick(["", " by (job, on) ", " without (\"x y\",) ", " by () "])
            return chance(50)
                ? "sum\(grouping)(\(vector(depth - 1)))" : "topk(\(scalar(depth - 1)), \(vector(depth - 1)))\(grouping)"
        default: return modified(selector())
        }
    }

    private mutating func matching() -> String {
        pick(["", "on() ", "ignoring(x) ", "on(a, by) group_left() ", "ignoring(\"q r\") group_right(c) ", "ignoring() group_left(d,) "])
    }

    private mutating func matrix(_ depth: Int) -> String {
        let step = chance(50) ? duration() : ""
        return modified(chance(60) ? "\(selector())[\(duration())]" : "(\(vector(depth)))[\(duration()):\(step)]")
    }

    private mutating func selector() -> String {
        pick([
            "up", "a:b", "sum", "offset", "up{}", "{\"my.metric\"}", "{__name__=~\"x.+\"}", "up{b=\"\\n\",a!='x'}", "start{\"ü\"=`z`}",
            "{__name__=\"\",c!~\"d|e\",f=\"g\"}",
        ])
    }

    /// Arithmetic behind `offset` would go on with the operators that follow, and so stands in parentheses.
    private mutating func modified(_ selector: String) -> String {
        let at = pick(["", "", " @ 12.345", " @ start()", " @end()", " @ -5"])
        let isArithmetic = chance(30)
        let offset =
            isArithmetic
            ? pick([" offset (1h + 2)", " offset -(3m)", " offset (5m) ^ 0.5", " offset --1h * 2", " offset ((-2)^2)"])
            : pick(["", "", " offset 5m", " offset -1.5"])
        let result = selector + (chance(50) ? at + offset : offset + at)
        return isArithmetic ? "(\(result))" : result
    }

    private mutating func duration() -> String {
        pick(["5m", "90", "1h30m", "0.5", "2*30s", "(1m+1s)%7", "2^-1", "(-2)^2", "-(-5m)", "3*-2^2+1d", "--2m"])
    }
}

extension DurationExpression {
    var withoutSources: Self {
        switch self {
        case .literal(var number):
            number.source = 0..<0
            return .literal(number)
        case .negated(let inner, _): return .negated(inner.withoutSources, start: 0)
        case .binary(let operation, let left, let right): return .binary(operation, left.withoutSources, right.withoutSources)
        case .parenthesized(let inner): return .parenthesized(inner.withoutSources)
        }
    }
}

extension VectorSelector {
    var withoutSources: Self {
        var copy = self
        copy.source = 0..<0
        copy.offsetExpression = offsetExpression?.withoutSources
        copy.matchers.sort { $0.description < $1.description }
        return copy
    }
}

extension Expression {
    /// The tree without positions, and matchers in a fixed order.
    var withoutSources: Self {
        switch self {
        case .number(var node):
            node.source = 0..<0
            return .number(node)
        case .string(var node):
            node.source = 0..<0
            return .string(node)
        case .vector(let node): return .vector(node.withoutSources)
        case .matrix(var node):
            node.source = 0..<0
            node.selector = node.selector.withoutSources
            node.rangeExpression = node.rangeExpression?.withoutSources
            return .matrix(node)
        case .subquery(var node):
            node.source = 0..<0
            node.expression = node.expression.withoutSources
            node.rangeExpression = node.rangeExpression?.withoutSources
            node.stepExpression = node.stepExpression?.withoutSources
            node.offsetExpression = node.offsetExpression?.withoutSources
            return .subquery(node)
        case .call(var node):
            node.source = 0..<0
            node.arguments = node.arguments.map(\.withoutSources)
            return .call(node)
        case .aggregation(var node):
            node.source = 0..<0
            node.expression = node.expression.withoutSources
            node.parameter = node.parameter?.withoutSources
            return .aggregation(node)
        case .binary(var node):
            node.source = 0..<0
            node.left = node.left.withoutSources
            node.right = node.right.withoutSources
            return .binary(node)
        case .unary(var node):
            node.source = 0..<0
            node.expression = node.expression.withoutSources
            return .unary(node)
        case .parenthesized(var node):
            node.source = 0..<0
            node.expression = node.expression.withoutSources
            return .parenthesized(node)
        }
    }
}
