internal import ApusCollectors
internal import ApusDashboard
internal import ApusExposition
internal import ApusModel
internal import ApusQuerying
internal import ApusSeriesDatabase
internal import Synchronization

/// What Apus tells of itself: as metric families for `/metrics`, as samples for its own store, as figures for the page.
final class OwnMetrics: Sendable {
    private let database: SeriesDatabase
    private let engine: EmbeddedQueryEngine
    private let state = Mutex(State())

    private struct State {
        var collection = CollectionCost()
        var collectionCount = 0
        var collectionCPUSeconds = 0.0
        var intervalMilliseconds: Int64 = 0
        /// What was seen for the page, oldest first: the last twelve seconds or two looks.
        var looks: [Look] = []
        /// What went wrong, newest last.
        var errors: [(time: Int64, message: String)] = []
    }

    private struct Look {
        var time: Int64
        var appended: Int
        var cpuSeconds: Double
    }

    /// How long an error is shown.
    private static let errorMilliseconds: Int64 = 300_000

    init(database: SeriesDatabase, engine: EmbeddedQueryEngine) {
        self.database = database
        self.engine = engine
    }

    /// A collection that was stored.
    func collected(_ cost: CollectionCost, intervalMilliseconds: Int64) {
        state.withLock { state in
            state.collection = cost
            state.collectionCount += 1
            state.collectionCPUSeconds += cost.cpuSeconds
            state.intervalMilliseconds = intervalMilliseconds
        }
    }

    /// The families as text, without OpenMetrics's closing line.
    func text(openMetrics: Bool) -> [UInt8] {
        let writer = ExpositionWriter(format: openMetrics ? .openMetrics : .text)
        var text: [UInt8] = []
        var process = ProcessCollector()
        var batch = WriteBatch()
        process.collect(into: &batch, at: 0)
        for family in families() + Self.families(of: batch) { writer.append(family, to: &text) }
        return text
    }

    /// One sample of each series of the families.
    func append(to batch: inout WriteBatch, at time: Int64) {
        for family in families() {
            let suffix = family.metadata.kind == .counter ? "_total" : ""
            for sample in family.samples {
                var labels = LabelsBuilder(sample.labels)
                labels.set("__name__", family.name + (sample.suffix.isEmpty ? suffix : sample.suffix))
                batch.append(labels.build(), time: time, value: sample.value)
            }
        }
    }

    /// Something that the operator should see on the page for the next minutes.
    func failed(_ message: String, now: Int64) {
        state.withLock { state in
            state.errors.removeAll { $0.message == message }
            state.errors.append((now, message))
            if state.errors.count > 10 { state.errors.removeFirst() }
        }
    }

    /// What the page shows of Apus itself.
    ///
    /// - Parameters:
    ///   - process: What the process collector just gave.
    ///   - processes: Those worth naming, or none.
    func figures(_ process: borrowing WriteBatch, processes: [ProcessUsage], now: Int64) -> OwnFigures {
        let statistics = database.statistics()
        var figures = OwnFigures()
        figures.seriesCount = statistics.headSeriesCount
        figures.residentBytes = Self.value("process_resident_memory_bytes", process).map { Int($0) }
        let cpuSeconds = Self.value("process_cpu_seconds_total", process) ?? 0
        state.withLock { state in
            if let before = state.looks.first, now > before.time {
                // Over several seconds, since stores come in bursts.
                let seconds = Double(now - before.time) / 1000
                figures.samplesPerSecond = Double(statistics.appendedSampleCount - before.appended) / seconds
                figures.cpuCores = max(0, cpuSeconds - before.cpuSeconds) / seconds
            }
            state.looks.append(Look(time: now, appended: statistics.appendedSampleCount, cpuSeconds: cpuSeconds))
            while state.looks.count > 2, now - state.looks[1].time >= 10_000 { state.looks.removeFirst() }
            state.errors.removeAll { now - $0.time > Self.errorMilliseconds }
            figures.recentErrors = state.errors.reversed().map(\.message)
        }
        let queries = engine.takeRecentSeconds()
        figures.queryMedianSeconds = queries.isEmpty ? nil : queries[queries.count / 2]
        figures.queryMaxSeconds = queries.last
        let uses = processes.map {
            ProcessUse(pid: Int($0.pid), command: $0.command, cpuCores: $0.cpuRatio, residentBytes: Int($0.residentBytes))
        }
        figures.topByCPU = Array(uses.prefix(5))
        figures.topByMemory = Array(uses.sorted { $0.residentBytes > $1.residentBytes }.prefix(5))
        return figures
    }

