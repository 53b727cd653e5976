internal import ApusBytes
internal import ApusModel

/// Walks over one page: its lines, and in them the comments; `PageReader+Sample.swift` reads the samples.
///
/// Offsets never pass `end`, and each function leaves `at` behind what it read.
struct PageReader {
    var at = 0
    let end: Int
    let isOpenMetrics: Bool
    let options: ExpositionParser.Options
    let time: Int64
    var summary = ExpositionSummary()
    /// What the last TYPE line said; `le` and `quantile` are normalized for what follows a histogram or a summary.
    var kind = MetricMetadata.Kind.unknown
    /// The name on the last TYPE line, unescaped; only kept to check suffixes.
    var family: [UInt8] = []
    private var hasEndMark = false

    init(end: Int, isOpenMetrics: Bool, options: ExpositionParser.Options, time: Int64) {
        self.end = end
        self.isOpenMetrics = isOpenMetrics
        self.options = options
        self.time = time
    }

    mutating func read(
        _ page: borrowing Span<UInt8>, _ scratch: inout SampleScratch, into batch: inout WriteBatch
    ) throws(DecodingError) {
        while at < end {
            if !isOpenMetrics {
                skipBlanks(page)
                guard at < end else { break }
                if page[at] == UInt8(ascii: "\n") {
                    at &+= 1
                    continue
                }
            }
            if page[at] == UInt8(ascii: "#") {
                try readComment(page, into: &batch)
                if hasEndMark { return }
            } else {
                try readSample(page, &scratch, into: &batch)
                guard summary.sampleCount <= options.sampleCountMax else {
                    throw DecodingError("too many samples", at: at &- 1)
                }
            }
        }
        if isOpenMetrics { throw DecodingError("the page does not end with # EOF", at: end) }
    }

    @inline(__always)
    mutating func skipBlanks(_ page: borrowing Span<UInt8>) {
        while at < end, page[at] == UInt8(ascii: " ") || page[at] == UInt8(ascii: "\t") { at &+= 1 }
    }

