public import ApusModel
internal import ApusPlatform
internal import Synchronization

extension SeriesDatabase {
    /// Stores a batch: when it returns, all but the rejected samples survive the end of the process (and a power cut, with
    /// `.everyWrite`).
    ///
    /// A bad entry costs only itself. A batch that throws may be stored in part or whole; sending it again is harmless, since
    /// equal samples become one.
    ///
    /// - Throws: `.noSpace`, `.readOnly` or `.io` when the log cannot be written, `.unavailable` when the database is behind with
    ///   writing to disk (nothing of the batch was taken then), `.closed`.
    /// - Complexity: O(samples), some 100 to 200 ns each for known series. Calls from several threads take turns.
    public func append(_ batch: WriteBatch) async throws(StorageError) -> AppendResult {
        do throws(StorageError) {
            let (head, outcome) = try store(batch)
            if options.syncPolicy == .everyWrite {
                do throws(StorageError) {
                    try await head.syncGroup.wait(for: outcome.logEnd)
                } catch {
                    try recoverWrite(error, head)
                }
            }
            count { counters in
                counters.appendedSampleCount += outcome.result.acceptedCount
                counters.rejectedSampleCount += outcome.result.rejectedCount
                counters.outOfOrderSampleCount += outcome.lateCount
                counters.duplicateSampleCount += outcome.duplicateCount
                counters.createdSeriesCount += outcome.newSeriesCount
            }
            return outcome.result
        } catch {
            count { $0.failedAppendCount += 1 }
            throw error
        }
    }

    /// Applies and writes a batch.
    private func store(_ batch: WriteBatch) throws(StorageError) -> (Head, AppendOutcome) {
        let now = options.clock.nowMilliseconds
        let possible = HeadTable.timeRange
        let earliest = options.retentionTime.map { now &- $0.milliseconds } ?? possible.lowerBound
        let limits = AppendLimits(
            backlogByteCountMax: options.logBacklogByteCountMax,
            sampleByteCountMax: 2 * min(options.headByteCountMax, .max / 2),
            sampleCountMax: 2 * min(options.headSampleCountMax, .max / 2),
            minTime: max(earliest, possible.lowerBound),
            maxTime: min(now &+ options.futureMax.milliseconds, possible.upperBound),
            seriesMax: options.seriesMax, labels: options.labelLimits)
        while true {
            if isClosed { throw StorageError(.closed, "the database is closed") }
            let head = self.head
            guard let outcome = try head.append(batch, limits: limits) else { continue }
            if !batch.metadata.isEmpty { note(batch.metadata) }
            do throws(StorageError) {
                try head.write(through: outcome.logEnd)
            } catch {
                try recoverWrite(error, head)
            }
            return (head, outcome)
        }
    }

    /// A log that is gone because its head is in blocks by now has done its work; any other failure is the caller's.
    private func recoverWrite(_ error: StorageError, _ head: Head) throws(StorageError) {
        if structure.flushedGeneration >= head.generation { return }
        if !head.log.isTrusted { changes.start { [self] in replaceHead(head) } }
        throw error
    }

    private func note(_ entries: [(metric: String, MetricMetadata)]) {
        let byteCountMax = options.labelLimits.valueByteCountMax
        metadataTable.withLock { table in
            for (metric, metadata) in entries where table.count < options.metadataMax || table[metric] != nil {
                let texts = [metric, metadata.help, metadata.unit]
                if texts.allSatisfy({ $0.utf8.count <= byteCountMax }) { table[metric] = metadata }
            }
        }
    }

    /// Type, help and unit of one metric family, or of all, by name. Kept in memory only: senders repeat them.
    public func metadata(metric: String?) -> [(String, MetricMetadata)] {
        metadataTable.withLock { table in
            if let metric { return table[metric].map { [(metric, $0)] } ?? [] }
            return table.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
        }
    }
}
