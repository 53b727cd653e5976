internal import Yams

/// One configuration file, checked against the schema; values are read by their path (`server.limits.body_size_max`).
public struct ConfigurationFile: Sendable {
    /// A fault, with where it stands.
    public struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
        /// From 1; 0 for a value that does not come from the file.
        public let line: Int
        public let column: Int
        public let message: String

        public var description: String { line == 0 ? message : "\(line):\(column): \(message)" }
    }

    public struct Invalid: Error, Sendable, CustomStringConvertible {
        public let problems: [Problem]
        public var description: String { problems.map(\.description).joined(separator: "\n") }
    }

    /// Bytes of the largest file that is read.
    public static let byteCountMax = 8 << 20

    let root: ConfigurationValue

    /// No file: everything is as standard.
    public init() { root = .empty }

    /// - Throws: Every fault of the file, in order of lines (at most fifty).
    public init(yaml text: String) throws(Invalid) {
        guard text.utf8.count <= Self.byteCountMax else {
            throw Invalid(problems: [Problem(line: 1, column: 1, message: "the file is larger than 8 MiB")])
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw Invalid(problems: [Self.problem(error)])
        }
        var budget = ConfigurationValue.countMax
        let value = node.map { ConfigurationValue($0, &budget) } ?? .empty
        guard budget > 0 else {
            throw Invalid(problems: [Problem(line: 1, column: 1, message: "the file has more than \(ConfigurationValue.countMax) values")])
        }
        if value.isNull {
            self = ConfigurationFile()
            return
        }
        root = value
        var checker = Checker()
        checker.check(root, .section(Schema.root), path: [])
        if !checker.problems.isEmpty { throw Invalid(problems: Array(checker.problems.prefix(50))) }
    }

    /// The scalar at a path, nil when the file does not have it.
    public func scalar(_ path: String) -> String? {
        guard case .scalar(let text, _)? = root[path]?.kind else { return nil }
        return text
    }

    /// Top-level sections of the file that this version reads but does not act on.
    public var inactiveSections: [String] {
        guard case .mapping(let pairs) = root.kind else { return [] }
        return pairs.map(\.key.name).filter(Schema.inactive.contains)
    }

    /// The file as YAML, with every secret replaced by `<secret>`.
    public func redactedYAML() -> String {
        guard case .mapping(let pairs) = root.kind, !pairs.isEmpty else { return "" }
        return (try? Yams.serialize(node: Redaction.redact(root, .section(Schema.root)))) ?? ""
    }

    private static func problem(_ error: any Error) -> Problem {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?, .composer(_, let problem, let mark, _)?:
            Problem(line: mark.line, column: mark.column, message: problem)
        case .duplicatedKeysInMapping(let duplicates, let context)?:
            Problem(
                line: context.mark.line, column: context.mark.column,
                message: "the key \(duplicates.map { "\($0)" }.joined(separator: ", ")) stands twice in one mapping")
        default: Problem(line: 1, column: 1, message: "not YAML: \(error)")
        }
    }
}
