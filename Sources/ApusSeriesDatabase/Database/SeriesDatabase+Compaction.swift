internal import ApusModel
internal import ApusPlatform
internal import Synchronization

extension SeriesDatabase {
    /// Merges blocks until nothing is worth merging. On the queue of merges.
    ///
    /// Readers go on with the blocks they have. When the process dies, either the old blocks count or the new one.
    /// When the database is closed, the work stops at the next series and leaves nothing behind.
    ///
    /// - Throws: The last error. Blocks that are damaged stay as they are until the next opening, and the others are merged.
    func compact() throws(StorageError) {
        var failure: StorageError?
        while !isClosed {
            let now = structure
            let items = now.blocks.map { entry in
                CompactionPlan.Item(
                    name: entry.name, minTime: entry.metadata.minTime, maxTime: entry.metadata.maxTime,
                    generation: entry.metadata.generation, byteCount: entry.metadata.byteCount,
                    tombstones: Set(now.pendingTombstones(of: entry).map(\.sequence)))
            }
            let failed = damagedBlocks.withLock { $0 }
            let names = CompactionPlan.next(items, base: max(1000, options.headSpan.milliseconds), failed: failed)
            guard let names else { break }
            let chosen = Set(names)
            let entries = now.blocks.filter { chosen.contains($0.name) }
            do throws(StorageError) {
                guard try merge(entries, now) else { break }
            } catch {
                guard error.code == .corruption else { throw error }
                failure = error
                let damaged = entries.filter { !isReadable($0.block) }.map(\.name)
                if damaged.isEmpty { throw error }
                damagedBlocks.withLock { $0.formUnion(damaged) }
            }
        }
        if let failure { throw failure }
    }

    private func isReadable(_ block: Block) -> Bool {
        do throws(StorageError) {
            try block.verify()
            return true
        } catch {
            return false
        }
    }

    /// Carries out all deletions: rewrites the blocks that still hold deleted samples.
    ///
    /// - Throws: A disk error; what is done stays done.
    public func cleanTombstones() async throws(StorageError) {
        if !structure.tombstones.isEmpty { try await flush() }
        try await merges.run { [self] () throws(StorageError) in
            let now = structure
            for entry in now.blocks where !now.pendingTombstones(of: entry).isEmpty {
                guard try merge([entry], now) else {
                    throw StorageError(.unavailable, "block \(entry.name) could not be rewritten now")
                }
            }
        }
    }

    /// Writes some blocks as one and puts it in their place; false when it could not be done now.
    private func merge(
        _ entries: [Structure.BlockEntry], _ before: Structure
    ) throws(StorageError) -> Bool {
        let start = ContinuousClock.now
        guard let first = entries.first else { return false }
        guard try hasRoom(for: entries) else { return false }
        let names = Set(entries.map(\.name))
        let tombstones = before.pendingTombstones(of: first)
        let generations = entries.map(\.metadata.generation)
        let generation = generations.reduce(generations[0]) {
            min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
        }
        let name = newBlockName()
        let directory = blocksDirectory + "/" + name
        let writer = try BlockWriter(
            disk: disk, directory: directory, generation: generation,
            level: (entries.map(\.metadata.level).max() ?? 0) + 1)
        var made: [Structure.BlockEntry] = []
        do throws(StorageError) {
            try BlockMerger.merge(
                entries.map(\.block), into: writer,
                dropping: { tombstones.isEmpty ? [] : tombstones.ranges(for: $0) }, within: nil,
                isCancelled: { isClosed })
            if try writer.finish().sampleCount == 0 {
                // All of it was deleted.
                try? disk.removeTree(directory)
            } else {
                made.append(
                    Structure.BlockEntry(
                        name: name, block: try Block.open(disk: disk, directory: directory),
                        appliedTombstone: before.lastTombstone))
            }
            let result = made
            let isDone = try change { (structure) throws(StorageError) in
                // The retention may have taken one of them meanwhile.
                guard names.isSubset(of: Set(structure.blocks.map(\.name))) else { return false }
                structure.remove(names)
                structure.add(result)
                return true
            } cleanUp: { isDone in
                if isDone { removeBlocks(names) }
            }
            guard isDone else {
                discard(made)
                return true
            }
        } catch {
            writer.abandon()
            discard(made)
            if isClosed { return false }
            count { $0.compactionFailureCount += 1 }
            throw error
        }
        count { $0.compactionCount += 1 }
        emit(.compacted(blockCount: entries.count, into: made.first?.name, duration: ContinuousClock.now - start))
        return true
    }

    private func hasRoom(for entries: [Structure.BlockEntry]) throws(StorageError) -> Bool {
        let needed = entries.reduce(1 << 20) { $0 + $1.metadata.byteCount }
        let free: Int
        do throws(DiskError) {
            free = try disk.freeByteCount(options.directory)
        } catch {
            throw StorageError(error)
        }
        if free <= needed { emit(.compactionPostponed(freeByteCount: free, neededByteCount: needed)) }
        return free > needed
    }

    /// Removes blocks past the retention: those with nothing younger, then the oldest until the rest fits. On the queue of merges.
    func retire() throws(StorageError) {
        let retired = try change { (structure) throws(StorageError) in
            let entries = structure.blocks.sorted { $0.metadata.maxTime < $1.metadata.maxTime }
            var names = Set<String>()
            if let age = options.retentionTime {
                let earliest = options.clock.nowMilliseconds &- age.milliseconds
                for entry in entries where entry.metadata.maxTime < earliest { names.insert(entry.name) }
            }
            if let limit = options.retentionByteCount {
                var total = (structure.frozen + [structure.head]).reduce(0) { $0 + $1.log.writtenEnd }
                for entry in entries where !names.contains(entry.name) { total += entry.metadata.byteCount }
                for entry in entries where !names.contains(entry.name) && total > limit {
                    names.insert(entry.name)
                    total -= entry.metadata.byteCount
                }
            }
            structure.remove(names)
            return names
        } cleanUp: { names in
            removeBlocks(names)
        }
        if retired.isEmpty { return }
        count { $0.retiredBlockCount += retired.count }
        emit(.retired(blocks: retired.sorted()))
    }

    private func removeBlocks(_ names: Set<String>) {
        // What stays is removed at the next opening.
        for name in names.sorted() { try? disk.removeTree(blocksDirectory + "/" + name) }
    }
}
