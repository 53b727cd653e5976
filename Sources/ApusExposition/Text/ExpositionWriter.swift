internal import ApusBytes
internal import ApusModel

/// Writes families as a page in Prometheus's text format 0.0.4 or in OpenMetrics 1.0.
///
/// Names that need quotes get them (`{"my.metric","a.b"="x"}`). What the text format does not know is written in the terms
/// that it has: info and stateset as gauges, `_created`, `_gsum` and `_gcount` as gauges of their own, no units, no exemplars.
public struct ExpositionWriter: Sendable {
    public let format: ExpositionFormat

    public init(format: ExpositionFormat) { self.format = format }

    /// A whole page.
    public static func page(_ families: some Sequence<MetricFamily>, format: ExpositionFormat) -> [UInt8] {
        let writer = ExpositionWriter(format: format)
        var output: [UInt8] = []
        for family in families { writer.append(family, to: &output) }
        writer.appendEnd(to: &output)
        return output
    }

    /// Appends a family: its declaration, then its samples.
    public func append(_ family: MetricFamily, to output: inout [UInt8]) {
        switch format {
        case .openMetrics: appendOpenMetrics(family, to: &output)
        case .text: appendText(family, to: &output)
        }
    }

    /// Appends what the end of a page needs: `# EOF` in OpenMetrics, nothing in the text format.
    public func appendEnd(to output: inout [UInt8]) {
        if format == .openMetrics { output.append(contentsOf: "# EOF\n".utf8) }
    }

    private func appendOpenMetrics(_ family: MetricFamily, to output: inout [UInt8]) {
        let metadata = family.metadata
        appendDeclaration("TYPE", family.name, to: &output)
        output.append(contentsOf: metadata.kind.rawValue.utf8)
        output.append(UInt8(ascii: "\n"))
        // A unit that the name does not end with would make the page invalid.
        if !metadata.unit.isEmpty && family.name.hasSuffix("_" + metadata.unit) {
            appendDeclaration("UNIT", family.name, to: &output)
            appendEscaped(metadata.unit, quotes: true, to: &output)
            output.append(UInt8(ascii: "\n"))
        }
        if !metadata.help.isEmpty {
            appendDeclaration("HELP", family.name, to: &output)
            appendEscaped(metadata.help, quotes: true, to: &output)
            output.append(UInt8(ascii: "\n"))
        }
        var name = SampleName(family)
        for sample in family.samples { append(sample, &name, to: &output) }
    }

    private func appendText(_ family: MetricFamily, to output: inout [UInt8]) {
        let kind = family.metadata.kind
        let name = family.name + kind.defaultSuffix
        if !family.metadata.help.isEmpty {
            appendDeclaration("HELP", name, to: &output)
            appendEscaped(family.metadata.help, quotes: false, to: &output)
            output.append(UInt8(ascii: "\n"))
        }
        appendType(name, kind.textName, to: &output)
        var sampleName = SampleName(family)
        var gauges: [String] = []
        for sample in family.samples {
            if Self.gaugeSuffixes.contains(sample.suffix) {
                if !gauges.contains(sample.suffix) { gauges.append(sample.suffix) }
            } else {
                append(sample, &sampleName, to: &output)
            }
        }
        for suffix in gauges {
            appendType(family.name + suffix, "gauge", to: &output)
            for sample in family.samples where sample.suffix == suffix { append(sample, &sampleName, to: &output) }
        }
    }

    /// Samples that the text format knows no place for in their family.
    private static let gaugeSuffixes: Set<String> = ["_created", "_gsum", "_gcount"]

    private func appendType(_ name: String, _ type: String, to output: inout [UInt8]) {
        appendDeclaration("TYPE", name, to: &output)
        output.append(contentsOf: type.utf8)
        output.append(UInt8(ascii: "\n"))
    }

    /// `# WORD name `, the name in quotes if it needs them.
    private func appendDeclaration(_ word: String, _ name: String, to output: inout [UInt8]) {
        output.append(contentsOf: "# ".utf8)
        output.append(contentsOf: word.utf8)
        output.append(UInt8(ascii: " "))
        if LabelName.isLegacyMetric(name) {
            output.append(contentsOf: name.utf8)
        } else {
            appendQuoted(name, to: &output)
        }
        output.append(UInt8(ascii: " "))
    }

