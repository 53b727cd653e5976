internal import ApusBytes
internal import ApusModel

/// Reads one prometheus.WriteRequest into the columns of a batch.
///
///     WriteRequest { timeseries = 1, metadata = 3 }
///     TimeSeries   { labels = 1, samples = 2, exemplars = 3, histograms = 4 }
///     Label        { name = 1, value = 2 }
///     Sample       { double value = 1, int64 timestamp = 2 }
///
/// A series that has its labels first, each in the shortest form and with a value, is taken as a range. Whatever else
/// protobuf allows (other orders, padded numbers, unknown or absent fields) leads through `readRewriting`.
struct WriteRequestReader {
    let limits: RemoteWriteLimits
    /// Where rewritten label runs will stand: behind the message.
    let byteCount: Int
    var summary = RemoteWriteSummary()

    init(limits: RemoteWriteLimits, byteCount: Int) {
        self.limits = limits
        self.byteCount = byteCount
    }

    mutating func read(
        _ bytes: borrowing Span<UInt8>, into batch: inout WriteBatch, rewritten: inout [UInt8]
    ) throws(RemoteWriteError) {
        var reader = ByteReader(end: bytes.count)
        while !reader.isAtEnd {
            do throws(DecodingError) {
                let field = try reader.field(bytes)
                switch field.number {
                case 1:
                    let range = try reader.message(bytes, of: field)
                    if try !readSeries(bytes, range, into: &batch) {
                        try readRewriting(bytes, range, into: &batch, rewritten: &rewritten)
                    }
                case 3: try readMetadata(bytes, reader.message(bytes, of: field), into: &batch)
                default: try reader.skip(bytes, field)
                }
            } catch {
                throw .malformed(error)
            }
            guard batch.entries.count <= limits.seriesCountMax else {
                throw .tooManySeries(limit: limits.seriesCountMax)
            }
            guard batch.times.count <= limits.sampleCountMax else {
                throw .tooManySamples(limit: limits.sampleCountMax)
            }
            guard batch.metadata.count <= limits.metadataCountMax else {
                throw .tooManyMetadata(limit: limits.metadataCountMax)
            }
        }
    }

    /// Reads a series whose labels stand in canonical form at its beginning.
    ///
    /// - Returns: Whether it was one; if not, nothing is left of it in the batch.
    private mutating func readSeries(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, into batch: inout WriteBatch
    ) throws(DecodingError) -> Bool {
        guard let labelsEnd = canonicalLabelsEnd(bytes, range) else { return false }
        let firstSample = batch.times.count
        let before = summary
        var reader = ByteReader(offset: labelsEnd, end: range.upperBound)
        while !reader.isAtEnd {
            if let sample = plainSample(bytes, &reader) {
                batch.times.append(sample.time)
                batch.values.append(sample.value)
                continue
            }
            let field = try reader.field(bytes)
            if field.number == 1 {
                // A label that is not where it should be.
                batch.times.removeSubrange(firstSample...)
                batch.values.removeSubrange(firstSample...)
                summary = before
                return false
            }
            try readOther(bytes, field, &reader, into: &batch)
        }
        let sampleCount = batch.times.count &- firstSample
        if sampleCount > 0 {
            batch.entries.append(
                .init(labels: range.lowerBound..<labelsEnd, firstSample: firstSample, sampleCount: sampleCount))
        }
        return true
    }

    /// Reads a series of any legal form, writing its labels anew behind `rewritten`.
    private mutating func readRewriting(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, into batch: inout WriteBatch, rewritten: inout [UInt8]
    ) throws(DecodingError) {
        let firstSample = batch.times.count
        let labelsStart = rewritten.count
        var reader = ByteReader(offset: range.lowerBound, end: range.upperBound)
        while !reader.isAtEnd {
            let field = try reader.field(bytes)
            if field.number == 1 {
                try rewriteLabel(bytes, reader.message(bytes, of: field), into: &rewritten)
            } else {
                try readOther(bytes, field, &reader, into: &batch)
            }
        }
        summary.rewrittenSeriesCount += 1
        let sampleCount = batch.times.count - firstSample
        if sampleCount > 0 {
            batch.entries.append(
                .init(
                    labels: (byteCount + labelsStart)..<(byteCount + rewritten.count), firstSample: firstSample,
                    sampleCount: sampleCount))
        } else {
            rewritten.removeSubrange(labelsStart...)
        }
    }

    /// Any field of a series but a label.
    private mutating func readOther(
        _ bytes: borrowing Span<UInt8>, _ field: ProtobufField, _ reader: inout ByteReader, into batch: inout WriteBatch
    ) throws(DecodingError) {
        switch field.number {
        case 2:
            let sample = try readSample(bytes, reader.message(bytes, of: field))
            batch.times.append(sample.time)
            batch.values.append(sample.value)
        case 3:
            _ = try reader.message(bytes, of: field)
            summary.exemplarCount += 1
        case 4:
            _ = try reader.message(bytes, of: field)
            summary.histogramCount += 1
        default: try reader.skip(bytes, field)
        }
    }

    private func readSample(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>
    ) throws(DecodingError) -> (time: Int64, value: Double) {
        var (time, value) = (Int64(0), 0.0)
        var reader = ByteReader(offset: range.lowerBound, end: range.upperBound)
        while !reader.isAtEnd {
            let field = try reader.field(bytes)
            switch field.number {
            case 1:
                try field.expect(.fixed64, at: reader.offset)
                value = Double(bitPattern: try reader.fixed64(bytes))
            case 2:
                try field.expect(.varint, at: reader.offset)
                time = Int64(bitPattern: try reader.varint(bytes))
            default: try reader.skip(bytes, field)
            }
        }
        return (time, value)
    }

    private func rewriteLabel(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, into rewritten: inout [UInt8]
    ) throws(DecodingError) {
        var (name, value) = (0..<0, 0..<0)
        var reader = ByteReader(offset: range.lowerBound, end: range.upperBound)
        while !reader.isAtEnd {
            let field = try reader.field(bytes)
            switch field.number {
            case 1: name = try reader.message(bytes, of: field)
            case 2: value = try reader.message(bytes, of: field)
            default: try reader.skip(bytes, field)
            }
        }
        guard !value.isEmpty else { return }
        appendCanonicalLabel(bytes, name: name, value: value, to: &rewritten)
    }

    private mutating func readMetadata(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, into batch: inout WriteBatch
    ) throws(DecodingError) {
        var metric = ""
        var metadata = MetricMetadata(kind: .unknown)
        var reader = ByteReader(offset: range.lowerBound, end: range.upperBound)
        while !reader.isAtEnd {
            let field = try reader.field(bytes)
            switch field.number {
            case 1:
                try field.expect(.varint, at: reader.offset)
                metadata.kind = MetricMetadata.Kind(remoteWriteNumber: try reader.varint(bytes))
            case 2: metric = try reader.text(bytes, of: field)
            case 4: metadata.help = try reader.text(bytes, of: field)
            case 5: metadata.unit = try reader.text(bytes, of: field)
            default: try reader.skip(bytes, field)
            }
        }
        if !metric.isEmpty { batch.metadata.append((metric, metadata)) }
    }
}
