internal import Synchronization
internal import ApusPromQL

/// Lets so many queries run at a time; the next wait in a queue of bounded length, first come, first served.
final class QueryGate: Sendable {
    let runningMax: Int
    /// How many may wait; one more is turned away at once.
    let waitingMax: Int
    private let state = Mutex(State())

    private struct State {
        var running = 0
        var nextTicket = 0
        var waiting: [(ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []
        /// Tickets that were cancelled before they got into the queue.
        var cancelled: Set<Int> = []
    }

    private enum Entry { case admitted, queued, refused(QueryError) }

    init(runningMax: Int, waitingMax: Int) {
        self.runningMax = max(1, runningMax)
        self.waitingMax = max(0, waitingMax)
    }

    var counts: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// Returns once the query may run; `leave` must follow.
    ///
    /// - Throws: `.limit` when the queue is full, `.canceled` when the task is cancelled while it waits.
    func enter() async throws(QueryError) {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        // A cancellation that came too late to matter leaves its ticket behind.
        defer { state.withLock { _ = $0.cancelled.remove(ticket) } }
        do {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    switch admit(ticket, continuation) {
                    case .admitted: continuation.resume()
                    case .refused(let error): continuation.resume(throwing: error)
                    case .queued: break
                    }
                }
            } onCancel: {
                cancel(ticket)
            }
        } catch {
            throw error as? QueryError ?? .canceled
        }
    }

    private func admit(_ ticket: Int, _ continuation: CheckedContinuation<Void, any Error>) -> Entry {
        state.withLock { state in
            if state.cancelled.remove(ticket) != nil { return .refused(.canceled) }
            if state.running < runningMax {
                state.running += 1
                return .admitted
            }
            guard state.waiting.count < waitingMax else {
                return .refused(
                    .limit("too many queries: \(runningMax) are running and \(state.waiting.count) are waiting already"))
            }
            state.waiting.append((ticket, continuation))
            return .queued
        }
    }

    private func cancel(_ ticket: Int) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
                state.cancelled.insert(ticket)
                return nil
            }
            return state.waiting.remove(at: index).continuation
        }
        continuation?.resume(throwing: QueryError.canceled)
    }

    /// Gives the place to the next in the queue.
    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume()
    }
}
