internal import ApusBytes
internal import ApusModel

/// What a head takes.
struct AppendLimits {
    /// Bytes that may wait for a disk that takes none.
    var backlogByteCountMax: Int
    /// What a head may hold before the batch.
    var sampleByteCountMax: Int
    var sampleCountMax: Int
    /// Milliseconds since 1970 UTC, both inclusive.
    var minTime: Int64
    var maxTime: Int64
    var seriesMax: Int
    var labels: LabelLimits
}

/// What became of a batch, beyond its result.
struct AppendOutcome {
    var result = AppendResult()
    /// Bytes of the log that have to be written before the batch counts as stored.
    var logEnd = 0
    var newSeriesCount = 0
    var lateCount = 0
    var duplicateCount = 0
}

extension HeadTable {
    /// Puts a batch in: names are resolved first, so that the second pass knows its series and can fetch them ahead.
    ///
    /// Appends one record to `pending`, or nothing when the batch changes nothing. The caller holds the lock, so records
    /// stand in the order in which batches were applied.
    mutating func append(_ batch: WriteBatch, limits: AppendLimits) -> AppendOutcome {
        var outcome = AppendOutcome()
        let start = LogRecord.begin(&pending)
        resolve(batch, limits: limits, outcome: &outcome)
        let written = appendSamples(batch, limits: limits, outcome: &outcome)
        let late = outcome.lateCount
        if outcome.newSeriesCount + written + late == 0 {
            pending.removeLast(pending.count - start)
        } else {
            LogRecord.finish(
                &pending, at: start, series: outcome.newSeriesCount, samples: written, late: late)
            logEnd += pending.count - start
        }
        outcome.logEnd = logEnd
        return outcome
    }

    /// Fills `resolved` with the series of each entry, `SeriesCell.none` for those refused, and registers new ones.
    private mutating func resolve(_ batch: WriteBatch, limits: AppendLimits, outcome: inout AppendOutcome) {
        resolved.removeAll(keepingCapacity: true)
        resolved.reserveCapacity(batch.entries.count)
        let bytes = batch.bytes.span
        var guess = 0
        var entry = 0
        while entry < batch.entries.count {
            let length = runLength(batch, from: entry, guess: guess)
            for i in 0..<length { resolved.append(UInt32(truncatingIfNeeded: guess &+ i)) }
            entry += length
            guess += length
            guard entry < batch.entries.count else { return }
            let range = batch.entries[entry].labels
            let hash = hash(bytes, range)
            if let found = find(bytes, range, hash: hash) {
                resolved.append(UInt32(found))
                guess = found + 1
            } else if let made = create(batch, entry, hash: hash, limits: limits, outcome: &outcome) {
                resolved.append(UInt32(made))
                guess = made + 1
            } else {
                resolved.append(SeriesCell.none)
            }
            entry += 1
        }
    }

    private mutating func create(
        _ batch: WriteBatch, _ entry: Int, hash: UInt64, limits: AppendLimits, outcome: inout AppendOutcome
    ) -> Int? {
        let bytes = batch.bytes.span
        let range = batch.entries[entry].labels
        let reason: AppendResult.Rejection.Reason
        do throws(LabelsError) {
            _ = try Labels(validating: bytes, range, limits: limits.labels)
            if seriesCount < limits.seriesMax {
                pending.appendVarint(UInt64(range.count))
                ApusBytes.append(bytes, range, to: &pending)
                outcome.newSeriesCount += 1
                return register(bytes, range, hash: hash)
            }
            reason = .seriesLimit
        } catch {
            reason = .invalidLabels(error)
        }
        outcome.result.reject(entry, reason, count: Int(batch.entries[entry].sampleCount))
        return nil
    }

