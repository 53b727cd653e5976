internal import ApusBytes
internal import ApusModel

/// One label of the line that is being read: where its name and value stand on the page.
struct LabelText {
    var nameStart: Int32
    var nameEnd: Int32
    var valueStart: Int32
    var valueEnd: Int32
    var isNameEscaped = false
    var isValueEscaped = false
    var isNormalized = false

    @inline(__always) var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    @inline(__always) var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

/// Buffers that are reused from line to line.
struct SampleScratch: Sendable {
    var labels: [LabelText] = []
    /// Whether they came sorted by name.
    var isSorted = true
    /// Whether no name has escapes or is empty.
    var hasPlainNames = true
    /// One label's texts, where they have to be changed.
    var name: [UInt8] = []
    var value: [UInt8] = []
}

extension PageReader {
    /// Reads a line of a sample, to behind its newline.
    mutating func readSample(
        _ page: borrowing Span<UInt8>, _ scratch: inout SampleScratch, into batch: inout WriteBatch
    ) throws(DecodingError) {
        let line = at
        scratch.labels.removeAll(keepingCapacity: true)
        scratch.isSorted = true
        scratch.hasPlainNames = true
        var metric: (range: Range<Int>, isEscaped: Bool)?
        if page[at] != UInt8(ascii: "{") {
            let start = at
            at = try metricNameEnd(page)
            metric = (start..<at, false)
            if !isOpenMetrics { skipBlanks(page) }
        }
        if at < end, page[at] == UInt8(ascii: "{") {
            at &+= 1
            try readLabels(page, &metric, &scratch, isExemplar: false)
        }
        guard let metric else { throw DecodingError("a metric name is missing", at: line) }
        let value = try readValue(page)
        let sampleTime = try readTimeAndEnd(page, &scratch)

        if options.checksSuffixes { try checkSuffix(page, metric.range, at: line) }
        let labelsStart = batch.bytes.count
        appendLabels(page, metric: metric.range, isEscaped: metric.isEscaped, &scratch, to: &batch.bytes)
        batch.entries.append(
            .init(labels: labelsStart..<batch.bytes.count, firstSample: batch.times.count, sampleCount: 1))
        batch.times.append(sampleTime)
        batch.values.append(value)
        summary.sampleCount &+= 1
    }

    /// Reads from behind `{` to behind `}`.
    ///
    /// - Parameter metric: Set when a name in quotes without a value is met.
    private mutating func readLabels(
        _ page: borrowing Span<UInt8>, _ metric: inout (range: Range<Int>, isEscaped: Bool)?,
        _ scratch: inout SampleScratch, isExemplar: Bool
    ) throws(DecodingError) {
        var previous = 0..<0
        var count = 0
        while true {
            if !isOpenMetrics { skipBlanks(page) }
            guard at < end else { throw DecodingError("a brace is not closed", at: end) }
            if page[at] == UInt8(ascii: "}") {
                at &+= 1
                return
            }
            let start = at
            count &+= 1
            guard count <= options.labelCountMax else { throw DecodingError("too many labels", at: start) }
            var name: Range<Int>
            var isEscaped = false
            if page[at] == UInt8(ascii: "\"") {
                (name, isEscaped) = try quoted(page, allowsNewline: !isOpenMetrics)
                if !isOpenMetrics { skipBlanks(page) }
                if at < end, !isExemplar, page[at] == UInt8(ascii: ",") || page[at] == UInt8(ascii: "}") {
                    guard metric == nil else { throw DecodingError("a second metric name", at: start) }
                    metric = (name, isEscaped)
                    if page[at] == UInt8(ascii: ",") { at &+= 1 }
                    continue
                }
            } else {
                at = WordScan.nameEnd(page, at, end: end, allowsColon: false)
                guard at > start, !isDigit(page[start]) else {
                    throw DecodingError("a label name is expected", at: start)
                }
                name = start..<at
                if !isOpenMetrics { skipBlanks(page) }
            }
            guard at < end, page[at] == UInt8(ascii: "=") else { throw DecodingError("= is expected", at: at) }
            at &+= 1
            if !isOpenMetrics { skipBlanks(page) }
            guard at < end, page[at] == UInt8(ascii: "\"") else {
                throw DecodingError("a label value is expected", at: at)
            }
            let value = try quoted(page, allowsNewline: !isOpenMetrics)
            if !value.range.isEmpty && !isExemplar {
                if isEscaped || name.isEmpty {
                    scratch.hasPlainNames = false
                } else {
                    if !previous.isEmpty, order(page, previous, name) > 0 { scratch.isSorted = false }
                    previous = name
                }
                scratch.labels.append(
                    LabelText(
                        nameStart: Int32(truncatingIfNeeded: name.lowerBound),
                        nameEnd: Int32(truncatingIfNeeded: name.upperBound),
                        valueStart: Int32(truncatingIfNeeded: value.range.lowerBound),
                        valueEnd: Int32(truncatingIfNeeded: value.range.upperBound), isNameEscaped: isEscaped,
                        isValueEscaped: value.isEscaped, isNormalized: isBucketLabel(page, name)))
            }
            if !isOpenMetrics { skipBlanks(page) }
            if at < end, page[at] == UInt8(ascii: ",") {
                at &+= 1
            } else if isOpenMetrics, at < end, page[at] != UInt8(ascii: "}") {
                // The text format goes on without a comma, as Prometheus does.
                throw DecodingError("a comma or } is expected", at: at)
            }
        }
    }

