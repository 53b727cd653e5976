internal import ApusBytes
public import ApusModel

/// Why a page of metrics was refused.
public struct ExpositionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Counted from 1; the last line when the page as a whole is at fault.
    public var line: Int
    public var reason: String
    /// Samples that were read before the fault.
    public var goodSampleCount: Int

    public var description: String { "line \(line): \(reason) (\(goodSampleCount) samples were good before)" }
}

/// What a page held beside the batch.
public struct ExpositionSummary: Sendable, Equatable {
    public var sampleCount = 0
    /// Samples that brought a time of their own, whether it was taken or not.
    public var timestampedSampleCount = 0
    /// Exemplars that were read and passed over.
    public var exemplarCount = 0

    public init() {}
}

/// Reads pages in Prometheus's text format 0.0.4 and in OpenMetrics 1.0.
///
/// It takes what Prometheus takes: in the text format any blanks between the parts of a line, in OpenMetrics just one,
/// and `# EOF` at the end; in both names in quotes (`{"my.metric","a.b"="x"} 1`). The first bad line refuses the page.
/// A parser keeps scratch buffers, so keep one for each thread of work.
public struct ExpositionParser: Sendable {
    public struct Options: Sendable, Equatable {
        /// Whether times on the page count; if not, each sample gets the time of the scrape.
        public var honorsTimestamps = true
        /// Whether HELP, TYPE and UNIT go into the batch.
        public var readsMetadata = true
        /// Whether `le="1"` and `quantile="1"` of histograms and summaries become `"1.0"`, as in Prometheus since 3.0.
        public var normalizesBucketLabels = true
        /// Whether each sample of a declared family must have one of its type's names, as OpenMetrics demands and
        /// Prometheus does not check: `_total` for a counter, `_bucket`, `_sum`, `_count` for a histogram, and so on.
        public var checksSuffixes = false
        /// At most 256 MiB counts.
        public var pageByteCountMax = 64 << 20
        public var sampleCountMax = 4_000_000
        /// Of one sample or exemplar.
        public var labelCountMax = 1000

        public init() {}
    }

    public var options: Options
    private var scratch = SampleScratch()

    public init(options: Options = Options()) { self.options = options }

    /// Appends the samples of a page to `batch`, each as an entry of its own.
    ///
    /// Label runs are in canonical form and sorted, with the metric's name as `__name__` and without empty values; UTF-8 and
    /// duplicates are the store's to check.
    /// - Parameter time: Of samples that bring none, in milliseconds since 1970 UTC.
    /// - Throws: Then the batch is as it was.
    /// - Complexity: O(bytes), some 150 ns for a line of five labels.
    public mutating func parse(
        _ page: borrowing Span<UInt8>, format: ExpositionFormat, time: Int64, into batch: inout WriteBatch
    ) throws(ExpositionError) -> ExpositionSummary {
        let before = (batch.bytes.count, batch.entries.count, batch.times.count, batch.metadata.count)
        var reader = PageReader(end: page.count, isOpenMetrics: format == .openMetrics, options: options, time: time)
        do throws(DecodingError) {
            guard page.count <= min(options.pageByteCountMax, 256 << 20), batch.bytes.count <= 1 << 30 else {
                throw DecodingError("page too large", at: 0)
            }
            try reader.read(page, &scratch, into: &batch)
            return reader.summary
        } catch {
            batch.bytes.removeSubrange(before.0...)
            batch.entries.removeSubrange(before.1...)
            batch.times.removeSubrange(before.2...)
            batch.values.removeSubrange(before.2...)
            batch.metadata.removeSubrange(before.3...)
            var line = 1
            for i in 0..<min(error.offset, page.count) where page[i] == UInt8(ascii: "\n") { line += 1 }
            throw ExpositionError(
                line: line, reason: error.reason.description, goodSampleCount: reader.summary.sampleCount)
        }
    }

    /// The same for a page in an array.
    public mutating func parse(
        _ page: [UInt8], format: ExpositionFormat, time: Int64, into batch: inout WriteBatch
    ) throws(ExpositionError) -> ExpositionSummary {
        try parse(page.span, format: format, time: time, into: &batch)
    }
}
