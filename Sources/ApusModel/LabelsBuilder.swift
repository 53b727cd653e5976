internal import ApusBytes

/// Puts a label set together, or changes one: O(labels) for each `set` and `remove`.
public struct LabelsBuilder: Sendable {
    private var names: [[UInt8]] = []
    private var values: [[UInt8]] = []

    public init() {}

    public init(_ labels: Labels) {
        labels.forEach { bytes, name, value in
            var n: [UInt8] = []
            var v: [UInt8] = []
            append(bytes, name, to: &n)
            append(bytes, value, to: &v)
            names.append(n)
            values.append(v)
        }
    }

    /// Sets a label; an empty value removes it, as in Prometheus.
    public mutating func set(_ name: String, _ value: String) { set(Array(name.utf8), Array(value.utf8)) }

    public mutating func set(_ name: [UInt8], _ value: [UInt8]) {
        if value.isEmpty { return remove(name) }
        let at = position(of: name)
        if at < names.count && names[at] == name {
            values[at] = value
        } else {
            names.insert(name, at: at)
            values.insert(value, at: at)
        }
    }

    public mutating func remove(_ name: String) { remove(Array(name.utf8)) }

    public mutating func remove(_ name: [UInt8]) {
        let at = position(of: name)
        if at < names.count && names[at] == name {
            names.remove(at: at)
            values.remove(at: at)
        }
    }

    public func build() -> Labels {
        var bytes: [UInt8] = []
        for (name, value) in zip(names, values) { Labels.appendLabel(name, value, to: &bytes) }
        return Labels(canonicalBytes: bytes)
    }

    /// The first position whose name is not below `name`.
    private func position(of name: [UInt8]) -> Int {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            let candidate = names[middle]
            if compareBytes(candidate.span, 0..<candidate.count, name.span, 0..<name.count) < 0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

extension Labels {
    /// Writes one label in canonical form behind those in `bytes`; the caller keeps the order.
    package static func appendLabel(_ name: [UInt8], _ value: [UInt8], to bytes: inout [UInt8]) {
        let size = 2 + varintByteCount(name.count) + name.count + varintByteCount(value.count) + value.count
        bytes.append(0x0a)
        bytes.appendVarint(UInt64(size))
        bytes.append(0x0a)
        bytes.appendRun(name)
        bytes.append(0x12)
        bytes.appendRun(value)
    }

    static func varintByteCount(_ value: Int) -> Int { max(1, (64 - UInt64(value).leadingZeroBitCount + 6) / 7) }

    /// The labels whose names are in `names`; for `by (…)` and `on (…)`. O(bytes + names).
    public func keeping(_ names: LabelNames) -> Labels { filtered { names.contains($0, $1) } }

    /// The labels whose names are not in `names`; for `without (…)` and `ignoring (…)`.
    public func dropping(_ names: LabelNames) -> Labels { filtered { !names.contains($0, $1) } }

    /// Without `__name__`.
    public func droppingMetricName() -> Labels { dropping(LabelNames(["__name__"])) }

    private func filtered(_ keep: (borrowing Span<UInt8>, Range<Int>) -> Bool) -> Labels {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        let span = bytes.span
        var cursor = LabelCursor(end: bytes.count)
        var start = 0
        while let label = cursor.next(span) {
            if keep(span, label.name) { append(span, start..<cursor.offset, to: &result) }
            start = cursor.offset
        }
        return Labels(canonicalBytes: result)
    }
}

/// A sorted set of label names, for grouping and matching.
public struct LabelNames: Hashable, Sendable {
    public let names: [[UInt8]]

    public init(_ names: some Sequence<String>) {
        self.names = Set(names).map { Array($0.utf8) }.sorted { a, b in
            compareBytes(a.span, 0..<a.count, b.span, 0..<b.count) < 0
        }
    }

    public func contains(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        for name in names where name.count == range.count {
            if bytesEqual(bytes, range, name.span, 0..<name.count) { return true }
        }
        return false
    }
}
