public import ApusModel
internal import Synchronization

/// What a metric is: how it is counted and shown.
public enum InstrumentKind: String, Sendable, CaseIterable {
    /// Goes up only.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts of values in buckets whose bounds were chosen before.
    case histogram
    /// The same of durations: kept in nanoseconds, shown in seconds or the unit that was asked for.
    case timer
    /// Counts of values in buckets that grow by a factor and need no bounds.
    case exponential
    /// The same, finer, shown as percentiles.
    case summary

    /// How exposition formats call it.
    public var exposed: MetricMetadata.Kind {
        switch self {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram, .timer, .exponential: .histogram
        case .summary: .summary
        }
    }
}

/// A family of any kind, as pages need it.
protocol AnyFamily: AnyObject, Sendable {
    var name: String { get }
    var kind: InstrumentKind { get }
    var seriesCount: Int { get }
    /// How often a label set was asked for that the limit left no room for.
    var foldedCount: UInt64 { get }
    func describe(help: String, unit: String)
    func appendPage(_ format: PageFormat, to page: inout [UInt8])
    func snapshot() -> FamilySnapshot
}

/// All series of one name.
///
/// A look-up of a known label set takes no lock and allocates nothing. At most `seriesMax` label sets have series of their
/// own; further ones share one, with the label `overflow="__other__"`, so that sums stay true and memory is bounded.
final class Family<Handle: Series>: AnyFamily {
    /// Without `_total`.
    let name: String
    let kind: InstrumentKind
    let layout: Handle.Layout
    private let seriesMax: Int
    private let seed: UInt64
    private let exemplars: ExemplarSource?
    private let index = ReadMostlyTable<Handle>()
    /// Label sets whose names had to be changed, as they were given.
    private let aliases = ReadMostlyTable<Alias<Handle>>()
    private let folded = Atomic<UInt64>(0)
    private let state: Mutex<State>

    private struct State {
        var metadata: MetricMetadata
        /// In the order in which they were made; places of those taken out are used again.
        var handles: [Handle?] = []
        var freePositions: [Int] = []
        var aliases: [Alias<Handle>] = []
        var overflow: Handle?
    }

    init(
        name: String, kind: InstrumentKind, metadata: MetricMetadata, layout: Handle.Layout, seriesMax: Int, seed: UInt64,
        exemplars: ExemplarSource?
    ) {
        self.name = name
        self.kind = kind
        self.layout = layout
        self.seriesMax = seriesMax
        self.seed = seed
        self.exemplars = exemplars
        state = Mutex(State(metadata: metadata))
    }

    var seriesCount: Int { state.withLock { $0.handles.count - $0.freePositions.count + ($0.overflow == nil ? 0 : 1) } }
    var foldedCount: UInt64 { folded.load(ordering: .relaxed) }

    func describe(help: String, unit: String) {
        state.withLock { state in
            if !help.isEmpty { state.metadata.help = help }
            if !unit.isEmpty { state.metadata.unit = unit }
        }
    }

    /// The series of a label set, made if there is none.
    @inline(__always)
    func with(_ pairs: [(String, String)]) -> Handle {
        let hash = LabelSets.hash(pairs, seed: seed)
        return index.find(hash, where: { LabelSets.areEqual($0.identity.pairs, pairs) }) ?? findSlowly(pairs, hash)
    }

    @inline(__always)
    func findWhileReading(_ pairs: [(String, String)], _ hash: UInt) -> Handle? {
        index.findWhileReading(hash, where: { LabelSets.areEqual($0.identity.pairs, pairs) }, then: { $0 })
    }