    private func families() -> [MetricFamily] {
        let database = self.database.statistics()
        let queries = engine.statistics()
        let own = state.withLock { $0 }
        return [
            Self.family("apus_build_info", .gauge, "Version of this program.", [(["version": ApusVersion.current], 1)]),
            gauge("apus_head_series", "Series with samples in the head.", database.headSeriesCount),
            gauge("apus_head_samples", "Samples in the head.", database.headSampleCount),
            gauge("apus_head_bytes", "About what heads hold in memory.", database.headByteCount),
            gauge("apus_blocks", "Blocks on disk.", database.blockCount),
            gauge("apus_block_bytes", "Bytes of blocks on disk.", database.blockByteCount),
            gauge("apus_block_samples", "Samples in blocks.", database.blockSampleCount),
            gauge("apus_log_bytes", "Bytes of write-ahead logs on disk.", database.logByteCount),
            gauge("apus_tombstones", "Deletions that blocks still have to follow.", database.tombstoneCount),
            counter("apus_samples_appended", "Samples taken.", database.appendedSampleCount),
            counter("apus_samples_rejected", "Samples refused.", database.rejectedSampleCount),
            counter("apus_samples_out_of_order", "Samples taken that were older than their series' newest.", database.outOfOrderSampleCount),
            counter("apus_samples_duplicate", "Samples taken that were there already.", database.duplicateSampleCount),
            counter("apus_series_created", "Series made in heads.", database.createdSeriesCount),
            counter("apus_append_failures", "Writes that failed as a whole.", database.failedAppendCount),
            counter("apus_flushes", "Heads written to blocks.", database.flushCount),
            counter("apus_flush_failures", "Heads that could not be written and will be tried again.", database.flushFailureCount),
            counter("apus_compactions", "Merges of blocks.", database.compactionCount),
            counter("apus_compaction_failures", "Merges that failed.", database.compactionFailureCount),
            counter("apus_blocks_retired", "Blocks removed for their age or the bytes of all.", database.retiredBlockCount),
            counter("apus_log_syncs", "Times that the log was brought to the disk itself.", database.syncCount),
            counter("apus_log_sync_failures", "Times that the disk refused it.", database.syncFailureCount),
            counter("apus_log_sync_seconds", "Time spent with that.", seconds(database.syncDuration)),
            Self.family(
                "apus_queries", .counter, "Queries by outcome.",
                [
                    (["outcome": "success"], Double(queries.succeeded)), (["outcome": "parse_error"], Double(queries.failed.parse)),
                    (["outcome": "execution_error"], Double(queries.failed.execution)), (["outcome": "canceled"], Double(queries.failed.canceled)),
                    (["outcome": "timeout"], Double(queries.failed.timeout)), (["outcome": "limit"], Double(queries.failed.limit)),
                    (["outcome": "storage_error"], Double(queries.failed.storage)),
                ]),
            counter("apus_query_seconds", "Time from asking to answer, of all queries.", seconds(queries.duration)),
            counter("apus_query_samples", "Samples that queries read.", queries.samplesRead),
            gauge("apus_queries_running", "Queries being evaluated.", queries.running),
            gauge("apus_queries_waiting", "Queries that wait for a place.", queries.waiting),
            Self.family("apus_collector_duration_seconds", .gauge, "Time of the last measurement of this host.", [([:], own.collection.durationSeconds)]),
            Self.family("apus_collector_cpu_seconds", .counter, "Processor time of all measurements of this host.", [([:], own.collectionCPUSeconds)]),
            gauge("apus_collector_samples", "Samples of the last measurement.", own.collection.sampleCount),
            counter("apus_collections", "Measurements of this host.", own.collectionCount),
            Self.family("apus_collector_interval_seconds", .gauge, "Time between two measurements now.", [([:], Double(own.intervalMilliseconds) / 1000)]),
        ]
    }

    private func gauge(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
        Self.family(name, .gauge, help, [([:], Double(value))])
    }

    private func counter(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
        Self.family(name, .counter, help, [([:], Double(value))])
    }

    private func counter(_ name: String, _ help: String, _ value: Double) -> MetricFamily {
        Self.family(name, .counter, help, [([:], value)])
    }

    private func seconds(_ duration: Duration) -> Double { Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18 }

    private static func family(_ name: String, _ kind: MetricMetadata.Kind, _ help: String, _ samples: [(Labels, Double)]) -> MetricFamily {
        MetricFamily(
            name: name, metadata: MetricMetadata(kind: kind, help: help), samples: samples.map { MetricFamily.Sample(labels: $0, value: $1) })
    }

    /// A collector's batch as families.
    private static func families(of batch: borrowing WriteBatch) -> [MetricFamily] {
        let bytes = batch.bytes.span
        var samples: [String: [MetricFamily.Sample]] = [:]
        for entry in batch.entries {
            guard let labels = try? Labels(validating: bytes, entry.labels), let name = labels.metricName else { continue }
            samples[name, default: []].append(.init(labels: labels.droppingMetricName(), value: batch.values[Int(entry.firstSample)]))
        }
        return batch.metadata.map { MetricFamily(name: $0.metric, metadata: $0.1, samples: samples[$0.metric] ?? []) }
    }

    private static func value(_ metric: String, _ batch: borrowing WriteBatch) -> Double? {
        let bytes = batch.bytes.span
        for entry in batch.entries {
            if let labels = try? Labels(validating: bytes, entry.labels), labels.metricName == metric { return batch.values[Int(entry.firstSample)] }
        }
        return nil
    }
}
