/// Holds the file's values against the schema.
struct Checker {
    private(set) var problems: [ConfigurationFile.Problem] = []

    mutating func check(_ value: ConfigurationValue, _ shape: Shape, path: [String]) {
        if value.isNull { return }
        switch (shape, value.kind) {
        case (.anything, _): break
        case (.section(let section), .mapping(let pairs)): check(pairs, section, path: path)
        case (.dictionary(let shape), .mapping(let pairs)):
            for (key, value) in pairs { check(value, shape, path: path + [key.name]) }
        case (.list(let shape), .list(let items)):
            for item in items { check(item, shape, path: path) }
        // `retention: unlimited` is short for its time.
        case (.section, .scalar(let text, _)) where path.last == "retention" && ScalarText.fits(text, .retention): break
        case (_, .scalar(let text, _)):
            if ScalarText.fits(text, shape) { break }
            let shown = if case .secret = shape { "" } else { ", not \(quoted(text))" }
            report(value.line, value.column, "\(name(path)) wants \(shape.expectation)\(shown)")
        default: report(value.line, value.column, "\(name(path)) wants \(shape.expectation)")
        }
    }

    private mutating func check(
        _ pairs: [(key: ConfigurationValue.Key, value: ConfigurationValue)], _ section: Section, path: [String]
    ) {
        for (key, value) in pairs {
            if let known = section.key(key.name) {
                check(value, known.shape, path: path + [key.name])
            } else {
                let place = path.isEmpty ? "" : " in \(path.joined(separator: "."))"
                let near = Suggestion.nearest(to: key.name, among: section.keys.map(\.name))
                let hint = near.map { "; did you mean \(quoted($0))?" } ?? ""
                report(key.line, key.column, "unknown key \(quoted(key.name))\(place)\(hint)")
            }
        }
    }

    private mutating func report(_ line: Int, _ column: Int, _ message: String) {
        problems.append(.init(line: line, column: column, message: message))
    }

    private func name(_ path: [String]) -> String { path.isEmpty ? "the file" : path.joined(separator: ".") }
    private func quoted(_ text: String) -> String { "\"\(text.prefix(80))\"" }
}
