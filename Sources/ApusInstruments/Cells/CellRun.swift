internal import CApusThreadSlots
internal import Synchronization

/// Neighbouring cells of the process: whole numbers or doubles that each thread counts in its own copy of.
///
/// Whoever allocates a run frees it when nobody can count in it any more. The cells of a run are zero at first.
struct CellRun: Sendable, Equatable {
    /// Index of the first cell. Run 0 is where counts go that no memory is left for; nothing reads it.
    let first: UInt32
    let count: UInt32

    /// The most cells that a run can have.
    static let countMax = 1024
    static let sink = CellRun(first: 0, count: UInt32(countMax))

    var isSink: Bool { first == 0 }

    private struct Free {
        var next = pageCellCount
        /// Runs that were given back, by their length: instruments come in few sizes.
        var runs: [UInt32: [UInt32]] = [:]
    }
    private static let pageCellCount = UInt32(1) << UInt32(CAPUS_PAGE_SHIFT)
    private static let cellCountMax = UInt32(CAPUS_PAGE_COUNT) << UInt32(CAPUS_PAGE_SHIFT)
    private static let free = Mutex(Free())

    /// - Returns: `sink` when the process has used up its cells, some 33 million.
    static func allocate(count: Int) -> CellRun {
        precondition(count > 0 && count <= countMax, "a run has 1 to \(countMax) cells")
        let count = UInt32(count)
        return free.withLock { free in
            if let first = free.runs[count]?.popLast() { return CellRun(first: first, count: count) }
            // A run lies in one page, so that one address leads to all of it.
            let left = pageCellCount - free.next % pageCellCount
            if left < count {
                free.runs[left, default: []].append(free.next)
                free.next += left
            }
            guard free.next <= cellCountMax - count else { return sink }
            defer { free.next += count }
            return CellRun(first: free.next, count: count)
        }
    }

    /// Gives the cells back. The caller holds the last reference to the instrument.
    func deallocate() {
        guard !isSink else { return }
        capus_zero(first, count)
        Self.free.withLock { $0.runs[count, default: []].append(first) }
    }
}

extension CellRun {
    /// What all threads added to the first cell, which holds a double.
    var doubleSum: Double { capus_sum_double(first) }
}
