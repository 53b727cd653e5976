internal import ApusBytes
internal import ApusModel

/// The content of a head: every series with its samples, and the log bytes not yet written. Plain data; `Head` guards it.
///
/// Series are numbered in the order in which they came. A sender that repeats its series in one order is therefore
/// recognised by comparing bytes that lie one behind the other; the hash is only for the others.
struct HeadTable {
    private(set) var runs = RunStore()
    private(set) var locations: [RunLocation] = []
    private(set) var index: LabelIndex
    private var byHash = HashIndex()
    var cells: [SeriesCell] = []
    var slots = SlotStore()
    var late = LateStore()
    let seed: UInt64

    /// Records not yet handed to the file; see `WriteAheadLog`.
    var pending: [UInt8] = []
    /// Bytes of the log with all that is pending.
    var logEnd = 0
    /// No more appends: a later head has taken over.
    var isFrozen = false

    var sampleCount = 0
    var minTime = Int64.max
    var maxTime = Int64.min
    /// Numbers of the series of the batch in work; kept for its capacity.
    var resolved: [UInt32] = []

    init(seed: UInt64) {
        self.seed = seed
        index = LabelIndex(seed: seed)
    }

    /// The times that the log can tell, in 56 bits, with room for reckoning: some 285,000 years around 1970.
    static let timeRange: ClosedRange<Int64> = -(1 << 53)...(1 << 53)

    var seriesCount: Int { locations.count }

    /// Memory that this head holds, about.
    var byteCount: Int {
        runs.byteCount + locations.capacity * MemoryLayout<RunLocation>.stride + index.byteCount + byHash.byteCount
            + cells.capacity * MemoryLayout<SeriesCell>.stride + slots.byteCount + late.byteCount + pending.capacity
    }

    /// Memory that samples (not series) hold.
    var sampleByteCount: Int { slots.fullCount * Slot.byteCount + late.byteCount }

    func hash(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> UInt64 { hash64(bytes, range, seed: seed) }

    func find(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, hash: UInt64) -> Int? {
        byHash.find(hash) { runs.isEqual(locations[$0], bytes, range) }
    }

    /// Adds a series that `find` did not find, whose label run is valid; its number.
    mutating func register(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, hash: UInt64) -> Int {
        let number = locations.count
        let location = runs.append(bytes, range)
        locations.reserveMore()
        locations.append(location)
        cells.reserveMore()
        cells.append(SeriesCell())
        slots.addSeries()
        byHash.insert(hash, number)
        index.add(UInt32(number), location, in: runs)
        return number
    }

    /// How many entries from `first` on are, one for one, the series from `guess` on.
    func runLength(_ batch: WriteBatch, from first: Int, guess: Int) -> Int {
        guard guess < locations.count else { return 0 }
        let bytes = batch.bytes.span
        let entries = batch.entries.span
        let places = locations.span
        let number = places[guess].segment
        let segment = runs.segments[Int(number)]
        let known = segment.span
        var length = 0
        while first &+ length < entries.count && guess &+ length < places.count {
            let place = places[guess &+ length]
            guard place.segment == number,
                bytesEqual(known, place.range, bytes, entries[first &+ length].labels)
            else { break }
            length &+= 1
        }
        return length
    }

    mutating func noteTimes(_ low: Int64, _ high: Int64) {
        minTime = min(minTime, low)
        maxTime = max(maxTime, high)
    }
}
