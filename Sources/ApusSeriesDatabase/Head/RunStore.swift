internal import ApusBytes

/// Where a run of bytes lies in a `RunStore`.
struct RunLocation: Equatable {
    var segment: UInt32
    var start: UInt32
    var byteCount: UInt32

    var range: Range<Int> { Int(start)..<Int(start) + Int(byteCount) }
}

/// Label runs one behind the other, in segments that are never moved, so that growing copies nothing.
struct RunStore {
    static let segmentByteCount = 1 << 20

    private(set) var segments: [[UInt8]] = []

    var byteCount: Int { segments.count * Self.segmentByteCount }

    /// A copy of the run, at the end of the store.
    mutating func append(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> RunLocation {
        if segments.isEmpty || segments[segments.count - 1].count + range.count > Self.segmentByteCount {
            var segment: [UInt8] = []
            segment.reserveCapacity(max(Self.segmentByteCount, range.count))
            segments.append(segment)
        }
        let last = segments.count - 1
        let start = segments[last].count
        ApusBytes.append(bytes, range, to: &segments[last])
        return RunLocation(segment: UInt32(last), start: UInt32(start), byteCount: UInt32(range.count))
    }

    /// Whether the run at `location` holds these bytes.
    func isEqual(_ location: RunLocation, _ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard Int(location.byteCount) == range.count else { return false }
        let segment = segments[Int(location.segment)]
        return bytesEqual(segment.span, location.range, bytes, range)
    }

    func copy(_ location: RunLocation) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(location.byteCount))
        append(location, to: &bytes)
        return bytes
    }

    func append(_ location: RunLocation, to bytes: inout [UInt8]) {
        let segment = segments[Int(location.segment)]
        ApusBytes.append(segment.span, location.range, to: &bytes)
    }
}

extension Array {
    /// Makes room for `count` more, a quarter at a time: an array of a hundred megabytes must not double.
    mutating func reserveMore(_ count: Int = 1) {
        guard self.count + count > capacity else { return }
        reserveCapacity(Swift.max(self.count + count, capacity + capacity / 4 + 256))
    }
}
