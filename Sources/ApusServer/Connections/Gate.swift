internal import Synchronization

/// Lets a stated number of tasks work at a time, a stated number wait in order, and refuses the rest.
final class Gate: Sendable {
    struct Refused: Error {}

    private struct State {
        var runningCount = 0
        var nextID = 0
        /// In the order in which they came.
        var waiting: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let runningCountMax: Int
    private let waitingCountMax: Int
    private let state = Mutex(State())

    init(runningCountMax: Int, waitingCountMax: Int = 0) {
        self.runningCountMax = max(1, runningCountMax)
        self.waitingCountMax = waitingCountMax
    }

    var runningCount: Int { state.withLock { $0.runningCount } }

    /// - Throws: `Refused` when too many wait already, `CancellationError` when the task is cancelled while it waits.
    func pass<Value>(_ operation: () async throws -> Value) async throws -> Value {
        if !enterAtOnce() { try await wait() }
        defer { leave() }
        return try await operation()
    }

    private func enterAtOnce() -> Bool {
        state.withLock { state in
            guard state.runningCount < runningCountMax else { return false }
            state.runningCount += 1
            return true
        }
    }

    private func wait() async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let verdict: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.runningCount < runningCountMax {
                        state.runningCount += 1
                        return .success(())
                    }
                    guard state.waiting.count < waitingCountMax else { return .failure(Refused()) }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let verdict { continuation.resume(with: verdict) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    private func leave() {
        // The place passes to the one who waits longest, without being free in between.
        let next = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.runningCount -= 1
                return nil as CheckedContinuation<Void, any Error>?
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume()
    }
}
