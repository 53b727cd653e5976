internal import Synchronization

/// One label set of one family: what is counted, and who it is.
protocol Series: AnyObject, Sendable {
    associatedtype Layout: Sendable
    init(identity: consuming SeriesIdentity, layout: Layout, exemplars: ExemplarSource?)
    var identity: SeriesIdentity { get }

    /// Appends its lines to a page; `lines` holds what all series of the family have in common.
    func appendLines(_ lines: inout FamilyLines, layout: Layout, to page: inout [UInt8])
    /// The same as samples.
    func samples(layout: Layout) -> [FamilySnapshot.Sample]
    /// Labels that a page adds, which users cannot have.
    static var reservedLabels: [String] { get }
}

extension Series {
    static var reservedLabels: [String] { [] }
}

/// The labels of a series, and where its family keeps it.
struct SeriesIdentity: ~Copyable, Sendable {
    /// Valid names, unique, no empty value; in the order in which they were first handed over (that array itself, so that
    /// it is not kept twice).
    let pairs: [(String, String)]
    let text: LabelText
    /// Index in the family's list; -1 when it was taken out.
    let position = Atomic<Int>(-1)

    init(pairs: [(String, String)], canonical: [(String, String)]) {
        self.pairs = pairs
        text = LabelText(MetricNames.text(canonical))
    }
}
