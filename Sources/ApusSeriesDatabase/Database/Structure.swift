internal import ApusModel

/// What a database consists of at one moment. A value: a query takes a copy and reads from it however long it likes.
struct Structure: Sendable {
    struct BlockEntry: Sendable {
        let name: String
        let block: Block
        /// Tombstones up to this one are carried out in it.
        let appliedTombstone: UInt64

        var metadata: BlockMetadata { block.metadata }
    }

    /// Takes appends.
    var head: Head
    /// Earlier heads on their way into blocks, the oldest first; more than one only after a recovery.
    var frozen: [Head]
    /// By generation: where two blocks have a sample at the same time, the later one's counts.
    var blocks: [BlockEntry]
    var tombstones: [Tombstone]
    var flushedGeneration: UInt64
    var lastTombstone: UInt64

    /// The tombstones that are still to be applied to a block's samples.
    func pendingTombstones(of entry: BlockEntry) -> [Tombstone] {
        tombstones.filter {
            $0.sequence > entry.appliedTombstone && $0.generation >= entry.metadata.generation.lowerBound
                && $0.range.lowerBound <= entry.metadata.maxTime && $0.range.upperBound >= entry.metadata.minTime
        }
    }

    func pendingTombstones(of head: Head) -> [Tombstone] {
        tombstones.isEmpty ? [] : tombstones.filter { $0.generation >= head.generation }
    }

    mutating func add(_ entries: [BlockEntry]) {
        blocks.append(contentsOf: entries)
        blocks.sort { a, b in
            let (x, y) = (a.metadata.generation, b.metadata.generation)
            return (x.upperBound, x.lowerBound, a.name) < (y.upperBound, y.lowerBound, b.name)
        }
    }

    mutating func remove(_ names: Set<String>) { blocks.removeAll { names.contains($0.name) } }

    /// Forgets the tombstones that nothing needs any more.
    mutating func pruneTombstones() {
        tombstones = tombstones.filter { tombstone in
            let inHeads = (frozen + [head]).contains { $0.generation <= tombstone.generation }
            let inBlocks = blocks.contains { entry in
                pendingTombstones(of: entry).contains { $0.sequence == tombstone.sequence }
            }
            return inHeads || inBlocks
        }
    }

    var manifest: Manifest {
        var manifest = Manifest()
        manifest.flushedGeneration = flushedGeneration
        manifest.lastTombstone = lastTombstone
        manifest.blocks = blocks.map { Manifest.BlockItem(name: $0.name, appliedTombstone: $0.appliedTombstone) }
        manifest.tombstones = tombstones.map(Manifest.TombstoneItem.init)
        return manifest
    }
}
