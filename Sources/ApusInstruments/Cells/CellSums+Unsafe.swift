internal import CApusThreadSlots

extension CellRun {
    /// What all threads counted in each cell, modulo 2^64, into `sums`, whose length becomes `count`.
    func read(into sums: inout [UInt64]) {
        if sums.count != Int(count) { sums = [UInt64](repeating: 0, count: Int(count)) }
        // Safe: C writes `count` numbers, which the array has, and keeps no pointer.
        unsafe sums.withUnsafeMutableBufferPointer { unsafe capus_sum(first, count, $0.baseAddress!) }
    }
}
