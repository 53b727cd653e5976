internal import ApusModel
internal import ApusSelection
internal import Synchronization

/// What all parts of one running query share: its limits, its remarks and the selections it has made.
final class QueryContext: Sendable {
    let options: QueryOptions
    private let deadline: ContinuousClock.Instant
    private let samplesInMemory = Atomic<Int>(0)
    private let samplesPeak = Atomic<Int>(0)
    private let samplesRead = Atomic<Int>(0)
    private let remarks = Mutex(Remarks())
    private let selections = Mutex<[SelectionKey: any SeriesSelection]>([:])

    private struct SelectionKey: Hashable {
        let matchers: [Matcher]
        let range: ClosedRange<Int64>
    }

    init(options: QueryOptions) {
        self.options = options
        deadline = .now.advanced(by: options.timeout)
    }

    /// To be called every few microseconds of work.
    ///
    /// - Throws: `.canceled` or `.timeout`.
    func checkpoint() throws(QueryError) {
        if Task.isCancelled { throw .canceled }
        if ContinuousClock.now > deadline { throw .timeout(options.timeout) }
    }

    /// Lets other tasks run now and then, since a long query would keep their threads from them.
    func pause(_ series: Int) async {
        if series & 63 == 63 { await Task.yield() }
    }

    /// Takes `count` samples from the budget for as long as the reservation lives.
    ///
    /// - Throws: `.limit` when the budget does not have them.
    func reserve(_ count: Int) throws(QueryError) -> SampleReservation {
        let reservation = SampleReservation(context: self)
        try reservation.grow(to: count)
        return reservation
    }

    fileprivate func take(_ count: Int) throws(QueryError) {
        let now = samplesInMemory.add(count, ordering: .relaxed).newValue
        samplesPeak.max(now, ordering: .relaxed)
        guard now <= options.samplesMax else {
            throw .limit("query processing would load too many samples into memory in query execution")
        }
    }

    fileprivate func giveBack(_ count: Int) { samplesInMemory.subtract(count, ordering: .relaxed) }

    func countRead(_ count: Int) { samplesRead.add(count, ordering: .relaxed) }

    var statistics: SampleStatistics {
        SampleStatistics(read: samplesRead.load(ordering: .relaxed), peak: samplesPeak.load(ordering: .relaxed))
    }

    func remark(_ remark: Remark) { remarks.withLock { $0.insert(remark) } }

    /// Puts the remarks into the result, with their places in the query's text.
    func report(to result: inout QueryResult, text: String) {
        let remarks = remarks.withLock { $0 }
        (result.warnings, result.infos) = remarks.rendered(in: text)
    }

    /// The selection of these matchers in this range, asked of the source once a query.
    func selection(
        _ matchers: [Matcher], in range: ClosedRange<Int64>, from source: any SeriesSource
    ) async throws(QueryError) -> any SeriesSelection {
        let key = SelectionKey(matchers: matchers, range: range)
        if let known = selections.withLock({ $0[key] }) { return known }
        let made: any SeriesSelection
        do {
            made = try await source.select(matchers, in: range)
        } catch {
            throw QueryError(wrapping: error)
        }
        selections.withLock { $0[key] = made }
        return made
    }
}

/// What a query read and held.
public struct SampleStatistics: Sendable, Equatable {
    /// Samples that came from the source.
    public var read: Int
    /// The most samples held in memory at one time.
    public var peak: Int

    public init(read: Int = 0, peak: Int = 0) {
        self.read = read
        self.peak = peak
    }
}

/// A share of a query's sample budget.
final class SampleReservation: Sendable {
    private let context: QueryContext
    private let held = Atomic<Int>(0)

    fileprivate init(context: QueryContext) { self.context = context }

    func grow(to count: Int) throws(QueryError) {
        let more = count - held.load(ordering: .relaxed)
        guard more > 0 else { return }
        held.add(more, ordering: .relaxed)
        try context.take(more)
    }

    deinit { context.giveBack(held.load(ordering: .relaxed)) }
}

extension QueryError {
    /// A source's error as the query's.
    init(wrapping error: any Error) {
        self =
            switch error {
            case let error as QueryError: error
            case is CancellationError: .canceled
            default: .storage("\(error)")
            }
    }
}
