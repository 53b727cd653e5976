extension SeriesDatabase {
    /// Does the work behind the writes until the calling task is cancelled: syncs the log, cuts heads and writes them to
    /// blocks, merges blocks and removes old ones. Without it nothing of that happens, and a full head refuses writes.
    ///
    /// Failures are counted, reported as events, and tried again. Does not close the database; `close()` waits for what is
    /// under way.
    public func run() async {
        let interval: Duration = if case .interval(let interval) = options.syncPolicy { interval } else { .milliseconds(100) }
        let repeaters = [
            repeater("syncing the log", on: syncs, every: max(interval, .milliseconds(1))) { database throws(StorageError) in
                try database.syncLogs()
            },
            repeater("writing the head to blocks", on: changes, every: .milliseconds(500)) { database throws(StorageError) in
                try database.maintainHead()
            },
            repeater("merging blocks", on: merges, every: .seconds(5)) { database throws(StorageError) in
                // First what makes room, which a block that cannot be merged must not keep from happening.
                try database.retire()
                try database.compact()
            },
        ]
        for repeater in repeaters { repeater.start() }
        await withTaskCancellationHandler {
            for repeater in repeaters { await repeater.waitUntilCancelled() }
        } onCancel: {
            for repeater in repeaters { repeater.cancel() }
        }
    }

    private func repeater(
        _ name: String, on queue: WorkQueue, every interval: Duration,
        _ body: @escaping @Sendable (SeriesDatabase) throws(StorageError) -> Void
    ) -> Repeater {
        Repeater(on: queue, every: interval) { [self] () throws(StorageError) in
            if !isClosed { try body(self) }
        } failed: { [self] error in
            if !isClosed { emit(.failed(work: name, error: error)) }
        }
    }

    /// One step of the work on heads. On the queue of changes.
    func maintainHead() throws(StorageError) {
        try flushFrozen()
        guard isCutDue else { return }
        try cut()
        try flushFrozen()
    }

    /// Writes what an earlier failure left, and makes the logs durable. On the queue of syncs.
    func syncLogs() throws(StorageError) {
        let structure = self.structure
        for head in structure.frozen + [structure.head] {
            let start = ContinuousClock.now
            do throws(StorageError) {
                try head.write()
                if head.log.syncedEnd >= head.log.writtenEnd { continue }
                try head.log.sync()
                let duration = ContinuousClock.now - start
                count {
                    $0.syncCount += 1
                    $0.syncDuration += duration
                }
            } catch {
                // Its samples are in blocks by now, and its log is gone.
                if self.structure.flushedGeneration >= head.generation { continue }
                count { $0.syncFailureCount += 1 }
                throw error
            }
        }
    }
}
