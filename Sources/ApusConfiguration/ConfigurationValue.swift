internal import Yams

/// A value of the file with its place.
struct ConfigurationValue: Sendable {
    indirect enum Kind: Sendable {
        case scalar(String, isNull: Bool)
        case list([ConfigurationValue])
        case mapping([(key: Key, value: ConfigurationValue)])
    }

    struct Key: Sendable {
        let name: String
        let line: Int
        let column: Int
    }

    /// Aliases can make a small file a huge tree; this many values are read.
    static let countMax = 200_000
    static let empty = ConfigurationValue(kind: .mapping([]), line: 1, column: 1)

    let kind: Kind
    let line: Int
    let column: Int

    private init(kind: Kind, line: Int, column: Int) {
        self.kind = kind
        self.line = line
        self.column = column
    }

    /// - Parameter budget: Values that may still be made; at 0 the rest is left out.
    init(_ node: Node, _ budget: inout Int) {
        budget -= 1
        line = node.mark?.line ?? 0
        column = node.mark?.column ?? 0
        switch node {
        case .scalar(let scalar):
            let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            kind = .scalar(isNull ? "" : scalar.string, isNull: isNull)
        case .sequence(let sequence):
            var items: [ConfigurationValue] = []
            for node in sequence where budget > 0 { items.append(ConfigurationValue(node, &budget)) }
            kind = .list(items)
        case .mapping(let mapping):
            var pairs: [(key: Key, value: ConfigurationValue)] = []
            for (key, node) in mapping where budget > 0 {
                let name = Key(name: key.scalar?.string ?? "", line: key.mark?.line ?? 0, column: key.mark?.column ?? 0)
                pairs.append((name, ConfigurationValue(node, &budget)))
            }
            kind = .mapping(pairs)
        case .alias: kind = .scalar("", isNull: true)
        }
    }

    var isNull: Bool {
        if case .scalar(_, isNull: true) = kind { true } else { false }
    }

    /// The value at a path of keys joined by dots.
    subscript(path: String) -> ConfigurationValue? {
        var value = self
        for part in path.split(separator: ".") {
            guard case .mapping(let pairs) = value.kind, let next = pairs.first(where: { $0.key.name == part })?.value else { return nil }
            value = next
        }
        return value
    }
}
