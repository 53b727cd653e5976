internal import ApusBytes
internal import ApusModel

private let metricNameLabel = Array("__name__".utf8)

extension PageReader {
    /// Writes the labels of a line in canonical form.
    @inline(__always)
    func appendLabels(
        _ page: borrowing Span<UInt8>, metric: Range<Int>, isEscaped: Bool, _ scratch: inout SampleScratch,
        to output: inout [UInt8]
    ) {
        guard scratch.hasPlainNames && !isEscaped && !metric.isEmpty && metric.count < 100,
            scratch.isSorted || scratch.labels.count <= 32
        else { return appendSorted(page, metric: metric, isEscaped: isEscaped, scratch, to: &output) }
        if !scratch.isSorted { sort(page, &scratch.labels) }
        var index = 0
        // Capital letters and some names with underscores stand before `__name__`.
        while index < scratch.labels.count, isBeforeMetricName(page, scratch.labels[index].name) {
            appendLabel(page, scratch.labels[index], &scratch, to: &output)
            index &+= 1
        }
        appendMetricNameHead(byteCount: UInt8(truncatingIfNeeded: metric.count), to: &output)
        append(page, metric, to: &output)
        while index < scratch.labels.count {
            appendLabel(page, scratch.labels[index], &scratch, to: &output)
            index &+= 1
        }
    }

    /// By insertion, since most labels stand where they should: `le` at the end of a line is the usual exception.
    private func sort(_ page: borrowing Span<UInt8>, _ labels: inout [LabelText]) {
        for i in 1..<labels.count {
            let label = labels[i]
            var j = i
            while j > 0, order(page, labels[j &- 1].name, label.name) > 0 {
                labels[j] = labels[j &- 1]
                j &-= 1
            }
            if j < i { labels[j] = label }
        }
    }

    @inline(__always)
    func order(_ page: borrowing Span<UInt8>, _ a: Range<Int>, _ b: Range<Int>) -> Int {
        let (first, second) = (page[a.lowerBound], page[b.lowerBound])
        return first != second ? Int(first) &- Int(second) : compareBytes(page, a, page, b)
    }

    @inline(__always)
    private func isBeforeMetricName(_ page: borrowing Span<UInt8>, _ name: Range<Int>) -> Bool {
        page[name.lowerBound] <= UInt8(ascii: "_")
            && compareBytes(page, name, metricNameLabel.span, 0..<metricNameLabel.count) < 0
    }

    @inline(__always)
    private func appendLabel(
        _ page: borrowing Span<UInt8>, _ label: LabelText, _ scratch: inout SampleScratch, to output: inout [UInt8]
    ) {
        let (name, value) = (label.name, label.value)
        let byteCount = name.count &+ value.count &+ 4
        guard byteCount < 0x80, value.lowerBound == name.upperBound &+ 2, !label.isValueEscaped, !label.isNormalized
        else {
            return appendUnusual(page, label, &scratch, to: &output)
        }
        output.append(0x0a)
        output.append(UInt8(truncatingIfNeeded: byteCount))
        output.append(0x0a)
        output.append(UInt8(truncatingIfNeeded: name.count))
        // The two bytes between them, `="`, make room for the two of the canonical form.
        let between = output.count &+ name.count
        append(page, name.lowerBound..<value.upperBound, to: &output)
        output[between] = 0x12
        output[between &+ 1] = UInt8(truncatingIfNeeded: value.count)
    }

    /// A label with blanks around `=`, with escapes, long, or to be normalized.
    @inline(never)
    private func appendUnusual(
        _ page: borrowing Span<UInt8>, _ label: LabelText, _ scratch: inout SampleScratch, to output: inout [UInt8]
    ) {
        scratch.name.removeAll(keepingCapacity: true)
        scratch.value.removeAll(keepingCapacity: true)
        text(page, label, &scratch.name, &scratch.value)
        Labels.appendLabel(scratch.name, scratch.value, to: &output)
    }

    private func text(
        _ page: borrowing Span<UInt8>, _ label: LabelText, _ name: inout [UInt8], _ value: inout [UInt8]
    ) {
        if label.isNameEscaped {
            appendUnescaped(page, label.name, to: &name)
        } else {
            append(page, label.name, to: &name)
        }
        if label.isNormalized, let number = FloatScanner.number(page, label.value) {
            FloatText.appendOpenMetrics(number, to: &value)
        } else if label.isValueEscaped {
            appendUnescaped(page, label.value, to: &value)
        } else {
            append(page, label.value, to: &value)
        }
    }

    /// The labels of a line that has them in any order; duplicates stay, next to each other, for the store to refuse.
    @inline(never)
    private func appendSorted(
        _ page: borrowing Span<UInt8>, metric: Range<Int>, isEscaped: Bool, _ scratch: SampleScratch,
        to output: inout [UInt8]
    ) {
        var all: [(name: [UInt8], value: [UInt8])] = []
        all.reserveCapacity(scratch.labels.count + 1)
        var metricName: [UInt8] = []
        if isEscaped { appendUnescaped(page, metric, to: &metricName) } else { append(page, metric, to: &metricName) }
        if !metricName.isEmpty { all.append((metricNameLabel, metricName)) }
        for label in scratch.labels {
            var (name, value) = ([UInt8](), [UInt8]())
            text(page, label, &name, &value)
            all.append((name, value))
        }
        all.sort { a, b in compareBytes(a.name.span, 0..<a.name.count, b.name.span, 0..<b.name.count) < 0 }
        for label in all { Labels.appendLabel(label.name, label.value, to: &output) }
    }

    /// Refuses a sample that is not one of the declared family.
    func checkSuffix(_ page: borrowing Span<UInt8>, _ metric: Range<Int>, at line: Int) throws(DecodingError) {
        guard !family.isEmpty else { return }
        let isFamily =
            metric.count >= family.count
            && bytesEqual(page, metric.lowerBound..<metric.lowerBound + family.count, family.span, 0..<family.count)
        guard isFamily, let suffix = string(page, metric.lowerBound + family.count..<metric.upperBound),
            kind.sampleSuffixes.contains(suffix)
        else { throw DecodingError("the sample is not one of the family declared before it", at: line) }
    }
}

/// `0a length 0a 08 __name__ 12 n`, all that stands before a metric's name of less than 116 bytes; in one copy.
@inline(__always)
private func appendMetricNameHead(byteCount: UInt8, to output: inout [UInt8]) {
    let head: InlineArray<14, UInt8> = [
        0x0a, 12 &+ byteCount, 0x0a, 0x08, 0x5f, 0x5f, 0x6e, 0x61, 0x6d, 0x65, 0x5f, 0x5f, 0x12, byteCount,
    ]
    append(head.span, 0..<14, to: &output)
}

extension MetricMetadata.Kind {
    /// What OpenMetrics lets stand behind a family's name on its samples.
    var sampleSuffixes: [String] {
        switch self {
        case .counter: ["_total", "_created"]
        case .gauge, .unknown, .stateset: [""]
        case .histogram: ["_bucket", "_sum", "_count", "_created"]
        case .gaugehistogram: ["_bucket", "_gsum", "_gcount"]
        case .summary: ["", "_sum", "_count", "_created"]
        case .info: ["_info"]
        }
    }
}