    private func append(_ sample: MetricFamily.Sample, _ name: inout SampleName, to output: inout [UInt8]) {
        name.setSuffix(sample.suffix)
        if name.isLegacy {
            output.append(contentsOf: name.bytes)
            appendLabels(sample.labels, metric: nil, to: &output)
        } else {
            appendLabels(sample.labels, metric: name.text, to: &output)
        }
        output.append(UInt8(ascii: " "))
        FloatText.appendGeneral(sample.value, to: &output)
        appendTime(sample.time, to: &output)
        if let exemplar = sample.exemplar, format == .openMetrics, name.allowsExemplar, exemplar.isShortEnough {
            output.append(contentsOf: " # ".utf8)
            appendLabels(exemplar.labels, metric: nil, evenIfEmpty: true, to: &output)
            output.append(UInt8(ascii: " "))
            FloatText.appendGeneral(exemplar.value, to: &output)
            appendTime(exemplar.time, to: &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    private func appendTime(_ time: Int64?, to output: inout [UInt8]) {
        guard let time else { return }
        output.append(UInt8(ascii: " "))
        switch format {
        case .text: FloatText.append(time, to: &output)
        case .openMetrics: FloatText.appendSeconds(milliseconds: time, to: &output)
        }
    }

    /// `{a="b",c="d"}`, with a metric's name that needs quotes in front; nothing when there is nothing inside.
    private func appendLabels(
        _ labels: Labels, metric: String?, evenIfEmpty: Bool = false, to output: inout [UInt8]
    ) {
        guard metric != nil || !labels.isEmpty || evenIfEmpty else { return }
        output.append(UInt8(ascii: "{"))
        var isFirst = true
        if let metric {
            appendQuoted(metric, to: &output)
            isFirst = false
        }
        let span = labels.bytes.span
        var cursor = LabelCursor(end: span.count)
        while let label = cursor.next(span) {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            let isLegacy =
                !isDigit(span[label.name.lowerBound])
                && WordScan.nameEnd(span, label.name.lowerBound, end: label.name.upperBound, allowsColon: false)
                    == label.name.upperBound
            if isLegacy {
                ApusBytes.append(span, label.name, to: &output)
            } else {
                output.append(UInt8(ascii: "\""))
                appendEscaped(span, label.name, quotes: true, to: &output)
                output.append(UInt8(ascii: "\""))
            }
            output.append(UInt8(ascii: "="))
            output.append(UInt8(ascii: "\""))
            appendEscaped(span, label.value, quotes: true, to: &output)
            output.append(UInt8(ascii: "\""))
        }
        output.append(UInt8(ascii: "}"))
    }

    private func appendQuoted(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        appendEscaped(text, quotes: true, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    private func appendEscaped(_ text: String, quotes: Bool, to output: inout [UInt8]) {
        let bytes = Array(text.utf8)
        appendEscaped(bytes.span, 0..<bytes.count, quotes: quotes, to: &output)
    }

    /// Backslash and newline are escaped, and the quote where `quotes`; runs without them are copied at once.
    private func appendEscaped(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, quotes: Bool, to output: inout [UInt8]
    ) {
        var start = range.lowerBound
        var at = start
        while true {
            at = WordScan.quotedEnd(bytes, at, end: range.upperBound, allowsNewline: false)
            guard at < range.upperBound else { break }
            if quotes || bytes[at] != UInt8(ascii: "\"") {
                ApusBytes.append(bytes, start..<at, to: &output)
                output.append(UInt8(ascii: "\\"))
                output.append(bytes[at] == UInt8(ascii: "\n") ? UInt8(ascii: "n") : bytes[at])
                start = at + 1
            }
            at += 1
        }
        ApusBytes.append(bytes, start..<range.upperBound, to: &output)
    }
}

/// The name of the samples that are being written; put together only when the suffix changes.
private struct SampleName {
    private let family: String
    private let defaultSuffix: String
    private var suffix: String?
    private(set) var text = ""
    private(set) var bytes: [UInt8] = []
    private(set) var isLegacy = true
    private(set) var allowsExemplar = false

    init(_ family: MetricFamily) {
        self.family = family.name
        defaultSuffix = family.metadata.kind.defaultSuffix
    }

    mutating func setSuffix(_ suffix: String) {
        if suffix == self.suffix { return }
        self.suffix = suffix
        let ending = suffix.isEmpty ? defaultSuffix : suffix
        text = family + ending
        bytes = Array(text.utf8)
        isLegacy = LabelName.isLegacyMetric(text)
        allowsExemplar = ending == "_total" || ending == "_bucket"
    }
}

extension MetricMetadata.Kind {
    /// The type's name in the text format.
    fileprivate var textName: String {
        switch self {
        case .counter: "counter"
        case .gauge, .info, .stateset: "gauge"
        case .histogram, .gaugehistogram: "histogram"
        case .summary: "summary"
        case .unknown: "untyped"
        }
    }
}

extension MetricFamily.Exemplar {
    /// OpenMetrics allows 128 characters.
    fileprivate var isShortEnough: Bool {
        labels.pairs.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count } <= 128
    }
}
