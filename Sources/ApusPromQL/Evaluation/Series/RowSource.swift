internal import ApusBytes
internal import ApusModel
internal import ApusSelection

/// Where an expression's rows come from: series of the source, read one after the other and never all at once, or rows
/// that are already in memory.
enum RowSource: Sendable {
    case series(SeriesRows)
    case rows(Rows)
}

/// Series of a selection as rows: a window function over the samples of each, then functions of each value.
struct SeriesRows: Sendable {
    let selection: any SeriesSelection
    let function: WindowFunction
    let windows: Windows
    let grid: TimeGrid
    /// Where the argument stands, for remarks.
    let source: SourceRange
    /// Whether dropping the names cannot make two series alike, as when all bear the same.
    let hasOneName: Bool
    var stages: [RowStage] = []

    /// Whether rows may have to be held against each other, which needs all of them in memory.
    var mayCollide: Bool {
        !hasOneName && (function.dropsName || stages.contains { $0.dropsName }) || stages.contains { $0.relabels }
    }
}

/// One function of single values, done on whole rows; or one of labels.
struct RowStage: Sendable {
    typealias ValueChange = @Sendable (inout MutableSpan<Double>, Range<Int>) -> Void

    /// Whether `__name__` goes.
    let dropsName: Bool
    /// Changes one row in place, which lies at the range in the span; `absent` must stay absent.
    let apply: ValueChange?
    /// What the labels become, whatever the values.
    let relabel: (@Sendable (Labels) -> Labels)?

    init(dropsName: Bool, apply: @escaping ValueChange) {
        self.dropsName = dropsName
        self.apply = apply
        relabel = nil
    }

    init(relabel: @escaping @Sendable (Labels) -> Labels) {
        dropsName = false
        apply = nil
        self.relabel = relabel
    }

    var relabels: Bool { relabel != nil }
}

extension Labels {
    private static let metadataNames = LabelNames(["__name__", "__type__", "__unit__"])

    /// Without the name, and the type and unit that belong to it.
    func droppingMetadata() -> Labels { dropping(Self.metadataNames) }
}

/// Reads rows one by one into a buffer that it uses again.
struct RowReader {
    private let rows: SeriesRows
    private let context: QueryContext
    private let reservation: SampleReservation
    private var runner: WindowRunner
    private var samples = SampleColumns()
    private var remarkedName: [UInt8]?
    /// The values of the row that was read last.
    var row: [Double]

    init(_ rows: SeriesRows, context: QueryContext) throws(QueryError) {
        self.rows = rows
        self.context = context
        reservation = try context.reserve(rows.grid.count)
        runner = WindowRunner(rows.function, rows.windows, grid: rows.grid)
        row = [Double](repeating: absent, count: rows.grid.count)
    }

    /// Reads one series into `row` without its stages.
    ///
    /// - Returns: Its labels, the name dropped if the window function drops it; nil when it has no value at any step.
    mutating func readRaw(_ index: Int) async throws(QueryError) -> Labels? {
        if index & 15 == 0 || rows.grid.count > 64 { try context.checkpoint() }
        samples.removeAll()
        do {
            try rows.selection.appendSamples(at: index, to: &samples)
        } catch {
            throw QueryError(wrapping: error)
        }
        guard !samples.isEmpty else { return nil }
        context.countRead(samples.count)
        try reservation.grow(to: samples.count + rows.grid.count)
        if !rows.function.seesStaleMarkers { samples.removeStaleMarkers() }
        var position = SlidePosition()
        while !runner.run(samples, into: &row, from: &position) {
            try context.checkpoint()
            await Task.yield()
        }
        guard position.hasValue else { return nil }
        let labels = rows.selection.labels(at: index)
        if rows.function.wantsCounter { remarkOnName(of: labels) }
        if case .quantile(let quantile, let source) = rows.function { remark(on: quantile, source) }
        return labels
    }

    /// Reads one series into `row`, with its stages.
    ///
    /// - Returns: Its labels as the stages leave them, still with the metric name when only that goes and `keepsName`.
    mutating func read(_ index: Int, keepsName: Bool) async throws(QueryError) -> Labels? {
        guard let labels = try await readRaw(index) else { return nil }
        var drops = rows.function.dropsName
        for stage in rows.stages {
            drops = drops || stage.dropsName
            guard let apply = stage.apply else { continue }
            let range = row.indices
            var span = row.mutableSpan
            apply(&span, range)
        }
        return drops && !keepsName ? labels.droppingMetadata() : labels
    }

    /// A name without a counter's ending may be a mistake; told once a name.
    private mutating func remarkOnName(of labels: Labels) {
        guard let range = labels.range(of: Self.nameLabel) else { return }
        let bytes = labels.bytes.span
        if let remarkedName, bytesEqual(bytes, range, remarkedName.span, 0..<remarkedName.count) { return }
        var name: [UInt8] = []
        append(bytes, range, to: &name)
        remarkedName = name
        guard !Self.counterEndings.contains(where: { name.suffix($0.count).elementsEqual($0) }) else { return }
        context.remark(.mightNotBeCounter(String(decoding: name, as: UTF8.self), at: rows.source))
    }

    /// Quantiles outside 0…1, at the steps where the series has a value.
    private func remark(on quantile: ScalarColumn, _ source: SourceRange) {
        guard !quantile.isInside(0...1) else { return }
        for step in row.indices where isPresent(row[step]) && !(quantile[step] >= 0 && quantile[step] <= 1) {
            context.remark(.invalidQuantile(quantile[step], at: source))
            if quantile.constant != nil { return }
        }
    }

    private static let nameLabel = Array("__name__".utf8)
    private static let counterEndings = ["_total", "_sum", "_count", "_bucket"].map { Array($0.utf8) }
}
