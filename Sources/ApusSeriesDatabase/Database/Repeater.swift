internal import Synchronization

/// Work that is done again and again on a queue of its own, with a pause after each time; after a failure the pause doubles, up
/// to half a minute. It needs none of the threads that run tasks, so however busy queries keep those, logs are synced in time.
final class Repeater: Sendable {
    private struct State {
        var isCancelled = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let queue: WorkQueue
    private let interval: Duration
    private let body: @Sendable () throws(StorageError) -> Void
    private let failed: @Sendable (StorageError) -> Void
    private let state = Mutex(State())

    /// - Parameter failed: Called with each failure.
    init(
        on queue: WorkQueue, every interval: Duration, _ body: @escaping @Sendable () throws(StorageError) -> Void,
        failed: @escaping @Sendable (StorageError) -> Void
    ) {
        self.queue = queue
        self.interval = interval
        self.body = body
        self.failed = failed
    }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func start() { schedule(after: interval) }

    /// Work under way goes on to its end; nothing new begins.
    func cancel() {
        let waiting = state.withLock { state in
            state.isCancelled = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// Returns when it is cancelled. One caller at a time.
    func waitUntilCancelled() async {
        await withCheckedContinuation { continuation in
            let isCancelled = state.withLock { state in
                if !state.isCancelled { state.waiting = continuation }
                return state.isCancelled
            }
            if isCancelled { continuation.resume() }
        }
    }

    private func schedule(after pause: Duration) {
        queue.start(after: pause) { [self] in
            if isCancelled { return }
            do throws(StorageError) {
                try body()
                schedule(after: interval)
            } catch {
                failed(error)
                schedule(after: min(pause * 2, .seconds(30)))
            }
        }
    }
}
