import Synchronization
import Testing

@testable import ApusServer

@Suite(.timeLimit(.minutes(1)))
struct GateTests {
    @Test
    func `never lets more than its number through, and everybody in the end`() async throws {
        let gate = Gate(runningCountMax: 3, waitingCountMax: 100)
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await gate.pass {
                        tally.enter()
                        await Task.yield()
                        tally.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect((1...3).contains(tally.most))
        #expect(gate.runningCount == 0)
    }

    @Test
    func `refuses when the line is full and frees the place of one who fails`() async throws {
        let gate = Gate(runningCountMax: 1)
        try await gate.pass {
            _ = await #expect(throws: Gate.Refused.self) { try await gate.pass {} }
        }
        await #expect(throws: CancellationError.self) { _ = try await gate.pass { throw CancellationError() } }
        #expect(gate.runningCount == 0)
    }

    @Test
    func `one who is cancelled leaves the line`() async throws {
        let gate = Gate(runningCountMax: 1, waitingCountMax: 1)
        try await gate.pass {
            let waiting = Task { try await gate.pass {} }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            let second = Task { try await gate.pass {} }
            second.cancel()
            await #expect(throws: CancellationError.self) { try await second.value }
        }
        #expect(gate.runningCount == 0)
    }
}

private final class Tally: Sendable {
    private let counts = Mutex((running: 0, most: 0))

    var most: Int { counts.withLock { $0.most } }

    func enter() {
        counts.withLock { counts in
            counts.running += 1
            counts.most = max(counts.most, counts.running)
        }
    }

    func leave() { counts.withLock { $0.running -= 1 } }
}
