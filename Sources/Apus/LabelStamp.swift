internal import ApusBytes
internal import ApusModel

/// Adds fixed labels (`instance`, `job`) to the series of a collector that hands over the same series each cycle.
///
/// A cycle that repeats the last one's series costs a compare and a copy a series; only new ones are put together.
struct LabelStamp: Sendable {
    private let labels: [(name: String, value: String)]
    /// What was stamped last at each position of a batch, before and after.
    private var plain: [[UInt8]] = []
    private var stamped: [[UInt8]] = []

    init(_ labels: [(name: String, value: String)]) { self.labels = labels }

    /// Appends `batch` to `target` with the labels added. Series keep their own label where they have one of that name.
    mutating func append(_ batch: borrowing WriteBatch, to target: inout WriteBatch) {
        let bytes = batch.bytes.span
        for (position, entry) in batch.entries.enumerated() {
            let run = entry.labels
            if position >= plain.count {
                plain.append([])
                stamped.append([])
            }
            let known = plain[position]
            if !bytesEqual(bytes, run, known.span, 0..<known.count) { learn(position, bytes, run) }
            let start = target.bytes.count
            target.bytes.append(contentsOf: stamped[position])
            target.entries.append(
                WriteBatch.Entry(labels: start..<target.bytes.count, firstSample: target.times.count, sampleCount: Int(entry.sampleCount)))
            for sample in entry.samples {
                target.times.append(batch.times[sample])
                target.values.append(batch.values[sample])
            }
        }
        target.metadata.append(contentsOf: batch.metadata)
    }

    private mutating func learn(_ position: Int, _ bytes: borrowing Span<UInt8>, _ run: Range<Int>) {
        var own: [UInt8] = []
        ApusBytes.append(bytes, run, to: &own)
        plain[position] = own
        guard let original = try? Labels(validating: bytes, run) else {
            stamped[position] = own
            return
        }
        var builder = LabelsBuilder(original)
        for (name, value) in labels where original[name] == nil { builder.set(name, value) }
        stamped[position] = builder.build().bytes
    }
}
