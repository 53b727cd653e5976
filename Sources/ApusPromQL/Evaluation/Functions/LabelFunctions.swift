internal import ApusModel
internal import ApusRegex

/// `label_replace` and `label_join`.
enum LabelFunctions {
    /// Whether a text may name a label: any valid UTF-8 but nothing. Bytes that are none reach us as U+FFFD.
    static func isName(_ text: String) -> Bool { !text.isEmpty && !text.unicodeScalars.contains("\u{FFFD}") }

    /// - Throws: `.execution` when the pattern is no regular expression or the destination no label name.
    static func replace(
        destination: String, replacement: String, source: String, pattern: String
    ) throws(QueryError) -> RowStage {
        let expression: RegularExpression
        do {
            expression = try RegularExpression(pattern)
        } catch {
            throw .execution("invalid regular expression in label_replace(): \(pattern)")
        }
        guard isName(destination) else {
            throw .execution("invalid destination label name in label_replace(): \(destination)")
        }
        let template = ReplacementTemplate(replacement, expression)
        return RowStage { labels in
            let value = labels[source] ?? ""
            guard let captures = expression.captures(value) else { return labels }
            var builder = LabelsBuilder(labels)
            builder.set(destination, template.expanded(value, captures))
            return builder.build()
        }
    }

    /// - Throws: `.execution` when a name is no label name.
    static func join(destination: String, separator: String, sources: [String]) throws(QueryError) -> RowStage {
        for source in sources where !isName(source) {
            throw .execution("invalid source label name in label_join(): \(source)")
        }
        guard isName(destination) else {
            throw .execution("invalid destination label name in label_join(): \(destination)")
        }
        return RowStage { labels in
            var builder = LabelsBuilder(labels)
            builder.set(destination, sources.map { labels[$0] ?? "" }.joined(separator: separator))
            return builder.build()
        }
    }
}

/// The replacement of `label_replace`: text with `$1`, `$name`, `${name}` and `$$`, as Go's `regexp.Expand` reads it.
struct ReplacementTemplate: Sendable {
    private enum Piece: Sendable {
        case text([UInt8])
        /// A group; nil: one that does not exist, which is empty.
        case group(Int?)
    }

    private var pieces: [Piece] = []

    init(_ template: String, _ expression: RegularExpression) {
        let bytes = Array(template.utf8)
        var text: [UInt8] = []
        var i = 0
        while i < bytes.count {
            guard bytes[i] == UInt8(ascii: "$") else {
                text.append(bytes[i])
                i += 1
                continue
            }
            if i + 1 < bytes.count, bytes[i + 1] == UInt8(ascii: "$") {
                text.append(UInt8(ascii: "$"))
                i += 2
            } else if let (name, next) = Self.name(bytes, after: i) {
                pieces.append(.text(text))
                text = []
                pieces.append(.group(Self.group(name, expression)))
                i = next
            } else {
                // Not a reference after all: the dollar stands for itself.
                text.append(bytes[i])
                i += 1
            }
        }
        pieces.append(.text(text))
    }

    func expanded(_ value: String, _ captures: [Range<Int>?]) -> String {
        let bytes = Array(value.utf8)
        var result: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .group(let group?):
                if group < captures.count, let range = captures[group] { result += bytes[range] }
            case .group(nil): break
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The name behind the dollar at `at`, and where the text goes on.
    private static func name(_ bytes: [UInt8], after at: Int) -> (name: String, next: Int)? {
        var start = at + 1
        guard start < bytes.count else { return nil }
        let isBraced = bytes[start] == UInt8(ascii: "{")
        if isBraced { start += 1 }
        var end = start
        while end < bytes.count, isWord(bytes[end]) { end += 1 }
        guard end > start else { return nil }
        if isBraced {
            guard end < bytes.count, bytes[end] == UInt8(ascii: "}") else { return nil }
        }
        return (String(decoding: bytes[start..<end], as: UTF8.self), isBraced ? end + 1 : end)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func group(_ name: String, _ expression: RegularExpression) -> Int? {
        if name.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) { return Int(name) }
        return expression.group(named: name)
    }
}
