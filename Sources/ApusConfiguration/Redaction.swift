internal import Yams

/// Hides secrets before a configuration is shown.
enum Redaction {
    static func redact(_ value: ConfigurationValue, _ shape: Shape) -> Node {
        if value.isNull { return Node("null", .init(.null), .plain) }
        switch (shape, value.kind) {
        case (.secret, _): return Node("<secret>")
        case (.section(let section), .mapping(let pairs)):
            return Node(
                pairs.map { key, value in
                    (Node(key.name), section.key(key.name).map { redact(value, $0.shape) } ?? Node("<secret>"))
                })
        case (.dictionary(let shape), .mapping(let pairs)): return Node(pairs.map { (Node($0.name), redact($1, shape)) })
        case (.list(let shape), .list(let items)): return Node(items.map { redact($0, shape) })
        case (_, .scalar(let text, _)): return Node(withoutPassword(text))
        // Parts that nobody checks may hold secrets of any name.
        case (_, .mapping), (_, .list): return Node("<not shown>")
        }
    }

    /// `https://user:password@host` without the password.
    private static func withoutPassword(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else { return text }
        return text[..<colon] + ":<secret>" + text[at...]
    }
}
