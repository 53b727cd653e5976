internal import ApusBytes
internal import ApusModel

extension HeadTable {
    /// Applies one record of the log.
    ///
    /// - Returns: Whether the record made sense. Otherwise an unknown part of it has been applied; what follows it in the
    ///   log is told against samples that are missing, so it must not be applied.
    mutating func replay(_ bytes: borrowing Span<UInt8>, _ record: LogReader.Record) -> Bool {
        var reader = ByteReader(offset: record.payload.lowerBound, end: record.payload.upperBound)
        do throws(DecodingError) {
            for _ in 0..<record.series {
                let range = try reader.run(bytes)
                let hash = hash(bytes, range)
                guard find(bytes, range, hash: hash) == nil, Self.isCanonical(bytes, range) else { return false }
                _ = register(bytes, range, hash: hash)
            }
            var expected = 0
            var low = Int64.max
            var high = Int64.min
            for _ in 0..<record.samples {
                let series = expected &+ Int(truncatingIfNeeded: try reader.zigzag(bytes))
                guard series >= 0, series < cells.count else { return false }
                var state = cells[series].last
                let at = reader.offset
                guard let taken = SampleCodec.decode(bytes, at: at, end: reader.end, after: &state),
                    cells[series].isEmpty || state.time > cells[series].last.time, Self.timeRange.contains(state.time)
                else { return false }
                reader.offset += taken
                // The same bytes again: what is told depends only on the sample before.
                let encoded = SampleCodec.encode(time: state.time, bits: state.bits, after: cells[series].last)
                slots.push(encoded, time: state.time, bits: state.bits, series: series, cell: &cells[series])
                low = min(low, state.time)
                high = max(high, state.time)
                expected = series &+ 1
            }
            for _ in 0..<record.late {
                let series = Int(truncatingIfNeeded: try reader.varint(bytes))
                let time = try reader.zigzag(bytes)
                let bits = try reader.fixed64(bytes)
                guard series >= 0, series < cells.count, !cells[series].isEmpty, time <= cells[series].last.time,
                    Self.timeRange.contains(time)
                else { return false }
                late.push(time: time, bits: bits, cell: &cells[series])
                low = min(low, time)
                high = max(high, time)
            }
            guard reader.isAtEnd else { return false }
            sampleCount += record.samples + record.late
            noteTimes(low, high)
            return true
        } catch {
            return false
        }
    }

    /// Whether bytes have the form of labels, sorted. Text and limits were checked when they came in, and the checksum says that
    /// they are those bytes; this keeps what reads them later from walking into nothing, at a tenth of the cost.
    private static func isCanonical(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        var cursor = LabelCursor(offset: range.lowerBound, end: range.upperBound)
        var previous: Range<Int>?
        while let label = cursor.next(bytes) {
            guard !label.name.isEmpty, !label.value.isEmpty, label.value.upperBound == cursor.offset else { return false }
            if let previous, compareBytes(bytes, previous, bytes, label.name) >= 0 { return false }
            previous = label.name
        }
        return previous != nil && cursor.offset == range.upperBound
    }
}
