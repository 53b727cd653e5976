internal import ApusBytes
internal import ApusModel

/// From label pairs to the series of a head that have them. Built series by series, never shrinks; some 150 ns a label.
///
/// A pair is known by its canonical bytes, which lie in the label run of the first series that had it.
struct LabelIndex {
    struct Pair {
        var location: RunLocation
        /// Where the value lies in the segment; it reaches to the end of the pair.
        var valueStart: UInt32
        var name: UInt32
        var series = PostingsList()

        var value: Range<Int> { Int(valueStart)..<location.range.upperBound }
    }

    struct Name {
        var bytes: [UInt8]
        /// Numbers of its pairs.
        var pairs = PostingsList()
        var valueByteCount = 0
    }

    private(set) var pairs: [Pair] = []
    private(set) var names: [Name] = []
    private(set) var postings = PostingsStore()
    private var pairIndex = HashIndex()
    private var nameIndex = HashIndex()
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    var byteCount: Int {
        pairs.capacity * 40 + postings.byteCount + pairIndex.byteCount + nameIndex.byteCount + names.count * 96
    }

    /// Adds the labels of a series, whose run stands at `location` in `store`.
    mutating func add(_ series: UInt32, _ location: RunLocation, in store: RunStore) {
        let segment = store.segments[Int(location.segment)]
        let span = segment.span
        var start = location.range.lowerBound
        var cursor = LabelCursor(offset: start, end: location.range.upperBound)
        while let label = cursor.next(span) {
            let run = start..<cursor.offset
            start = cursor.offset
            let hash = hash64(span, run, seed: seed)
            let pair: Int
            if let found = pairIndex.find(hash, { store.isEqual(pairs[$0].location, span, run) }) {
                pair = found
            } else {
                pair = pairs.count
                let name = number(ofName: span, label.name)
                pairs.reserveMore()
                pairs.append(
                    Pair(
                        location: RunLocation(
                            segment: location.segment, start: UInt32(run.lowerBound), byteCount: UInt32(run.count)),
                        valueStart: UInt32(label.value.lowerBound), name: UInt32(name)))
                pairIndex.insert(hash, pair)
                postings.append(UInt32(pair), to: &names[name].pairs)
                names[name].valueByteCount += label.value.count
            }
            postings.append(series, to: &pairs[pair].series)
        }
    }

    /// The number of a name, nil when no series has it.
    func find(name: [UInt8]) -> Int? {
        nameIndex.find(hash64(name.span, 0..<name.count, seed: seed)) { names[$0].bytes == name }
    }

    /// The number of a pair, nil when no series has it.
    func find(name: [UInt8], value: [UInt8], in store: RunStore) -> Int? {
        var run: [UInt8] = []
        Labels.appendLabel(name, value, to: &run)
        let span = run.span
        return pairIndex.find(hash64(span, 0..<span.count, seed: seed)) {
            store.isEqual(pairs[$0].location, span, 0..<span.count)
        }
    }

    private mutating func number(ofName span: borrowing Span<UInt8>, _ range: Range<Int>) -> Int {
        let hash = hash64(span, range, seed: seed)
        if let found = nameIndex.find(
            hash,
            { number in
                let bytes = names[number].bytes
                return bytesEqual(bytes.span, 0..<bytes.count, span, range)
            })
        {
            return found
        }
        var bytes: [UInt8] = []
        append(span, range, to: &bytes)
        names.append(Name(bytes: bytes))
        nameIndex.insert(hash, names.count - 1)
        return names.count - 1
    }
}
