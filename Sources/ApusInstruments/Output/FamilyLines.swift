internal import ApusModel

/// What the lines of one family have in common while a page is written: names, bounds, and room to add up in.
struct FamilyLines {
    enum Suffix: String { case none = "", total = "_total", bucket = "_bucket", sum = "_sum", count = "_count" }

    /// Room for the counts of a histogram.
    var sums: [UInt64] = []

    private let kind: InstrumentKind
    private let metadata: MetricMetadata
    private let isOpenMetrics: Bool
    private let name: String
    private let plainName: [UInt8]
    private let totalName: [UInt8]
    private let bucketName: [UInt8]
    private let sumName: [UInt8]
    private let countName: [UInt8]
    /// `le="0.005"} ` for each bucket.
    private var bucketEnds: [[UInt8]] = []

    init(name: String, kind: InstrumentKind, metadata: MetricMetadata, format: PageFormat) {
        self.name = name
        self.kind = kind
        self.metadata = metadata
        isOpenMetrics = format == .openMetrics
        plainName = Array(name.utf8)
        totalName = Array((name + Suffix.total.rawValue).utf8)
        bucketName = Array((name + Suffix.bucket.rawValue).utf8)
        sumName = Array((name + Suffix.sum.rawValue).utf8)
        countName = Array((name + Suffix.count.rawValue).utf8)
    }

    /// `# HELP`, `# TYPE`, and in OpenMetrics `# UNIT` where the name ends with the unit, as it must.
    func appendDeclaration(to page: inout [UInt8]) {
        let declared = kind == .counter && !isOpenMetrics ? name + Suffix.total.rawValue : name
        if !metadata.help.isEmpty {
            page.append(contentsOf: "# HELP \(declared) ".utf8)
            MetricNames.appendEscaped(metadata.help, quotes: isOpenMetrics, to: &page)
            page.append(UInt8(ascii: "\n"))
        }
        page.append(contentsOf: "# TYPE \(declared) \(kind.exposed.rawValue)\n".utf8)
        if isOpenMetrics, !metadata.unit.isEmpty, name.hasSuffix("_" + metadata.unit) {
            page.append(contentsOf: "# UNIT \(declared) \(metadata.unit)\n".utf8)
        }
    }

    @inline(__always)
    func appendName(_ suffix: Suffix, to page: inout [UInt8]) {
        switch suffix {
        case .none: page.append(contentsOf: plainName)
        case .total: page.append(contentsOf: totalName)
        case .bucket: page.append(contentsOf: bucketName)
        case .sum: page.append(contentsOf: sumName)
        case .count: page.append(contentsOf: countName)
        }
    }

    @inline(__always)
    func appendLabels(_ text: borrowing LabelText, to page: inout [UInt8]) {
        guard !text.isEmpty else {
            page.append(UInt8(ascii: " "))
            return
        }
        page.append(UInt8(ascii: "{"))
        text.append(to: &page)
        page.append(UInt8(ascii: "}"))
        page.append(UInt8(ascii: " "))
    }

    /// Prepares the ends of bucket lines, once for a page.
    ///
    /// - Returns: How many bounds there are.
    mutating func bounds(_ bounds: () -> [Double]) -> Int {
        if bucketEnds.isEmpty {
            bucketEnds = (bounds().map(NumberText.string) + ["+Inf"]).map { Array("le=\"\($0)\"} ".utf8) }
        }
        return bucketEnds.count - 1
    }

    @inline(__always)
    func appendBucket(_ bucket: Int, _ text: borrowing LabelText, to page: inout [UInt8]) {
        page.append(contentsOf: bucketName)
        page.append(UInt8(ascii: "{"))
        if !text.isEmpty {
            text.append(to: &page)
            page.append(UInt8(ascii: ","))
        }
        page.append(contentsOf: bucketEnds[bucket])
    }

    /// A whole line with one more label.
    func append(
        _ suffix: Suffix, _ text: borrowing LabelText, _ label: (String, String)?, _ value: Double, to page: inout [UInt8]
    ) {
        appendName(suffix, to: &page)
        if let label {
            page.append(UInt8(ascii: "{"))
            text.append(to: &page)
            page.append(contentsOf: "\(text.isEmpty ? "" : ",")\(label.0)=\"\(label.1)\"} ".utf8)
        } else {
            appendLabels(text, to: &page)
        }
        NumberText.append(value, to: &page)
        page.append(UInt8(ascii: "\n"))
    }

    @inline(__always)
    func endLine(exemplar: Exemplar?, to page: inout [UInt8]) {
        if let exemplar, isOpenMetrics { append(exemplar, to: &page) }
        page.append(UInt8(ascii: "\n"))
    }

    /// ` # {trace_id="…"} value seconds`; left out when its labels are longer than the 128 characters that are allowed.
    @inline(never)
    private func append(_ exemplar: Exemplar, to page: inout [UInt8]) {
        let labels = exemplar.labels
        guard labels.reduce(0, { $0 + $1.0.unicodeScalars.count + $1.1.unicodeScalars.count }) <= 128 else { return }
        page.append(contentsOf: " # {".utf8)
        page.append(contentsOf: MetricNames.text(labels))
        page.append(contentsOf: "} ".utf8)
        NumberText.append(exemplar.value, to: &page)
        page.append(UInt8(ascii: " "))
        NumberText.append(Double(exemplar.time) / 1000, to: &page)
    }
}
