// What the overview page at `/` shows, kept in memory so that the page never waits for a query.
//
// How a server mounts it (all calls are safe from any thread and take microseconds, unless said otherwise):
//
//     let model = OverviewModel(host: HostFacts(name: …, version: …, startedAt: …))
//     Task { await model.preload(from: engine, now: …) }        // once, after start: the last 15 min out of the store
//     model.update(OwnFigures(…))                               // before each `record`
//     model.record(batch)                                       // each collection of the host, the first two included
//     model.tick(now: …)                                        // once a second while `viewerCount > 0`
//
//     GET /                         Page.render(model.snapshot(now: …), nonce: N)    N: 16 random bytes or more as hex or base64
//                                   headers: Page.contentType, Content-Security-Policy: Page.contentSecurityPolicy(nonce: N),
//                                   Cache-Control: no-store, and Page.headers
//     GET /assets/…                 Assets.lookup(path): bytes, content type, ETag, Cache-Control; nil is 404
//     GET /api/v1/overview          model.snapshot(now: …).json, application/json
//     GET /api/v1/overview/stream   headers: ServerSentEvent.contentType, Cache-Control: no-store; the body is each element of
//                                   `model.subscribe(after: id, now: …)`, flushed one by one. `id` is the request's header
//                                   `Last-Event-ID`, else its query parameter `after`, else nil. Do not gzip it, or flush each event.
//
// While `viewerCount > 0` the collector should run once a second, else at its own interval. The page also calls
// `/api/v1/query_range` for ranges beyond the last 15 min.

public import ApusModel
internal import Synchronization

/// The last minutes of the host and of Apus itself, the verdict on them, and everybody who watches.
///
/// Holds at most 15 min or 1,000 frames, about 0.4 MB, and 64 viewers.
public final class OverviewModel: Sendable {
    let host: HostFacts
    /// Told apart from other runs of the program, so that a page which outlives a restart starts over.
    let epoch: String
    private let state: Mutex<State>

    struct State {
        var ring = FrameRing()
        var builder = FrameBuilder()
        var figures = OwnFigures()
        var status = Status()
        /// The status as it was last sent to viewers, as JSON.
        var sentStatus: [UInt8] = []
        var lastSentAt: Int64 = 0
        var viewers: [Int: AsyncStream<[UInt8]>.Continuation] = [:]
        var nextViewer = 0
    }

    public init(host: HostFacts) {
        self.host = host
        epoch = String(UInt64(bitPattern: host.startedAt), radix: 36)
        state = Mutex(State())
    }

    /// Takes one collection of the host in node_exporter's metric names; batches without any of those are ignored.
    ///
    /// Series that belong to other hosts must not be in it. Samples are taken at the batch's own time.
    public func record(_ batch: WriteBatch) {
        guard let reading = HostReading(batch) else { return }
        let late = state.withLock { state -> [AsyncStream<[UInt8]>.Continuation] in
            guard reading.time > state.ring.lastTime ?? .min else { return [] }
            var values = state.builder.values(from: reading)
            for (id, value) in state.figures.channels { values[id] = value }
            let layoutChanged = state.ring.append(time: reading.time, values: values)
            state.status = Status(state: state, host: host, now: reading.time)
            let event = layoutChanged ? snapshotEvent(state, now: reading.time) : frameEvent(&state)
            return send(event, at: reading.time, &state)
        }
        for viewer in late { viewer.finish() }
    }

    /// What Apus says about itself, part of the next frame.
    public func update(_ figures: OwnFigures) { state.withLock { $0.figures = figures } }

    /// Notices that measurements stopped, and keeps the streams from looking dead: an event at least every 5 s.
    public func tick(now: Int64) {
        let late = state.withLock { state -> [AsyncStream<[UInt8]>.Continuation] in
            state.status = Status(state: state, host: host, now: now)
            if let event = statusEvent(&state) { return send(event, at: now, &state) }
            guard now - state.lastSentAt >= 5000 else { return [] }
            return send(ServerSentEvent(name: "beat", data: Array("{\"now\":\(now)}".utf8)).bytes, at: now, &state)
        }
        for viewer in late { viewer.finish() }
    }

    /// Everything the page needs to start; about a millisecond.
    public func snapshot(now: Int64) -> OverviewSnapshot {
        state.withLock { state in
            state.status = Status(state: state, host: host, now: now)
            return OverviewSnapshot(
                json: snapshotJSON(state, now: now), headline: state.status.verdict.headline(now: now),
                level: state.status.verdict.level)
        }
    }

    /// How bad it is, as of the last frame.
    public var level: Severity { state.withLock { $0.status.verdict.level } }

    /// How many streams are open.
    public var viewerCount: Int { state.withLock { $0.viewers.count } }

    /// The stream of server-sent events for one viewer: first what it missed, then each frame as it comes.
    ///
    /// A viewer that falls 32 events behind is cut off; its browser comes back and gets what it missed. So is the oldest
    /// viewer when there are more than 64.
    /// - Parameter id: The last event the viewer saw, nil for a new one.
    public func subscribe(after id: String?, now: Int64) -> AsyncStream<[UInt8]> {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream(bufferingPolicy: .bufferingOldest(32))
        let (number, surplus) = state.withLock { state in
            let number = state.nextViewer
            state.nextViewer += 1
            // Inside the lock, so that no frame overtakes it; yielding only enqueues.
            continuation.yield(missedEvents(state, after: id, now: now))
            let surplus = state.viewers.count >= 64 ? state.viewers.keys.min() : nil
            let evicted = surplus.flatMap { state.viewers.removeValue(forKey: $0) }
            state.viewers[number] = continuation
            return (number, evicted)
        }
        surplus?.finish()
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.viewers.removeValue(forKey: number) }
        }
        return stream
    }

    /// The events after `id` as they would be streamed; empty when there are none.
    public func events(since id: String?, now: Int64) -> [UInt8] {
        state.withLock { missedEvents($0, after: id, now: now) }
    }

    /// Puts older frames, from the store, before those that were recorded.
    func prepend(_ frames: [(time: Int64, values: [String: Double])], now: Int64) {
        let late = state.withLock { state -> [AsyncStream<[UInt8]>.Continuation] in
            state.ring.prepend(frames)
            state.status = Status(state: state, host: host, now: now)
            return send(snapshotEvent(state, now: now), at: now, &state)
        }
        for viewer in late { viewer.finish() }
    }

    /// The matchers that pick this host's own series (`instance="…",job="…"`), empty before the first collection.
    var selector: String { state.withLock { $0.builder.selector } }

    /// When the first frame was taken.
    var firstTime: Int64? { state.withLock { $0.ring.firstTime } }

    /// Hands an event to every viewer.
    ///
    /// - Returns: Those that are too slow, already removed; the caller ends them outside the lock, since that calls back.
    private func send(_ event: [UInt8], at now: Int64, _ state: inout State) -> [AsyncStream<[UInt8]>.Continuation] {
        state.lastSentAt = now
        var late: [AsyncStream<[UInt8]>.Continuation] = []
        for (number, viewer) in state.viewers {
            if case .dropped = viewer.yield(event) {
                late.append(viewer)
                state.viewers[number] = nil
            }
        }
        return late
    }
}

/// The state of the page at one moment.
public struct OverviewSnapshot: Sendable {
    /// UTF-8; `<`, `>` and `&` are escaped, so it can stand inside a `<script>` block.
    public var json: [UInt8]
    /// The verdict in one sentence.
    public var headline: String
    public var level: Severity
}