    @inline(never)
    private func findSlowly(_ pairs: [(String, String)], _ hash: UInt) -> Handle {
        if let alias = aliases.find(hash, where: { LabelSets.areEqual($0.pairs, pairs) }) { return alias.handle }
        let canonical = MetricNames.canonical(pairs, reserved: Handle.reservedLabels)
        let isClean = LabelSets.areEqual(canonical, pairs)
        let key = isClean ? pairs : canonical
        let keyHash = isClean ? hash : LabelSets.hash(canonical, seed: seed)
        return state.withLock { state in
            let handle: Handle
            if let known = index.find(keyHash, where: { LabelSets.areEqual($0.identity.pairs, key) }) {
                handle = known
            } else if state.handles.count - state.freePositions.count >= seriesMax {
                folded.add(1, ordering: .relaxed)
                return overflow(&state)
            } else {
                handle = Handle(
                    identity: SeriesIdentity(pairs: key, canonical: canonical), layout: layout, exemplars: exemplars)
                if let position = state.freePositions.popLast() {
                    state.handles[position] = handle
                    handle.identity.position.store(position, ordering: .relaxed)
                } else {
                    handle.identity.position.store(state.handles.count, ordering: .relaxed)
                    state.handles.append(handle)
                }
                index.insert(handle, hash: keyHash)
            }
            if !isClean, state.aliases.count < seriesMax, aliases.find(hash, where: { LabelSets.areEqual($0.pairs, pairs) }) == nil {
                let alias = Alias(pairs: pairs, hash: hash, handle: handle)
                state.aliases.append(alias)
                aliases.insert(alias, hash: hash)
            }
            return handle
        }
    }

    private func overflow(_ state: inout State) -> Handle {
        if let overflow = state.overflow { return overflow }
        let pairs = [("overflow", "__other__")]
        let handle = Handle(
            identity: SeriesIdentity(pairs: pairs, canonical: pairs), layout: layout, exemplars: exemplars)
        state.overflow = handle
        return handle
    }

    /// Takes a series out: pages no longer show it, and the next look-up of its labels makes a new one, from zero.
    ///
    /// - Returns: Whether it was one of this family's. Handles that somebody still holds may be used, in vain.
    func remove(_ handle: Handle) -> Bool {
        // What the lock lets go of is freed after it: a deinit takes locks of its own.
        var released: [AnyObject] = []
        let found = state.withLock { state in
            let position = handle.identity.position.load(ordering: .relaxed)
            guard position >= 0, position < state.handles.count, state.handles[position] === handle else { return false }
            handle.identity.position.store(-1, ordering: .relaxed)
            for alias in state.aliases where alias.handle === handle {
                aliases.remove(alias, hash: alias.hash)
                released.append(alias)
            }
            state.aliases.removeAll { $0.handle === handle }
            index.remove(handle, hash: LabelSets.hash(handle.identity.pairs, seed: seed))
            released.append(handle)
            state.handles[position] = nil
            state.freePositions.append(position)
            return true
        }
        withExtendedLifetime(released) {}
        return found
    }

    /// Its series in the order in which they were made, and what is declared of them.
    private func content() -> (metadata: MetricMetadata, handles: [Handle]) {
        state.withLock { state in
            var handles = state.handles.compactMap { $0 }
            if let overflow = state.overflow { handles.append(overflow) }
            return (state.metadata, handles)
        }
    }

    func appendPage(_ format: PageFormat, to page: inout [UInt8]) {
        let (metadata, handles) = content()
        guard !handles.isEmpty else { return }
        var lines = FamilyLines(name: name, kind: kind, metadata: shown(metadata), format: format)
        lines.appendDeclaration(to: &page)
        for handle in handles { handle.appendLines(&lines, layout: layout, to: &page) }
    }

    func snapshot() -> FamilySnapshot {
        let (metadata, handles) = content()
        return FamilySnapshot(
            name: name, metadata: shown(metadata), samples: handles.flatMap { $0.samples(layout: layout) })
    }

    private func shown(_ metadata: MetricMetadata) -> MetricMetadata {
        var metadata = metadata
        if let unit = (layout as? any TimeScaled)?.scale?.unitName, metadata.unit.isEmpty || unit != "seconds" { metadata.unit = unit }
        return metadata
    }
}

/// A label set under names that Prometheus does not know.
private final class Alias<Handle: Series>: Sendable {
    let pairs: [(String, String)]
    let hash: UInt
    let handle: Handle

    init(pairs: [(String, String)], hash: UInt, handle: Handle) {
        self.pairs = pairs
        self.hash = hash
        self.handle = handle
    }
}
