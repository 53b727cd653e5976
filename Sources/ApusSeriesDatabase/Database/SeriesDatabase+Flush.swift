internal import ApusModel
internal import ApusPlatform

extension SeriesDatabase {
    /// Writes all samples of the head to blocks now.
    ///
    /// - Throws: A disk error; then the samples stay in memory and in the log, and the background work tries again.
    public func flush() async throws(StorageError) {
        try await changes.run { [self] () throws(StorageError) in
            try flushFrozen()
            try cut()
            try flushFrozen()
        }
    }

    /// Freezes the head, when it holds anything, and lets a new one take over. On the queue of changes.
    ///
    /// - Throws: `.unavailable` while an earlier head is not in blocks yet.
    func cut() throws(StorageError) {
        let head = self.head
        if head.measure.seriesCount == 0 { return }
        _ = try change { (structure) throws(StorageError) in
            guard structure.frozen.isEmpty else {
                throw StorageError(.unavailable, "an earlier head is not in blocks yet")
            }
            let generation = head.generation + 1
            let log: LogFile
            do throws(DiskError) {
                log = try LogFile.create(disk: disk, directory: logDirectory, generation: generation)
            } catch {
                throw StorageError(error)
            }
            structure.frozen.append(head)
            structure.head = Head(
                generation: generation, log: log, table: HeadTable(seed: .random(in: 0 ... .max)),
                createdAt: options.clock.nowMilliseconds)
        }
        // Only now: whoever finds the head frozen finds the new one in its place.
        head.freeze()
    }

    /// Whether the head is due: by size, or because the clock has passed the end of its window.
    var isCutDue: Bool {
        let head = self.head
        let measure = head.measure
        if measure.sampleCount == 0 { return false }
        if measure.sampleCount >= options.headSampleCountMax || measure.sampleByteCount >= options.headByteCountMax
            || !head.log.isTrusted
        {
            return true
        }
        let span = max(1000, options.headSpan.milliseconds)
        // Half a minute for what is on its way.
        let now = FlushWindows.floorDivide(options.clock.nowMilliseconds - 30_000, span)
        return now > FlushWindows.floorDivide(head.createdAt, span)
    }

    /// Writes frozen heads to blocks, the oldest first. On the queue of changes.
    func flushFrozen() throws(StorageError) {
        while let head = structure.frozen.first {
            let start = ContinuousClock.now
            do throws(StorageError) {
                let blocks = try write(head)
                count { $0.flushCount += 1 }
                emit(
                    .flushed(
                        generation: head.generation, blockCount: blocks.count,
                        sampleCount: blocks.reduce(0) { $0 + $1.metadata.sampleCount },
                        duration: ContinuousClock.now - start))
            } catch {
                count { $0.flushFailureCount += 1 }
                throw error
            }
        }
    }

    private func write(_ head: Head) throws(StorageError) -> [Structure.BlockEntry] {
        let before = structure
        let tombstones = before.pendingTombstones(of: head)
        // Frozen: the copy shares its arrays with the original for good.
        let table = head.withTable { copy $0 }
        let base = max(1000, options.headSpan.milliseconds)
        let windows = FlushWindows(base: base, indexes: table.windowIndexes(length: base))
        let order = table.sortedSeries()
        var entries: [Structure.BlockEntry] = []
        do throws(StorageError) {
            for i in windows.starts.indices {
                let block = try write(
                    table, order, generation: head.generation, range: windows.range(at: i), tombstones: tombstones)
                if let (name, block) = block {
                    entries.append(
                        Structure.BlockEntry(name: name, block: block, appliedTombstone: before.lastTombstone))
                }
            }
            let written = entries
            try change { (structure) throws(StorageError) in
                structure.add(written)
                structure.frozen.removeAll { $0.generation == head.generation }
                structure.flushedGeneration = max(structure.flushedGeneration, head.generation)
            } cleanUp: { _ in
                head.log.close()
                // What stays is removed at the next opening: the manifest says that it means nothing.
                try? disk.remove(head.log.path)
                try? disk.syncDirectory(logDirectory)
            }
            return entries
        } catch {
            discard(entries)
            throw error
        }
    }

    /// Removes blocks that were written in vain, unless the manifest may name them.
    func discard(_ entries: [Structure.BlockEntry]) {
        let known = Set(structure.blocks.map(\.name))
        for entry in entries where !known.contains(entry.name) {
            try? disk.removeTree(blocksDirectory + "/" + entry.name)
        }
    }

    /// One block of a head's samples, nil when nothing is left of them.
    private func write(
        _ table: HeadTable, _ order: [UInt32], generation: UInt64, range: ClosedRange<Int64>, tombstones: [Tombstone]
    ) throws(StorageError) -> (String, Block)? {
        let name = newBlockName()
        let directory = blocksDirectory + "/" + name
        let writer = try BlockWriter(disk: disk, directory: directory, generation: generation...generation, level: 0)
        do throws(StorageError) {
            var columns = SampleColumns()
            var isEmpty = true
            for series in order {
                let cell = table.cells[Int(series)]
                if cell.isEmpty || cell.minTime > range.upperBound || cell.last.time < range.lowerBound { continue }
                columns.removeAll()
                table.appendSamples(of: Int(series), in: range, to: &columns)
                if columns.isEmpty { continue }
                let labels = Labels(canonicalBytes: table.runs.copy(table.locations[Int(series)]))
                if !tombstones.isEmpty { columns.remove(tombstones.ranges(for: labels)) }
                if columns.isEmpty { continue }
                isEmpty = false
                try writer.add(labels, columns)
            }
            if isEmpty {
                writer.abandon()
                return nil
            }
            _ = try writer.finish()
            return (name, try Block.open(disk: disk, directory: directory))
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// A sync of the head's log has failed: its samples go to other files. On the queue of changes.
    func replaceHead(_ head: Head) {
        guard self.head.generation == head.generation else { return }
        do throws(StorageError) {
            try flushFrozen()
            try cut()
            try flushFrozen()
        } catch {
            emit(.failed(work: "moving the head to blocks after a failed sync", error: error))
        }
    }
}
