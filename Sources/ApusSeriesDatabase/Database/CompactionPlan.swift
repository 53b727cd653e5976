/// Chooses blocks to merge: a pure function of what there is.
///
/// Blocks inside one aligned window (of the base length, then four, sixteen and sixty-four times it; larger ones for blocks that
/// are longer already) that follow each other
/// in generation are merged when they are at least four and none of them has most of the bytes. So each sample is rewritten
/// a few times in all, and few blocks stay, however small the flushes were.
struct CompactionPlan {
    struct Item {
        var name: String
        var minTime: Int64
        var maxTime: Int64
        var generation: ClosedRange<UInt64>
        var byteCount: Int
        /// The tombstones still to be carried out in it.
        var tombstones: Set<UInt64>

        /// Whether it lies in one aligned window of this length.
        func fits(_ length: Int64) -> Bool {
            FlushWindows.floorDivide(minTime, length) == FlushWindows.floorDivide(maxTime, length)
        }
    }

    static let countMin = 4
    static let countMax = 16
    /// The windows, as multiples of the base.
    static let multiples: [Int64] = [1, 4, 16, 64]

    /// Names of the blocks to merge, oldest generation first; nil when nothing is worth it. One name: rewrite this block with its
    /// deletions carried out, because it cannot be merged with its neighbours before.
    ///
    /// - Parameter failed: Names of blocks that could not be merged; they stay as they are.
    static func next(_ items: [Item], base: Int64, failed: Set<String> = []) -> [String]? {
        let items = items.sorted {
            ($0.generation.upperBound, $0.generation.lowerBound) < ($1.generation.upperBound, $1.generation.lowerBound)
        }
        for length in lengths(items, base: base) {
            var windows: [Int64: [Item]] = [:]
            for item in items where !failed.contains(item.name) {
                let window = FlushWindows.floorDivide(item.minTime, length)
                guard window == FlushWindows.floorDivide(item.maxTime, length) else { continue }
                // What fits a usual window does not grow beyond it, so that blocks fall out of the retention in small pieces.
                if length <= base * largest || !item.fits(base * largest) { windows[window, default: []].append(item) }
            }
            for window in windows.keys.sorted() {
                guard let run = run(in: windows[window] ?? [], among: items) else { continue }
                guard let first = run.first else { continue }
                if run.allSatisfy({ $0.tombstones == first.tombstones }) { return run.map(\.name) }
                // Deletions mean only some of them: those first, one by one.
                if let marked = run.first(where: { !$0.tombstones.isEmpty }) { return [marked.name] }
            }
        }
        return nil
    }

    private static let largest = multiples[multiples.count - 1]

    /// The lengths of windows, ascending: the usual ones, and larger ones while there are blocks that only those hold, as a load
    /// of old data leaves them.
    private static func lengths(_ items: [Item], base: Int64) -> [Int64] {
        var lengths = multiples.map { base * $0 }
        var length = base * largest
        while length < 1 << 53, items.contains(where: { !$0.fits(length) }) {
            length *= 4
            lengths.append(length)
        }
        return lengths
    }

    /// The longest run of neighbours that is worth merging.
    private static func run(in window: [Item], among all: [Item]) -> [Item]? {
        guard window.count >= countMin else { return nil }
        for count in stride(from: min(window.count, countMax), through: countMin, by: -1) {
            for start in 0...(window.count - count) {
                let run = Array(window[start..<start + count])
                let total = run.reduce(0) { $0 + $1.byteCount }
                let largest = run.map(\.byteCount).max() ?? 0
                if largest * 10 <= total * 6 && isContiguous(run, among: all) { return run }
            }
        }
        return nil
    }

    /// Whether no other block that shares times with the run was written between its blocks: merged, they could no longer
    /// be told to be before or after that one.
    private static func isContiguous(_ run: [Item], among all: [Item]) -> Bool {
        let names = Set(run.map(\.name))
        let minTime = run.map(\.minTime).min() ?? 0
        let maxTime = run.map(\.maxTime).max() ?? 0
        let first = run.map(\.generation.lowerBound).min() ?? 0
        let last = run.map(\.generation.upperBound).max() ?? 0
        return all.allSatisfy { other in
            names.contains(other.name) || other.minTime > maxTime || other.maxTime < minTime
                || other.generation.upperBound < first || other.generation.lowerBound > last
        }
    }
}
