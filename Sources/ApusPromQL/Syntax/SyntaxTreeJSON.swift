internal import ApusSelection

extension Expression {
    /// The tree as `/api/v1/parse_query` answers it: one JSON object, keys sorted, times in milliseconds.
    ///
    /// Where duration expressions stand, their computed value is given (Prometheus gives 0).
    public var syntaxTreeJSON: [UInt8] {
        var writer = SyntaxTreeWriter()
        writer.write(self)
        return writer.json
    }
}

/// Writes the JSON of a tree; every node is an object with a `type`.
private struct SyntaxTreeWriter {
    private(set) var json: [UInt8] = []

    mutating func write(_ expression: Expression) {
        switch expression {
        case .number(let node): object([("type", .string("numberLiteral")), ("val", .string(GoText.decimal(node.value)))])
        case .string(let node): object([("type", .string("stringLiteral")), ("val", .string(node.value))])
        case .vector(let node): object(selector(node) + [("type", .string("vectorSelector"))])
        case .matrix(let node):
            var members = selector(node.selector)
            members.insert(("range", .integer(node.rangeMilliseconds)), at: 3)
            object(members + [("type", .string("matrixSelector"))])
        case .subquery(let node):
            object([
                ("expr", .node(node.expression)), ("offset", .integer(node.offsetMilliseconds)),
                ("range", .integer(node.rangeMilliseconds)), ("startOrEnd", Self.startOrEnd(node.at)),
                ("step", .integer(node.stepMilliseconds)), ("timestamp", Self.timestamp(node.at)), ("type", .string("subquery")),
            ])
        case .call(let node):
            object([
                ("args", .list(node.arguments.map(Value.node))), ("func", function(node.function)), ("type", .string("call")),
            ])
        case .aggregation(let node):
            object([
                ("expr", .node(node.expression)), ("grouping", .list(node.grouping.map(Value.string))),
                ("op", .string(node.operator.rawValue)), ("param", node.parameter.map(Value.node) ?? .null),
                ("type", .string("aggregation")), ("without", .bool(node.isWithout)),
            ])
        case .binary(let node):
            object([
                ("bool", .bool(node.returnsBool)), ("lhs", .node(node.left)), ("matching", matching(node.matching)),
                ("op", .string(node.operator.rawValue)), ("rhs", .node(node.right)), ("type", .string("binaryExpr")),
            ])
        case .unary(let node):
            object([("expr", .node(node.expression)), ("op", .string(node.isNegation ? "-" : "+")), ("type", .string("unaryExpr"))])
        case .parenthesized(let node): object([("expr", .node(node.expression)), ("type", .string("parenExpr"))])
        }
    }

    private func selector(_ node: VectorSelector) -> [(String, Value)] {
        let matchers = node.matchers.map { matcher in
            Value.object([
                ("name", .string(matcher.name)), ("type", .string(matcher.operation.rawValue)), ("value", .string(matcher.value)),
            ])
        }
        return [
            ("matchers", .list(matchers)), ("name", .string(node.name)), ("offset", .integer(node.offsetMilliseconds)),
            ("startOrEnd", Self.startOrEnd(node.at)), ("timestamp", Self.timestamp(node.at)),
        ]
    }

    private func function(_ name: String) -> Value {
        guard let function = Functions.all[name] else { return .null }
        return .object([
            ("argTypes", .list(function.argumentTypes.map { .string($0.rawValue) })), ("name", .string(function.name)),
            ("returnType", .string(function.returnType.rawValue)), ("variadic", .integer(Int64(function.variadic))),
        ])
    }

    private func matching(_ matching: VectorMatching?) -> Value {
        guard let matching else { return .null }
        return .object([
            ("card", .string(matching.cardinality.rawValue)), ("include", .list(matching.include.map(Value.string))),
            ("labels", .list(matching.labels.map(Value.string))), ("on", .bool(matching.isOn)),
        ])
    }

    private static func startOrEnd(_ modifier: AtModifier?) -> Value {
        switch modifier {
        case .start: .string("start")
        case .end: .string("end")
        case .time, nil: .null
        }
    }

    private static func timestamp(_ modifier: AtModifier?) -> Value {
        if case .time(let milliseconds) = modifier { .integer(milliseconds) } else { .null }
    }

    // MARK: JSON

    private indirect enum Value {
        case null
        case bool(Bool)
        case integer(Int64)
        case string(String)
        case list([Value])
        case object([(String, Value)])
        case node(Expression)
    }

    private mutating func write(_ value: Value) {
        switch value {
        case .null: json += Array("null".utf8)
        case .bool(let value): json += Array((value ? "true" : "false").utf8)
        case .integer(let value): json += Array(String(value).utf8)
        case .string(let value): write(value)
        case .list(let values):
            json.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                write(value)
            }
            json.append(UInt8(ascii: "]"))
        case .object(let members): object(members)
        case .node(let expression): write(expression)
        }
    }

    private mutating func object(_ members: [(String, Value)]) {
        json.append(UInt8(ascii: "{"))
        for (index, (name, value)) in members.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            write(name)
            json.append(UInt8(ascii: ":"))
            write(value)
        }
        json.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ text: String) {
        json.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: json += Array(("\\u" + GoText.hexadecimal(UInt32(byte), digits: 4)).utf8)
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}
