internal import ApusModel
internal import ApusPlatform
internal import ApusSelection
internal import Synchronization

/// One generation of new samples: a table in memory and the log that brings it back after a crash.
///
/// A head takes appends until it is frozen; then it stays readable until its samples are in blocks. Both its memory and
/// its log go as a whole.
final class Head: Sendable {
    /// Series that are read under one hold of the lock.
    static let readBatchCount = 256

    let generation: UInt64
    let log: LogFile
    /// When it took its first sample (or was recovered), milliseconds since 1970 UTC.
    let createdAt: Int64
    private let table: Mutex<HeadTable>
    let syncGroup: SyncGroup

    init(generation: UInt64, log: LogFile, table: consuming HeadTable, createdAt: Int64) {
        self.generation = generation
        self.log = log
        self.createdAt = createdAt
        var table = table
        table.logEnd = log.writtenEnd
        self.table = Mutex(table)
        syncGroup = SyncGroup(log)
    }

    /// What a head holds, from one moment.
    struct Measure {
        var seriesCount = 0
        var sampleCount = 0
        var minTime = Int64.max
        var maxTime = Int64.min
        var byteCount = 0
        var sampleByteCount = 0
        var logByteCount = 0
        var isFrozen = false
    }

    var measure: Measure {
        table.withLock {
            Measure(
                seriesCount: $0.seriesCount, sampleCount: $0.sampleCount, minTime: $0.minTime, maxTime: $0.maxTime,
                byteCount: $0.byteCount, sampleByteCount: $0.sampleByteCount, logByteCount: $0.logEnd,
                isFrozen: $0.isFrozen)
        }
    }

    /// Applies a batch in memory; nil when the head is frozen and a later one takes appends.
    ///
    /// The batch is stored when `write(through:)` has returned for the outcome's `logEnd`.
    ///
    /// - Throws: `.unavailable` when too much waits to be written, or the head is full; nothing has changed then.
    func append(_ batch: WriteBatch, limits: AppendLimits) throws(StorageError) -> AppendOutcome? {
        let outcome: Result<AppendOutcome?, StorageError> = table.withLock { table in
            if table.isFrozen { return .success(nil) }
            if table.logEnd - log.writtenEnd > limits.backlogByteCountMax {
                return .failure(
                    StorageError(
                        .unavailable,
                        "\(table.logEnd - log.writtenEnd) bytes of the write-ahead log wait: the disk takes no writes"))
            }
            if table.sampleByteCount > limits.sampleByteCountMax || table.sampleCount > limits.sampleCountMax {
                return .failure(
                    StorageError(.unavailable, "the head is full and the one before it is not in blocks yet"))
            }
            return .success(table.append(batch, limits: limits))
        }
        return try outcome.get()
    }

    /// Writes what waits, at least as far as `position`.
    func write(through position: Int) throws(StorageError) {
        try log.write(through: position) { spare in
            table.withLock { swap(&$0.pending, &spare) }
        }
    }

    /// Writes all that waits.
    func write() throws(StorageError) {
        try write(through: table.withLock { $0.logEnd })
    }

    func freeze() { table.withLock { $0.isFrozen = true } }

    /// Label sets of the given series, in their order, taken in short holds of the lock.
    func labels(of series: [UInt32]) -> [Labels] {
        var result: [Labels] = []
        result.reserveCapacity(series.count)
        var start = 0
        while start < series.count {
            let end = min(series.count, start + Self.readBatchCount)
            table.withLock { table in
                for i in start..<end {
                    result.append(Labels(canonicalBytes: table.runs.copy(table.locations[Int(series[i])])))
                }
            }
            start = end
        }
        return result
    }

    /// What the given series have in `range`, still encoded.
    func slice(of series: ArraySlice<UInt32>, in range: ClosedRange<Int64>) -> HeadSlice {
        var slice = HeadSlice()
        table.withLock { table in
            for number in series { table.copy(Int(number), in: range, to: &slice) }
        }
        return slice
    }

    /// Reads the table under the lock; keep it short.
    func withTable<T: Sendable>(_ body: (borrowing HeadTable) -> T) -> T {
        table.withLock { body($0) }
    }
}
