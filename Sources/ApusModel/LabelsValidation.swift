internal import ApusBytes

/// Why label bytes from outside are refused.
public enum LabelsError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(offset: Int)
    case emptyName
    case duplicateName(String)
    case outOfOrder(String)
    case notUTF8
    case nameMissing
    case tooMany(limit: Int)
    case tooLong(limit: Int)

    public var description: String {
        switch self {
        case .malformed(let offset): "labels malformed at byte \(offset)"
        case .emptyName: "a label has an empty name"
        case .duplicateName(let name): "label \(LabelName.quoted(name)) stands twice"
        case .outOfOrder(let name): "label \(LabelName.quoted(name)) is out of order: labels must be sorted by name"
        case .notUTF8: "a label is not valid UTF-8"
        case .nameMissing: "the label __name__ is missing"
        case .tooMany(let limit): "more than \(limit) labels"
        case .tooLong(let limit): "a label name or value is longer than \(limit) bytes"
        }
    }
}

/// Bounds on the labels of one series that somebody else sends.
public struct LabelLimits: Sendable, Equatable {
    public var countMax = 128
    public var nameByteCountMax = 1024
    public var valueByteCountMax = 16_384

    public init() {}
}

extension Labels {
    /// Labels from bytes in remote write's form, checked: well-formed, sorted, unique, UTF-8, no empty name or value, and,
    /// when `requiresName`, with a `__name__`.
    ///
    /// - Throws: What is wrong; labels with empty values are refused as malformed, since a sender must leave them out.
    public init(
        validating span: borrowing Span<UInt8>, _ range: Range<Int>, limits: LabelLimits = LabelLimits(),
        requiresName: Bool = true
    ) throws(LabelsError) {
        var cursor = LabelCursor(offset: range.lowerBound, end: range.upperBound)
        var previous: Range<Int>?
        var count = 0
        var hasName = false
        let metric: [UInt8] = Array("__name__".utf8)
        while let label = cursor.next(span) {
            guard !label.name.isEmpty else { throw .emptyName }
            guard !label.value.isEmpty, label.value.upperBound == cursor.offset else {
                throw .malformed(offset: label.value.lowerBound - range.lowerBound)
            }
            guard label.name.count <= limits.nameByteCountMax else { throw .tooLong(limit: limits.nameByteCountMax) }
            guard label.value.count <= limits.valueByteCountMax else { throw .tooLong(limit: limits.valueByteCountMax) }
            guard let name = string(span, label.name), string(span, label.value) != nil else { throw .notUTF8 }
            if let previous {
                let order = compareBytes(span, previous, span, label.name)
                if order == 0 { throw .duplicateName(name) }
                if order > 0 { throw .outOfOrder(name) }
            }
            if !hasName && bytesEqual(span, label.name, metric.span, 0..<metric.count) { hasName = true }
            previous = label.name
            count += 1
            guard count <= limits.countMax else { throw .tooMany(limit: limits.countMax) }
        }
        guard cursor.offset == range.upperBound else { throw .malformed(offset: cursor.offset - range.lowerBound) }
        guard hasName || !requiresName else { throw .nameMissing }
        var canonical: [UInt8] = []
        canonical.reserveCapacity(range.count)
        append(span, range, to: &canonical)
        self.init(canonicalBytes: canonical)
    }
}
