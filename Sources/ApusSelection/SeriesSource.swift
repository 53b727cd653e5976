public import ApusModel

/// Something that holds samples and answers by matchers: the embedded database, or an adapter to a remote one.
///
/// All times are milliseconds since 1970 UTC and both ends of every range count.
public protocol SeriesSource: Sendable {
    /// The series that pass all `matchers` and may have samples in `range`, as they are at the time of the call.
    ///
    /// - Throws: When data cannot be read, or the source's own limit on series is passed.
    func select(_ matchers: [Matcher], in range: ClosedRange<Int64>) async throws -> any SeriesSelection

    /// Names of labels on the series that pass any of the `selectors` (each a list of matchers, all of which must pass), sorted;
    /// no selectors: all series.
    func labelNames(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [String]

    /// Values of one label, sorted; selectors as in `labelNames`.
    func labelValues(_ name: String, _ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [String]

    /// Label sets of the series that pass any of the `selectors`, unique, sorted.
    func series(_ selectors: [[Matcher]], in range: ClosedRange<Int64>, limit: Int?) async throws -> [Labels]
}

/// Chosen series, in no promised order, each once; read one by one, possibly from several threads at a time.
public protocol SeriesSelection: Sendable {
    var count: Int { get }

    func labels(at index: Int) -> Labels

    /// Appends the samples of one series inside the selection's range, times strictly increasing, stale markers included.
    func appendSamples(at index: Int, to columns: inout SampleColumns) throws
}