    private func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (byte == UInt8(ascii: "\t") && !isOpenMetrics)
    }

    private mutating func readComment(
        _ page: borrowing Span<UInt8>, into batch: inout WriteBatch
    ) throws(DecodingError) {
        let line = at
        at += 1
        let lineEnd = WordScan.lineEnd(page, at, end: end)
        let blanks = at
        if isOpenMetrics {
            if at < lineEnd, page[at] == UInt8(ascii: " ") { at += 1 }
        } else {
            skipBlanks(page)
        }
        let wordStart = at
        while at < lineEnd, page[at] >= UInt8(ascii: "A"), page[at] <= UInt8(ascii: "Z") { at += 1 }
        let word = wordStart > blanks ? string(page, wordStart..<at) ?? "" : ""
        let isFollowedByBlank = at < lineEnd && isSeparator(page[at])
        switch word {
        case "HELP" where isFollowedByBlank, "TYPE" where isFollowedByBlank,
            "UNIT" where isFollowedByBlank && isOpenMetrics:
            if isOpenMetrics { at += 1 } else { skipBlanks(page) }
            try readMetadata(page, word, lineEnd: lineEnd, into: &batch)
            if isOpenMetrics && lineEnd == end { throw DecodingError("the page does not end with # EOF", at: end) }
        case "EOF" where isOpenMetrics:
            guard at == lineEnd else { throw DecodingError("unexpected text after # EOF", at: at) }
            guard lineEnd + 1 >= end else { throw DecodingError("unexpected line after # EOF", at: lineEnd + 1) }
            hasEndMark = true
        default:
            if isOpenMetrics { throw DecodingError("not a HELP, TYPE, UNIT or EOF line", at: line) }
        }
        at = min(end, lineEnd + 1)
    }

    private mutating func readMetadata(
        _ page: borrowing Span<UInt8>, _ word: String, lineEnd: Int, into batch: inout WriteBatch
    ) throws(DecodingError) {
        let nameStart = at
        var name: [UInt8] = []
        if at < lineEnd, page[at] == UInt8(ascii: "\"") {
            let range = try quoted(page, allowsNewline: false).range
            appendUnescaped(page, range, to: &name)
        } else {
            at = try metricNameEnd(page)
            append(page, nameStart..<at, to: &name)
        }
        guard at == lineEnd || isSeparator(page[at]) else { throw DecodingError("not a metric name", at: nameStart) }
        guard at < lineEnd || !isOpenMetrics else { throw DecodingError("text expected after the name", at: at) }
        // One blank parts them; any more belong to the text.
        at += 1
        let text = min(at, lineEnd)..<lineEnd
        switch word {
        case "TYPE":
            guard let kind = kind(page, text) else { throw DecodingError("not a metric type", at: text.lowerBound) }
            self.kind = kind
            if options.checksSuffixes { family = name }
            guard options.readsMetadata else { return }
            try update(name, at: nameStart, in: &batch) { $0.kind = kind }
        case "UNIT":
            guard let unit = string(page, text), unit.isEmpty || name.hasSuffix(Array("_\(unit)".utf8)) else {
                throw DecodingError("the unit is not the end of the metric's name", at: text.lowerBound)
            }
            guard options.readsMetadata else { return }
            try update(name, at: nameStart, in: &batch) { $0.unit = unit }
        default:
            guard string(page, text) != nil else { throw DecodingError("help is not UTF-8", at: text.lowerBound) }
            guard options.readsMetadata else { return }
            var help: [UInt8] = []
            appendUnescaped(page, text, quotes: isOpenMetrics, to: &help)
            try update(name, at: nameStart, in: &batch) { $0.help = String(decoding: help, as: UTF8.self) }
        }
    }

    /// The lines of one family stand together, so that only the last entry can be the one to change.
    private func update(
        _ name: [UInt8], at offset: Int, in batch: inout WriteBatch, _ change: (inout MetricMetadata) -> Void
    ) throws(DecodingError) {
        guard let metric = string(name.span, 0..<name.count) else {
            throw DecodingError("a name is not UTF-8", at: offset)
        }
        if batch.metadata.last?.metric != metric { batch.metadata.append((metric, MetricMetadata(kind: .unknown))) }
        change(&batch.metadata[batch.metadata.count - 1].1)
    }

    private func kind(_ page: borrowing Span<UInt8>, _ range: Range<Int>) -> MetricMetadata.Kind? {
        guard let text = string(page, range)?.trimmingSpaces() else { return nil }
        return text == "untyped" ? .unknown : MetricMetadata.Kind(rawValue: String(text))
    }

    /// Where the name that begins here ends: at least one byte of those that need no quotes.
    @inline(__always)
    func metricNameEnd(_ page: borrowing Span<UInt8>) throws(DecodingError) -> Int {
        let nameEnd = WordScan.nameEnd(page, at, end: end, allowsColon: true)
        guard nameEnd > at, !isDigit(page[at]) else { throw DecodingError("a metric name is expected", at: at) }
        return nameEnd
    }

    /// What stands in the quotes that begin here, and whether there are escapes in it.
    @inline(__always)
    mutating func quoted(
        _ page: borrowing Span<UInt8>, allowsNewline: Bool
    ) throws(DecodingError) -> (range: Range<Int>, isEscaped: Bool) {
        let start = at &+ 1
        var offset = start
        var isEscaped = false
        while true {
            offset = WordScan.quotedEnd(page, offset, end: end, allowsNewline: allowsNewline)
            guard offset < end, page[offset] != UInt8(ascii: "\n") else { break }
            if page[offset] == UInt8(ascii: "\"") {
                at = offset &+ 1
                return (start..<offset, isEscaped)
            }
            isEscaped = true
            guard offset &+ 1 < end, page[offset &+ 1] != UInt8(ascii: "\n") else { break }
            offset &+= 2
        }
        throw DecodingError("a quote is not closed", at: at)
    }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

/// Appends text with `\\`, `\n` and (where it was quoted) `\"` resolved; other backslashes stay.
func appendUnescaped(
    _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, quotes: Bool = true, to output: inout [UInt8]
) {
    var at = range.lowerBound
    while at < range.upperBound {
        let next = at + 1
        if bytes[at] == UInt8(ascii: "\\"), next < range.upperBound {
            let resolved: UInt8? =
                switch bytes[next] {
                case UInt8(ascii: "\\"): UInt8(ascii: "\\")
                case UInt8(ascii: "n"): UInt8(ascii: "\n")
                case UInt8(ascii: "\"") where quotes: UInt8(ascii: "\"")
                default: nil
                }
            if let resolved {
                output.append(resolved)
                at += 2
                continue
            }
        }
        output.append(bytes[at])
        at = next
    }
}

extension [UInt8] {
    func hasSuffix(_ suffix: [UInt8]) -> Bool {
        count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }
}
