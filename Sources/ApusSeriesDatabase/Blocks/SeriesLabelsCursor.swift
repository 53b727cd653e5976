internal import ApusBytes
internal import ApusPlatform

/// Walks the labels of a block's series one after another. Within a group the labels of each build on those before, so a walk starts at
/// the group's first.
struct SeriesLabelsCursor {
    /// The series that `next` reads.
    private(set) var series: Int
    /// Numbers of the label pairs of the series read last, in the order of names.
    private(set) var pairs: [Int] = []
    private var reader = ByteReader(end: 0)

    /// A cursor before `series`, which is one of the block's.
    init(_ index: BlockIndex, before series: Int) throws(StorageError) {
        self.series = series - series % BlockFormat.groupSeriesCount
        pairs.reserveCapacity(16)
        while self.series < series { try next(index) }
    }

    /// Moves on to `series`, which does not lie behind.
    mutating func advance(_ index: BlockIndex, to series: Int) throws(StorageError) {
        self.series = max(self.series, series - series % BlockFormat.groupSeriesCount)
        while self.series < series { try next(index) }
    }

    /// Reads the next series' labels into `pairs`.
    mutating func next(_ index: BlockIndex) throws(StorageError) {
        if series % BlockFormat.groupSeriesCount == 0 {
            let range = try index.labels(ofGroup: series / BlockFormat.groupSeriesCount)
            reader = ByteReader(offset: range.lowerBound, end: range.upperBound)
            pairs.removeAll(keepingCapacity: true)
        }
        do throws(DecodingError) {
            try read(index.mapped.span, pairCount: index.pairCount)
        } catch {
            throw StorageError(.corruption, "index of a block: labels of series \(series): \(error)", cause: error)
        }
        series += 1
    }

    private mutating func read(_ bytes: borrowing Span<UInt8>, pairCount: Int) throws(DecodingError) {
        let shared = try reader.varint(bytes)
        guard shared <= UInt64(pairs.count) else { throw DecodingError("more labels shared than there are", at: reader.offset) }
        pairs.removeLast(pairs.count - Int(shared))
        for _ in 0..<(try reader.count(bytes)) {
            let pair = try reader.varint(bytes)
            guard pair < UInt64(pairCount) else { throw DecodingError("label that is not there", at: reader.offset) }
            pairs.append(Int(pair))
        }
    }
}
