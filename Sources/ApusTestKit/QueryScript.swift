public import ApusModel

/// A readable test of a query engine: samples to load, queries to ask, answers to expect.
///
/// ```
/// # Comments and empty lines are skipped; what belongs to a command is indented.
/// load 1m
///     requests{path="/"}  0+60x10 _ 5 stale NaN
/// eval instant at 10m  rate(requests[5m])
///     {path="/"}  1
/// eval ordered at 10m  sort_desc(requests)
/// eval range from 0 to 10m step 5m  sum(requests)
///     {}  0 300 600
/// eval instant at 0  1 + 1
///     = 2
/// eval fails at 0  requests + on() requests
///     found duplicate series
/// clear
/// ```
/// `a+bxn` is `a`, `a+b`, … `a+n·b`; `_` is a step without a value. A line `! text` expects a remark that contains the text;
/// without any, none may be made. The line under `eval fails` is part of the message.
public struct QueryScript: Sendable {
    public struct Series: Sendable, Equatable {
        public var labels: Labels
        /// One a step; nil where there is none.
        public var values: [Double?]

        public init(labels: Labels, values: [Double?]) {
            self.labels = labels
            self.values = values
        }
    }

    public struct Query: Sendable, CustomStringConvertible {
        /// Milliseconds.
        public var start: Int64 = 0
        public var end: Int64 = 0
        /// 0 for an instant query.
        public var step: Int64 = 0
        public var text = ""
        public var line = 0
        public var expected: [Series] = []
        public var expectedScalar: Double?
        public var expectedRemarks: [String] = []
        /// Part of the message of the error that is due.
        public var expectedFailure: String?
        public var mustFail = false
        /// Whether the order of an instant vector counts.
        public var isOrdered = false

        public var isInstant: Bool { step == 0 }
        public var description: String { "line \(line): \(text)" }
    }

    public enum Command: Sendable {
        /// Samples `step` milliseconds apart from time 0 on.
        case load(step: Int64, [Series])
        case query(Query)
        case clear
    }

    public struct Fault: Error, CustomStringConvertible {
        public let line: Int
        public let reason: String
        public var description: String { "line \(line): \(reason)" }
    }

    public private(set) var commands: [Command] = []

    /// - Throws: `Fault` with the line that cannot be read.
    public init(_ text: String) throws {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var index = 0
        while index < lines.count {
            let line = lines[index]
            let number = index + 1
            index += 1
            guard Self.isContent(line) else { continue }
            guard !Self.isIndented(line) else { throw Fault(line: number, reason: "an indented line without a command") }
            var body: [(number: Int, text: String)] = []
            while index < lines.count, !Self.isContent(lines[index]) || Self.isIndented(lines[index]) {
                if Self.isContent(lines[index]) { body.append((index + 1, Self.trimmed(lines[index]))) }
                index += 1
            }
            commands.append(try Self.command(line, number, body))
        }
    }

    private static func isContent(_ line: String) -> Bool {
        let text = trimmed(line)
        return !text.isEmpty && !text.hasPrefix("#")
    }

    private static func isIndented(_ line: String) -> Bool { line.first?.isWhitespace ?? false }

    static func trimmed(_ line: some StringProtocol) -> String {
        var text = Substring(line)
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }

    private static func command(_ line: String, _ number: Int, _ body: [(number: Int, text: String)]) throws -> Command {
        var words = ScriptWords(line, number)
        switch try words.next() {
        case "clear": return .clear
        case "load":
            let step = try words.duration()
            return .load(step: step, try body.map { try series($0.text, $0.number) })
        case "eval": return .query(try query(&words, number, body))
        case let word: throw Fault(line: number, reason: "unknown command \(word)")
        }
    }

    private static func query(
        _ words: inout ScriptWords, _ number: Int, _ body: [(number: Int, text: String)]
    ) throws -> Query {
        var query = Query()
        query.line = number
        let kind = try words.next()
        switch kind {
        case "instant", "ordered", "fails":
            query.isOrdered = kind == "ordered"
            query.mustFail = kind == "fails"
            try words.expect("at")
            query.start = try words.duration()
            query.end = query.start
        case "range":
            try words.expect("from")
            query.start = try words.duration()
            try words.expect("to")
            query.end = try words.duration()
            try words.expect("step")
            query.step = try words.duration()
        default: throw Fault(line: number, reason: "unknown kind of eval: \(kind)")
        }
        query.text = words.rest
        for (number, text) in body {
            if query.mustFail {
                query.expectedFailure = text
            } else if text.hasPrefix("!") {
                query.expectedRemarks.append(trimmed(text.dropFirst()))
            } else if text.hasPrefix("=") {
                query.expectedScalar = try value(trimmed(text.dropFirst()), number)
            } else {
                query.expected.append(try series(text, number))
            }
        }
        return query
    }

