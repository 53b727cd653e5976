internal import Synchronization

/// Families of one kind by the name that callers use, found without a lock.
final class FamilyTable<Handle: Series>: Sendable {
    private final class Entry: Sendable {
        let label: String
        let family: Family<Handle>
        let kept: Kept<Family<Handle>>

        init(label: String, family: Family<Handle>) {
            self.label = label
            self.family = family
            kept = Kept(family)
        }
    }

    private let index = ReadMostlyTable<Entry>()
    private let entries = Mutex<[Entry]>([])
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    @inline(__always)
    func find(_ label: String) -> Family<Handle>? {
        index.find(UInt(truncatingIfNeeded: LabelSets.hash(label, seed: seed)), where: { $0.label == label })?.family
    }

    /// The series of a family and a label set if both are known: one look-up instead of two.
    @inline(__always)
    func find(_ label: String, _ pairs: [(String, String)]) -> Handle? {
        let labelHash = UInt(truncatingIfNeeded: LabelSets.hash(label, seed: seed))
        let pairsHash = LabelSets.hash(pairs, seed: seed)
        return reading {
            index.findWhileReading(
                labelHash, where: { $0.label == label },
                then: { entry in
                    entry.kept.use { $0.findWhileReading(pairs, pairsHash) }
                })
                ?? nil
        }
    }

    func insert(_ family: Family<Handle>, label: String) {
        entries.withLock { entries in
            let hash = UInt(truncatingIfNeeded: LabelSets.hash(label, seed: seed))
            guard index.find(hash, where: { $0.label == label }) == nil else { return }
            let entry = Entry(label: label, family: family)
            entries.append(entry)
            index.insert(entry, hash: hash)
        }
    }
}
