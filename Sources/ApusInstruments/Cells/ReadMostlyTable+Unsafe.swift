internal import CApusThreadSlots
internal import Synchronization

/// Runs `body`, in which tables may be searched by `findWhileReading`. It does not nest, and must not count.
@inline(__always)
func reading<Result>(_ body: () -> Result) -> Result {
    capus_reading_begin()
    defer { capus_reading_end() }
    return body()
}

/// A hash table that any number of threads search without a lock while one changes it.
///
/// A value without copies, so that it lies inside its owner and no count of references is touched to get to it.
/// It holds its elements without owning them: whoever inserts keeps each element alive until `remove` has returned.
/// `insert` and `remove` are called by one thread at a time; they wait for searches that are going on before memory that
/// those may see is freed. A search costs one locked instruction, on a line of the thread's own, and no wait.
struct ReadMostlyTable<Element: AnyObject & Sendable>: ~Copyable, Sendable {
    /// Address of the current block of words: the mask of positions, then a hash and an element for each position.
    private let block: Atomic<UInt>
    // Both are touched only by the one thread that changes the table.
    private let liveCount = Atomic<Int>(0)
    private let usedCount = Atomic<Int>(0)

    private typealias Words = UnsafeMutablePointer<Atomic<UInt>>
    private static var removed: UInt { 1 }

    init() { block = unsafe Atomic(UInt(bitPattern: Self.makeBlock(capacity: 4))) }

    deinit {
        // Safe: nobody has a reference any more, so nobody searches.
        unsafe Self.words(block.load(ordering: .acquiring)).deallocate()
    }

    /// The element of this hash that `matches`; nil when there is none. `matches` must neither count nor search.
    @inline(__always)
    func find(_ hash: UInt, where matches: (Element) -> Bool) -> Element? {
        reading { findWhileReading(hash, where: matches, then: { $0 }) }
    }

    /// What `then` makes of the element, which it gets without a count of references: many threads may look up one element at
    /// once, and such a count would be what they wait for.
    @inline(__always)
    func findWhileReading<Result>(_ hash: UInt, where matches: (Element) -> Bool, then: (Element) -> Result) -> Result? {
        // Safe: the block and its elements are freed only after the reading that is going on has ended.
        let words = unsafe Self.words(block.load(ordering: .acquiring))
        let mask = unsafe words[0].load(ordering: .relaxed)
        var position = hash & mask
        while true {
            let place = Int(bitPattern: 1 &+ 2 &* position)
            let element = unsafe words[place &+ 1].load(ordering: .acquiring)
            if element == 0 { return nil }
            if element != Self.removed, unsafe words[place].load(ordering: .relaxed) == hash {
                let reference = unsafe Unmanaged<Element>.fromOpaque(UnsafeRawPointer(bitPattern: element)!)
                if unsafe reference._withUnsafeGuaranteedRef({ matches($0) }) {
                    return unsafe reference._withUnsafeGuaranteedRef { then($0) }
                }
            }
            position = (position &+ 1) & mask
        }
    }

    func insert(_ element: Element, hash: UInt) {
        var words = unsafe Self.words(block.load(ordering: .relaxed))
        let capacity = unsafe Int(words[0].load(ordering: .relaxed)) + 1
        if (usedCount.load(ordering: .relaxed) + 1) * 4 > capacity * 3 { unsafe words = grow(words, capacity: capacity) }
        // Safe: the element's owner keeps it alive as long as it stands here.
        unsafe Self.put(UInt(bitPattern: Unmanaged.passUnretained(element).toOpaque()), hash: hash, into: words)
        liveCount.add(1, ordering: .relaxed)
        usedCount.add(1, ordering: .relaxed)
    }

    /// Takes the element out. When it has returned no search can come upon it any more.
    func remove(_ element: Element, hash: UInt) {
        let address = unsafe UInt(bitPattern: Unmanaged.passUnretained(element).toOpaque())
        let words = unsafe Self.words(block.load(ordering: .relaxed))
        let mask = unsafe words[0].load(ordering: .relaxed)
        var position = hash & mask
        while true {
            let place = Int(bitPattern: 2 + 2 * position)
            let found = unsafe words[place].load(ordering: .relaxed)
            if found == 0 { return }
            if found == address {
                unsafe words[place].store(Self.removed, ordering: .releasing)
                liveCount.subtract(1, ordering: .relaxed)
                break
            }
            position = (position &+ 1) & mask
        }
        capus_wait_for_readers()
    }

    private func grow(_ old: Words, capacity: Int) -> Words {
        let live = liveCount.load(ordering: .relaxed)
        var larger = 4
        while larger < 2 * (live + 1) { larger *= 2 }
        let fresh = unsafe Self.makeBlock(capacity: larger)
        for position in 0..<capacity {
            // Safe: both blocks have two words for each position, after the mask.
            let element = unsafe old[2 + 2 * position].load(ordering: .relaxed)
            guard element > Self.removed else { continue }
            unsafe Self.put(element, hash: old[1 + 2 * position].load(ordering: .relaxed), into: fresh)
        }
        usedCount.store(live, ordering: .relaxed)
        block.store(UInt(bitPattern: fresh), ordering: .sequentiallyConsistent)
        capus_wait_for_readers()
        unsafe old.deallocate()
        return unsafe fresh
    }

    /// The block has a free position: it is never more than three quarters full.
    private static func put(_ element: UInt, hash: UInt, into words: Words) {
        let mask = unsafe words[0].load(ordering: .relaxed)
        var position = hash & mask
        while unsafe words[Int(2 + 2 * position)].load(ordering: .relaxed) != 0 { position = (position &+ 1) & mask }
        unsafe words[Int(1 + 2 * position)].store(hash, ordering: .relaxed)
        unsafe words[Int(2 + 2 * position)].store(element, ordering: .releasing)
    }

    private static func makeBlock(capacity: Int) -> Words {
        let words = Words.allocate(capacity: 1 + 2 * capacity)
        unsafe words.initialize(to: Atomic(UInt(capacity - 1)))
        for i in 1...(2 * capacity) { unsafe (words + i).initialize(to: Atomic(0)) }
        return unsafe words
    }

    @inline(__always)
    private static func words(_ address: UInt) -> Words { unsafe Words(bitPattern: address)! }
}
