internal import ApusBytes
internal import ApusModel
internal import ApusSelection
internal import Synchronization

/// Where some series of a selection are read: a head or a block. Reading is by position in the list of chosen series.
struct SelectionSource: Sendable {
    enum Store: Sendable {
        case head(HeadReader)
        case block(Block, [UInt32])
    }
    let store: Store
    let tombstones: [Tombstone]

    var count: Int {
        switch store {
        case .head(let reader): reader.series.count
        case .block(_, let series): series.count
        }
    }

    func labels() throws(StorageError) -> [Labels] {
        switch store {
        case .head(let reader): return reader.head.labels(of: reader.series)
        case .block(let block, let series): return try block.labels(of: series)
        }
    }

    /// Names of labels on its series; some may come twice.
    func labelNames() throws(StorageError) -> [String] {
        switch store {
        case .head: return try labels().flatMap { $0.pairs.map(\.name) }
        case .block(let block, let series): return try block.labelNames(among: series)
        }
    }

    /// Values of a label on its series; some may come twice.
    func labelValues(of name: String) throws(StorageError) -> [String] {
        switch store {
        case .head: return try labels().compactMap { $0[name] }
        case .block(let block, let series): return try block.labelValues(of: name, among: series)
        }
    }

    func appendSamples(
        at position: Int, labels: Labels, in range: ClosedRange<Int64>, to columns: inout SampleColumns
    ) throws(StorageError) {
        let deleted = tombstones.isEmpty ? [] : tombstones.ranges(for: labels)
        if !deleted.isEmpty {
            var found = SampleColumns()
            try read(position, in: range, to: &found)
            found.remove(deleted)
            columns.append(found)
        } else {
            try read(position, in: range, to: &columns)
        }
    }

    private func read(
        _ position: Int, in range: ClosedRange<Int64>, to columns: inout SampleColumns
    ) throws(StorageError) {
        switch store {
        case .head(let reader): reader.appendSamples(at: position, to: &columns)
        case .block(let block, let series): try block.appendSamples(of: series[position], in: range, to: &columns)
        }
    }
}

/// Reads a head's series in the order of their positions, some hundred at a time, so that its lock is taken seldom.
final class HeadReader: Sendable {
    let head: Head
    let series: [UInt32]
    private let range: ClosedRange<Int64>
    /// The last few pieces read, by number: several threads may each be in one.
    private let pieces = Mutex<[(number: Int, slice: HeadSlice)]>([])

    init(head: Head, series: [UInt32], range: ClosedRange<Int64>) {
        self.head = head
        self.series = series
        self.range = range
    }

    func appendSamples(at position: Int, to columns: inout SampleColumns) {
        let number = position / Head.readBatchCount
        let slice: HeadSlice
        if let known = pieces.withLock({ $0.first { $0.number == number }?.slice }) {
            slice = known
        } else {
            let start = number * Head.readBatchCount
            slice = head.slice(of: series[start..<min(series.count, start + Head.readBatchCount)], in: range)
            pieces.withLock { pieces in
                if pieces.count >= 4 { pieces.removeFirst() }
                pieces.append((number, slice))
            }
        }
        slice.appendSamples(position % Head.readBatchCount, in: range, to: &columns)
    }
}

/// Series chosen from several stores, each label set once. It holds what it reads, so it stays valid whatever the database does.
final class MergedSelection: SeriesSelection {
    private struct Part {
        var source: Int32
        var position: Int32
        /// The series' part in the next store, -1 at the end.
        var next: Int32 = -1
    }

    /// The earliest written first: at equal times the later ones count.
    private let sources: [SelectionSource]
    private let range: ClosedRange<Int64>
    private let allLabels: [Labels]
    /// The first part of each series, then the others.
    private let parts: [Part]

    /// - Complexity: O(series in all stores), some 300 ns each.
    init(_ sources: [SelectionSource], range: ClosedRange<Int64>) throws(StorageError) {
        self.sources = sources.filter { $0.count > 0 }
        self.range = range
        if self.sources.count == 1 {
            allLabels = try self.sources[0].labels()
            parts = allLabels.indices.map { Part(source: 0, position: Int32($0)) }
            return
        }
        var labels: [Labels] = []
        var chains: [(first: Part, last: Int)] = []
        var further: [Part] = []
        var index = HashIndex()
        let seed = UInt64.random(in: 0 ... .max)
        for (number, source) in self.sources.enumerated() {
            for (position, item) in try source.labels().enumerated() {
                let hash = hash64(item.bytes.span, 0..<item.bytes.count, seed: seed)
                let part = Part(source: Int32(number), position: Int32(position))
                guard let known = index.find(hash, { labels[$0] == item }) else {
                    index.insert(hash, labels.count)
                    labels.append(item)
                    chains.append((part, -1))
                    continue
                }
                // Numbers of further parts count from the end of the first ones, which is known at the end.
                if chains[known].last < 0 {
                    chains[known].first.next = Int32(further.count)
                } else {
                    further[chains[known].last].next = Int32(further.count)
                }
                chains[known].last = further.count
                further.append(part)
            }
        }
        let count = Int32(labels.count)
        allLabels = labels
        parts = (chains.map(\.first) + further).map { part in
            var part = part
            if part.next >= 0 { part.next += count }
            return part
        }
    }

    var count: Int { allLabels.count }

    func labels(at index: Int) -> Labels { allLabels[index] }

    func appendSamples(at index: Int, to columns: inout SampleColumns) throws {
        let start = columns.count
        var runs: [Int] = []
        var next = index
        while next >= 0 {
            let part = parts[next]
            let mark = columns.count
            try sources[Int(part.source)].appendSamples(
                at: Int(part.position), labels: allLabels[index], in: range, to: &columns)
            columns.noteRun(at: mark, from: start, in: &runs)
            next = Int(part.next)
        }
        columns.mergeRuns(runs)
    }
}