    @inline(__always)
    private func isBucketLabel(_ page: borrowing Span<UInt8>, _ name: Range<Int>) -> Bool {
        guard options.normalizesBucketLabels, name.count == (kind == .histogram ? 2 : 8) else { return false }
        switch kind {
        case .histogram:
            return page[name.lowerBound] == UInt8(ascii: "l") && page[name.lowerBound &+ 1] == UInt8(ascii: "e")
        case .summary: return string(page, name) == "quantile"
        default: return false
        }
    }

    /// The value behind a name and its labels.
    @inline(__always)
    private mutating func readValue(_ page: borrowing Span<UInt8>) throws(DecodingError) -> Double {
        if isOpenMetrics {
            guard at < end, page[at] == UInt8(ascii: " ") else {
                throw DecodingError("a space and a value are expected", at: at)
            }
            at &+= 1
        } else {
            skipBlanks(page)
        }
        let start = at
        guard let value = FloatScanner.scan(page, &at, end: end), at == end || page[at] <= UInt8(ascii: " ") else {
            throw DecodingError("the value is not a number", at: start)
        }
        return value
    }

    /// What follows the value: a time perhaps, an exemplar perhaps, and the end of the line.
    @inline(__always)
    private mutating func readTimeAndEnd(
        _ page: borrowing Span<UInt8>, _ scratch: inout SampleScratch
    ) throws(DecodingError) -> Int64 {
        if !isOpenMetrics { skipBlanks(page) }
        if at < end, page[at] == UInt8(ascii: "\n") {
            at &+= 1
            return time
        }
        return isOpenMetrics ? try readOpenMetricsRest(page, &scratch) : try readTextRest(page)
    }

    private mutating func readTextRest(_ page: borrowing Span<UInt8>) throws(DecodingError) -> Int64 {
        guard at < end else { return time }
        let start = at
        let isNegative = page[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        var milliseconds: UInt64 = 0
        let digitsStart = at
        while at < end, isDigit(page[at]) {
            let (product, overflows) = milliseconds.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = product.addingReportingOverflow(UInt64(page[at] &- UInt8(ascii: "0")))
            guard !overflows && !overflowsToo else { throw DecodingError("the timestamp is too large", at: start) }
            milliseconds = sum
            at += 1
        }
        guard at > digitsStart else { throw DecodingError("the timestamp is not a whole number", at: start) }
        guard let magnitude = Int64(exactly: milliseconds) else {
            throw DecodingError("the timestamp is too large", at: start)
        }
        skipBlanks(page)
        guard at == end || page[at] == UInt8(ascii: "\n") else {
            throw DecodingError("text after the timestamp", at: at)
        }
        at = min(end, at + 1)
        summary.timestampedSampleCount += 1
        return options.honorsTimestamps ? (isNegative ? -magnitude : magnitude) : time
    }

    private mutating func readOpenMetricsRest(
        _ page: borrowing Span<UInt8>, _ scratch: inout SampleScratch
    ) throws(DecodingError) -> Int64 {
        var sampleTime = time
        if at + 1 < end, page[at] == UInt8(ascii: " "), page[at + 1] != UInt8(ascii: "#") {
            at += 1
            let own = try readSeconds(page)
            summary.timestampedSampleCount += 1
            if options.honorsTimestamps { sampleTime = own }
        }
        if at + 2 < end, page[at] == UInt8(ascii: " "), page[at + 1] == UInt8(ascii: "#") {
            guard at + 3 < end, page[at + 2] == UInt8(ascii: " "), page[at + 3] == UInt8(ascii: "{") else {
                throw DecodingError("not an exemplar", at: at)
            }
            at += 4
            var none: (range: Range<Int>, isEscaped: Bool)?
            try readLabels(page, &none, &scratch, isExemplar: true)
            _ = try readValue(page)
            if at < end, page[at] == UInt8(ascii: " ") {
                at += 1
                _ = try readSeconds(page)
            }
            summary.exemplarCount += 1
        }
        guard at < end else { throw DecodingError("the page does not end with # EOF", at: end) }
        guard page[at] == UInt8(ascii: "\n") else { throw DecodingError("text at the end of the line", at: at) }
        at += 1
        return sampleTime
    }

    /// A time in seconds, rounded to milliseconds: cutting, as Prometheus does, would lose one of `1.001`.
    private mutating func readSeconds(_ page: borrowing Span<UInt8>) throws(DecodingError) -> Int64 {
        let start = at
        guard let seconds = FloatScanner.scan(page, &at, end: end),
            let milliseconds = Int64(exactly: (seconds * 1000).rounded())
        else { throw DecodingError("not a timestamp", at: start) }
        return milliseconds
    }
}