    /// `name{label="value", …}  values`
    private static func series(_ text: String, _ number: Int) throws -> Series {
        var rest = Substring(text)
        var pairs: [(String, String)] = []
        let name = rest.prefix { $0 != "{" && !$0.isWhitespace }
        if !name.isEmpty { pairs.append(("__name__", String(name))) }
        rest = rest[name.endIndex...]
        if rest.first == "{" {
            guard let end = rest.firstIndex(of: "}") else { throw Fault(line: number, reason: "labels without an end") }
            for pair in rest[rest.index(after: rest.startIndex)..<end].split(separator: ",") {
                let halves = pair.split(separator: "=", maxSplits: 1)
                guard halves.count == 2 else { throw Fault(line: number, reason: "label \(pair)") }
                pairs.append((trimmed(halves[0]), String(trimmed(halves[1]).dropFirst().dropLast())))
            }
            rest = rest[rest.index(after: end)...]
        }
        var values: [Double?] = []
        for word in rest.split(whereSeparator: \.isWhitespace) { values += try run(String(word), number) }
        return Series(labels: Labels(pairs), values: values)
    }

    /// `5`, `_`, `stale`, `0+60x10`, `_x3`
    private static func run(_ word: String, _ number: Int) throws -> [Double?] {
        if word == "_" { return [nil] }
        guard let cross = word.lastIndex(of: "x"), let count = Int(word[word.index(after: cross)...]) else {
            return [try value(word, number)]
        }
        let before = word[..<cross]
        if before == "_" { return Array(repeating: nil, count: count) }
        // The sign between start and increment: the last that is neither the first character nor part of an exponent.
        var sign: Substring.Index?
        for index in before.indices.dropFirst() where before[index] == "+" || before[index] == "-" {
            if before[before.index(before: index)] != "e" { sign = index }
        }
        guard let sign else { return Array(repeating: try value(String(before), number), count: count + 1) }
        let start = try value(String(before[..<sign]), number)
        let increment = try value(String(before[sign...]), number)
        return (0...count).map { start + Double($0) * increment }
    }

    private static func value(_ word: String, _ number: Int) throws -> Double {
        switch word {
        case "stale": return StaleMarker.value
        case "NaN": return .nan
        case "Inf", "+Inf": return .infinity
        case "-Inf": return -.infinity
        default:
            guard let value = Double(word) else { throw Fault(line: number, reason: "value \(word)") }
            return value
        }
    }
}

/// The words of a command's line.
struct ScriptWords {
    private(set) var rest: String
    private let line: Int

    init(_ text: String, _ line: Int) {
        rest = QueryScript.trimmed(text)
        self.line = line
    }

    mutating func next() throws -> String {
        let word = rest.prefix { !$0.isWhitespace }
        guard !word.isEmpty else { throw QueryScript.Fault(line: line, reason: "the line ends early") }
        rest = QueryScript.trimmed(rest[word.endIndex...])
        return String(word)
    }

    mutating func expect(_ word: String) throws {
        let found = try next()
        guard found == word else { throw QueryScript.Fault(line: line, reason: "\(word) expected, not \(found)") }
    }

    /// `90s`, `1h30m`, `0`; milliseconds.
    mutating func duration() throws -> Int64 {
        let word = try next()
        if word == "0" { return 0 }
        let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        var total: Int64 = 0
        var text = Substring(word)
        while !text.isEmpty {
            let digits = text.prefix(while: \.isNumber)
            text = text[digits.endIndex...]
            let unit = text.prefix { !$0.isNumber }
            text = text[unit.endIndex...]
            guard let count = Int64(digits), let size = units[String(unit)] else {
                throw QueryScript.Fault(line: line, reason: "duration \(word)")
            }
            total += count * size
        }
        return total
    }
}
