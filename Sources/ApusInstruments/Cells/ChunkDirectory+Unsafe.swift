internal import Synchronization

/// Where the chunks of one distribution's buckets lie: for each the index of its first cell, 0 as long as it has none.
@safe struct ChunkDirectory: ~Copyable, @unchecked Sendable {
    // Safe to share: the memory lives as long as the only owner and is touched by atomic operations alone.
    private let places: UnsafeMutablePointer<Atomic<UInt32>>
    let count: Int

    init(count: Int) {
        precondition(count > 0, "a directory has places")
        unsafe places = .allocate(capacity: count)
        for i in 0..<count { unsafe (places + i).initialize(to: Atomic(0)) }
        self.count = count
    }

    deinit { unsafe places.deallocate() }

    @inline(__always)
    subscript(index: Int) -> UInt32 {
        precondition(index >= 0 && index < count, "a place of the directory")
        // Safe: checked in the line above.
        return unsafe places[index].load(ordering: .acquiring)
    }

    /// - Returns: What stands there now: `first`, or what another thread was quicker to put.
    func put(_ first: UInt32, at index: Int) -> UInt32 {
        precondition(index >= 0 && index < count, "a place of the directory")
        // Safe: checked in the line above.
        let (exchanged, original) = unsafe places[index].compareExchange(expected: 0, desired: first, ordering: .acquiringAndReleasing)
        return exchanged ? first : original
    }
}
