internal import Synchronization

extension SeriesDatabase {
    /// Does the work behind the writes until the calling task is cancelled: syncs the log, cuts heads and writes them to
    /// blocks, merges blocks and removes old ones. Without it nothing of that happens, and a full head refuses writes.
    ///
    /// Failures are counted, reported as events, and tried again. Does not close the database.
    public func run() async {
        let isCancelled = CancellationFlag()
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                let interval: Duration =
                    if case .interval(let interval) = options.syncPolicy { interval } else { .milliseconds(100) }
                group.addTask {
                    await self.repeatWork(every: interval, "syncing the log", self.syncs) { () throws(StorageError) in
                        try self.syncLogs()
                    }
                }
                group.addTask {
                    await self.repeatWork(every: .milliseconds(100), "writing the head to blocks", self.changes) {
                        () throws(StorageError) in
                        try self.maintainHead()
                    }
                }
                group.addTask {
                    await self.repeatWork(every: .seconds(5), "merging blocks", self.merges) { () throws(StorageError) in
                        try self.compact(isCancelled: { isCancelled.isSet })
                        try self.retire()
                    }
                }
            }
        } onCancel: {
            isCancelled.set()
        }
    }

    /// After a failure the pause doubles, up to half a minute.
    private func repeatWork(
        every interval: Duration, _ name: String, _ queue: WorkQueue,
        _ body: @escaping @Sendable () throws(StorageError) -> Void
    ) async {
        var pause = interval
        while true {
            do {
                try await Task.sleep(for: pause)
            } catch {
                return
            }
            do throws(StorageError) {
                try await queue.run(body)
                pause = interval
            } catch {
                if isClosed { return }
                emit(.failed(work: name, error: error))
                pause = min(pause * 2, .seconds(30))
            }
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

private final class CancellationFlag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
