internal import NIOCore
internal import Synchronization

/// One client's connection, as the tasks that work for it see it.
final class Connection: Sendable {
    /// The connection that the current task answers; nil in tests that call the router without one.
    @TaskLocal static var current: Connection?

    private struct State {
        var isClosed = false
        var nextID = 0
        var cancellations: [Int: @Sendable () -> Void] = [:]
        /// Those of streams, which end as soon as the server stops.
        var streams: Set<Int> = []
    }

    private let channel: any Channel
    private let state = Mutex(State())

    init(_ channel: any Channel) { self.channel = channel }

    /// Runs `operation` and cancels it when the client goes away.
    ///
    /// - Parameter endsWithServer: Also cancel it as soon as the server begins to stop, not when its time is over.
    func whileOpen<Value: Sendable>(
        endsWithServer: Bool = false, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await operation() }
        let id = register(endsWithServer: endsWithServer) { task.cancel() }
        defer { forget(id) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// The client is gone, or has said that it sends no more.
    func didClose() {
        let cancellations = state.withLock { state in
            state.isClosed = true
            defer { state.cancellations = [:] }
            return Array(state.cancellations.values)
        }
        for cancel in cancellations { cancel() }
    }

    func endStreams() {
        let cancellations = state.withLock { state in
            defer { state.streams = [] }
            return state.streams.compactMap { state.cancellations[$0] }
        }
        for cancel in cancellations { cancel() }
    }

    func close() { channel.close(promise: nil) }

    private func register(endsWithServer: Bool, _ cancel: @escaping @Sendable () -> Void) -> Int {
        let id: Int? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.nextID += 1
            state.cancellations[state.nextID] = cancel
            if endsWithServer { state.streams.insert(state.nextID) }
            return state.nextID
        }
        if id == nil { cancel() }
        return id ?? 0
    }

    private func forget(_ id: Int) {
        state.withLock { state in
            state.cancellations[id] = nil
            state.streams.remove(id)
        }
    }
}

/// All open connections.
final class ConnectionTable: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var isStopping = false
        var refusedCount = 0
    }

    private let countMax: Int
    private let state = Mutex(State())

    init(countMax: Int) { self.countMax = countMax }

    var count: Int { state.withLock { $0.connections.count } }

    /// Connections that were refused because there were too many.
    var refusedCount: Int { state.withLock { $0.refusedCount } }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Adds a connection.
    ///
    /// - Returns: Whether there was room.
    func add(_ connection: Connection) -> Bool {
        state.withLock { state in
            guard state.connections.count < countMax else {
                state.refusedCount += 1
                return false
            }
            state.connections[ObjectIdentifier(connection)] = connection
            return true
        }
    }

    func remove(_ connection: Connection) {
        state.withLock { $0.connections[ObjectIdentifier(connection)] = nil }
    }

    /// Ends streams at once; requests under way go on.
    func beginStopping() {
        let connections = state.withLock { state in
            state.isStopping = true
            return Array(state.connections.values)
        }
        for connection in connections { connection.endStreams() }
    }

    /// Closes what is still open.
    func closeAll() {
        for connection in state.withLock({ Array($0.connections.values) }) { connection.close() }
    }
}
