public import ApusBytes

/// The name of a series: label names and values, sorted by name, unique, none of them empty.
///
/// Kept as one run of bytes in the very form remote write sends it (the repeated field `labels` of prometheus.TimeSeries:
/// for each label `0x0a length { 0x0a length name 0x12 length value }`), so that a received series is known again by one
/// hash and one compare, without decoding. The metric's name is the label `__name__`.
public struct Labels: Hashable, Sendable {
    /// Canonical bytes: two label sets are equal exactly when these are.
    public let bytes: [UInt8]

    /// No labels at all.
    public init() { bytes = [] }

    /// - Parameter canonicalBytes: In the form described above, sorted and unique; from `LabelsBuilder` or checked before.
    package init(canonicalBytes: [UInt8]) { bytes = canonicalBytes }

    /// Labels in any order; a pair with an empty value is left out, and of two with one name the later counts.
    public init(_ pairs: some Sequence<(String, String)>) {
        var builder = LabelsBuilder()
        for (name, value) in pairs { builder.set(name, value) }
        self = builder.build()
    }

    public var isEmpty: Bool { bytes.isEmpty }

    /// Random, so that nobody can aim at collisions.
    private static let hashSeed = UInt64.random(in: .min ... .max)

    /// One pass of a fast hash rather than a byte at a time.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(hash64(bytes.span, 0..<bytes.count, seed: Self.hashSeed))
    }

    /// The number of labels; O(labels).
    public var count: Int {
        var count = 0
        forEach { _, _, _ in count += 1 }
        return count
    }

    /// The value of a label, nil when the set has none of that name; O(bytes).
    public subscript(name: String) -> String? {
        guard let range = range(of: Array(name.utf8)) else { return nil }
        return string(bytes.span, range)
    }

    public var metricName: String? { self["__name__"] }

    /// Where the value of the label called `name` lies in `bytes`.
    public func range(of name: [UInt8]) -> Range<Int>? {
        let span = bytes.span
        let nameSpan = name.span
        var cursor = LabelCursor(end: bytes.count)
        while let label = cursor.next(span) {
            let order = compareBytes(span, label.name, nameSpan, 0..<name.count)
            if order == 0 { return label.value }
            if order > 0 { return nil }
        }
        return nil
    }

    /// Calls `body` with the bytes and the ranges of name and value of each label, in order.
    public func forEach(_ body: (_ bytes: borrowing Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>) -> Void) {
        let span = bytes.span
        var cursor = LabelCursor(end: bytes.count)
        while let label = cursor.next(span) { body(span, label.name, label.value) }
    }

    /// Names and values as strings, in order; for edges, not for hot paths.
    public var pairs: [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        forEach { bytes, name, value in
            result.append((string(bytes, name) ?? "", string(bytes, value) ?? ""))
        }
        return result
    }
}

/// Walks canonical label bytes. It trusts its input: bytes from outside go through `Labels.init(validating:)` first.
public struct LabelCursor {
    public var offset: Int
    public let end: Int

    @inlinable
    public init(offset: Int = 0, end: Int) {
        self.offset = offset
        self.end = end
    }

    /// The next label's ranges in the bytes, nil at the end (or, for bytes that are not canonical, at the first fault).
    @inlinable
    public mutating func next(_ bytes: borrowing Span<UInt8>) -> (name: Range<Int>, value: Range<Int>)? {
        guard offset < end else { return nil }
        if let short = nextShort(bytes) { return short }
        var reader = ByteReader(offset: offset, end: end)
        do throws(DecodingError) {
            guard try reader.byte(bytes) == 0x0a else { return nil }
            let label = try reader.run(bytes)
            reader.offset = label.lowerBound
            guard try reader.byte(bytes) == 0x0a else { return nil }
            let name = try reader.run(bytes)
            guard try reader.byte(bytes) == 0x12 else { return nil }
            let value = try reader.run(bytes)
            offset = label.upperBound
            return (name, value)
        } catch {
            return nil
        }
    }

    /// The common case: every length in one byte.
    @inlinable
    mutating func nextShort(_ bytes: borrowing Span<UInt8>) -> (name: Range<Int>, value: Range<Int>)? {
        guard end <= bytes.count, end - offset >= 6, bytes[offset] == 0x0a, bytes[offset + 2] == 0x0a else { return nil }
        let (labelCount, nameCount) = (Int(bytes[offset + 1]), Int(bytes[offset + 3]))
        let nameStart = offset + 4
        let labelEnd = offset + 2 + labelCount
        let valueStart = nameStart + nameCount + 2
        guard labelCount < 0x80, nameCount < 0x80, labelEnd <= end, valueStart <= labelEnd, bytes[valueStart - 2] == 0x12 else { return nil }
        let valueCount = Int(bytes[valueStart - 1])
        guard valueCount < 0x80, valueStart + valueCount == labelEnd else { return nil }
        offset = labelEnd
        return (nameStart..<nameStart + nameCount, valueStart..<labelEnd)
    }
}

extension Labels: Comparable {
    /// Prometheus's order: label by label, first the names, then the values, then the shorter set.
    public static func < (a: Labels, b: Labels) -> Bool { compare(a, b) < 0 }

    /// Negative, zero or positive as `a` stands before, at or behind `b`.
    public static func compare(_ a: Labels, _ b: Labels) -> Int {
        let (p, q) = (a.bytes.span, b.bytes.span)
        var (i, j) = (LabelCursor(end: p.count), LabelCursor(end: q.count))
        while true {
            switch (i.next(p), j.next(q)) {
            case (nil, nil): return 0
            case (nil, _?): return -1
            case (_?, nil): return 1
            case let (x?, y?):
                let names = compareBytes(p, x.name, q, y.name)
                if names != 0 { return names }
                let values = compareBytes(p, x.value, q, y.value)
                if values != 0 { return values }
            }
        }
    }
}

extension Labels: CustomStringConvertible {
    /// As PromQL writes it: `up{instance="a:1", job="b"}`.
    public var description: String {
        var inside: [String] = []
        var metric = ""
        for (name, value) in pairs {
            if name == "__name__" && LabelName.isLegacyMetric(value) {
                metric = value
            } else {
                let key = LabelName.isLegacy(name) ? name : LabelName.quoted(name)
                inside.append("\(key)=\(LabelName.quoted(value))")
            }
        }
        if inside.isEmpty && !metric.isEmpty { return metric }
        return "\(metric){\(inside.joined(separator: ", "))}"
    }
}

extension Labels: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}
