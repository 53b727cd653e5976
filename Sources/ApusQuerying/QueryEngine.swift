public import ApusPromQL
public import ApusSelection

/// The one way to samples for everything above the stores: the embedded engine now, a remote one later.
///
/// Times are milliseconds since 1970 UTC. Cancelling the calling task ends the query.
public protocol QueryEngine: Sendable {
    /// - Throws: `QueryError`.
    func instant(_ query: String, at time: Int64, options: QueryOptions?) async throws -> QueryResult

    /// Evaluates at `start`, `start + step`, … up to and with `end`.
    ///
    /// - Throws: `QueryError`.
    func range(_ query: String, start: Int64, end: Int64, step: Int64, options: QueryOptions?) async throws -> QueryResult

    /// Label queries and raw series.
    var source: any SeriesSource { get }
}