    /// The second pass; the number of samples in order that were written to the record.
    private mutating func appendSamples(
        _ batch: WriteBatch, limits: AppendLimits, outcome: inout AppendOutcome
    ) -> Int {
        // The most that one sample takes: a number of five bytes and its own sixteen, and eight that a store may reach over.
        let first = pending.count
        pending.reserveCapacity(first + batch.times.count * 24 + 32)
        pending.append(contentsOf: repeatElement(0, count: batch.times.count * 24 + 32))
        var writer = SampleWriter(at: first)
        let entries = batch.entries.span
        let times = batch.times.span
        let values = batch.values.span
        let resolved = self.resolved
        let numbers = resolved.span
        var lateRecords: [UInt8] = []
        var low = Int64.max
        var high = Int64.min
        var refused = 0
        for entry in 0..<entries.count {
            let ahead = entry &+ 8
            if ahead < entries.count {
                let next = Int(numbers[ahead])
                if next < cells.count {
                    prefetch(cells.span, at: next)
                    prefetch(slots.open.span, at: next &* Slot.byteCount &+ 64)
                }
            }
            let number = numbers[entry]
            guard number != SeriesCell.none else { continue }
            let series = Int(number)
            let range = entries[entry].samples
            guard range.lowerBound >= 0, range.upperBound <= times.count, range.upperBound <= values.count else { continue }
            for i in range {
                let time = times[i]
                let bits = values[i].bitPattern
                if time < limits.minTime || time > limits.maxTime {
                    outcome.result.reject(entry, time < limits.minTime ? .tooOld : .tooFarAhead, count: 1)
                    refused &+= 1
                    continue
                }
                if time > cells[series].last.time || cells[series].isEmpty {
                    let encoded = SampleCodec.encode(time: time, bits: bits, after: cells[series].last)
                    writer.write(encoded, series: number, to: &pending)
                    slots.push(encoded, time: time, bits: bits, series: series, cell: &cells[series])
                } else if late.isCurrent(time: time, bits: bits, of: cells[series]) {
                    outcome.duplicateCount &+= 1
                } else {
                    late.push(time: time, bits: bits, cell: &cells[series])
                    lateRecords.appendVarint(UInt64(number))
                    lateRecords.appendZigzag(time)
                    lateRecords.appendFixed64(bits)
                    outcome.lateCount += 1
                }
                low = min(low, time)
                high = max(high, time)
                outcome.result.acceptedCount &+= 1
            }
        }
        pending.removeLast(pending.count - writer.offset)
        pending.append(contentsOf: lateRecords)
        sampleCount += writer.count + outcome.lateCount
        noteTimes(low, high)
        return writer.count
    }
}

/// Writes samples behind each other: the series as the distance to the one that follows the last, then the sample.
struct SampleWriter {
    var offset: Int
    var count = 0
    private var expected: UInt32 = 0

    init(at offset: Int) { self.offset = offset }

    @inline(__always)
    mutating func write(_ encoded: EncodedSample, series: UInt32, to bytes: inout [UInt8]) {
        var span = bytes.mutableSpan
        if series == expected {
            span[offset] = 0
            offset &+= 1
        } else {
            let distance = Int64(series) &- Int64(expected)
            var raw = UInt64(bitPattern: (distance &<< 1) ^ (distance &>> 63))
            while raw >= 0x80 {
                span[offset] = UInt8(truncatingIfNeeded: raw) | 0x80
                raw &>>= 7
                offset &+= 1
            }
            span[offset] = UInt8(truncatingIfNeeded: raw)
            offset &+= 1
        }
        storeLittleEndian64(encoded.low, in: &span, at: offset)
        if encoded.byteCount > 8 { storeLittleEndian64(encoded.high, in: &span, at: offset &+ 8) }
        offset &+= encoded.byteCount
        expected = series &+ 1
        count &+= 1
    }
}

extension AppendResult {
    /// Counts refused samples and keeps why for the first entries.
    mutating func reject(_ entry: Int, _ reason: Rejection.Reason, count: Int) {
        rejectedCount += count
        if rejections.count < 16 && rejections.last?.entry != entry {
            rejections.append(Rejection(entry: entry, reason: reason))
        }
    }
}
