internal import Dispatch
internal import Synchronization

/// Lets many callers share one sync of a log: while one runs the others gather, and the next covers them all.
final class SyncGroup: Sendable {
    private struct State {
        var waiting: [(position: Int, continuation: CheckedContinuation<StorageError?, Never>)] = []
        var isRunning = false
    }

    private let log: LogFile
    private let state = Mutex(State())
    /// Syncs block for milliseconds; they stay off the threads that run tasks.
    private let queue = DispatchQueue(label: "apus.log.sync")

    init(_ log: LogFile) { self.log = log }

    /// Returns when the log's first `position` bytes, already written, are durable.
    func wait(for position: Int) async throws(StorageError) {
        if log.syncedEnd >= position { return }
        let error: StorageError? = await withCheckedContinuation { continuation in
            let starts = state.withLock { state in
                state.waiting.append((position, continuation))
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if starts { queue.async { self.run() } }
        }
        if let error { throw error }
    }

    private func run() {
        while true {
            let batch = state.withLock { state in
                let batch = state.waiting
                state.waiting = []
                if batch.isEmpty { state.isRunning = false }
                return batch
            }
            if batch.isEmpty { return }
            var failure: StorageError?
            do throws(StorageError) {
                try log.sync()
            } catch {
                failure = error
            }
            for waiter in batch { waiter.continuation.resume(returning: failure) }
        }
    }
}
