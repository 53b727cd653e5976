internal import ApusBytes
internal import ApusCollectors
internal import ApusDashboard
internal import ApusModel
internal import ApusPlatform
internal import ApusSeriesDatabase
internal import Logging
internal import ServiceLifecycle

/// Measures this host, this process and Apus itself on the adaptive schedule, stores what is due, and feeds the page once a second
/// while somebody looks at it.
final class HostCollection: Service {
    private let database: SeriesDatabase
    private let overview: OverviewModel
    private let metrics: OwnMetrics
    private let clock: any WallClock
    private let schedule: AdaptiveSchedule.Settings
    private let instance: String
    private let logger: Logger

    init(
        database: SeriesDatabase, overview: OverviewModel, metrics: OwnMetrics, clock: any WallClock, schedule: AdaptiveSchedule.Settings,
        instance: String, logger: Logger
    ) {
        self.database = database
        self.overview = overview
        self.metrics = metrics
        self.clock = clock
        self.schedule = schedule
        self.instance = instance
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var cycle = Cycle(self)
            while !Task.isCancelled {
                await cycle.run()
                let wait = cycle.waitMilliseconds(now: self.clock.nowMilliseconds)
                try? await Task.sleep(for: .milliseconds(wait))
            }
        }
    }

    /// What lives from one cycle to the next.
    private struct Cycle {
        /// What a scraped target would have; queries and alerts expect it.
        static let up: Labels = ["__name__": "up"]

        let owner: HostCollection
        var host: HostCollector
        var process = ProcessCollector()
        var processes = ProcessTable()
        var schedule: AdaptiveSchedule
        var hostStamp: LabelStamp
        var processStamp: LabelStamp
        var usage = ProcessorUsage()
        var hostBatch = WriteBatch()
        var processBatch = WriteBatch()
        var batch = WriteBatch()
        var cost = CollectionCost()
        var failing = false

        init(_ owner: HostCollection) {
            self.owner = owner
            let logger = owner.logger
            host = HostCollector { event in
                if let problem = event.problem {
                    logger.warning("collector \(event.collector): \(problem)")
                } else {
                    logger.info("collector \(event.collector) works again")
                }
            }
            schedule = AdaptiveSchedule(settings: owner.schedule, now: owner.clock.nowMilliseconds)
            hostStamp = LabelStamp([("instance", owner.instance), ("job", "node")])
            processStamp = LabelStamp([("instance", owner.instance), ("job", "apus")])
        }

        /// One look at the host: stored when it is due, shown when somebody looks.
        mutating func run() async {
            let now = owner.clock.nowMilliseconds
            let isDue = now >= schedule.dueMilliseconds
            guard isDue || owner.overview.viewerCount > 0 else { return }
            let time = isDue ? min(now, schedule.dueMilliseconds) : now
            hostBatch.removeAll()
            processBatch.removeAll()
            batch.removeAll()
            cost = host.collect(into: &hostBatch, at: time)
            let own = process.collect(into: &processBatch, at: time)
            cost.cpuSeconds += own.cpuSeconds
            cost.durationSeconds += own.durationSeconds
            cost.sampleCount += own.sampleCount
            hostBatch.append(Self.up, time: time, value: 1)
            hostStamp.append(hostBatch, to: &batch)
            let load = usage.ratio(hostBatch)
            // All processes, since those that hold most memory may be idle; only when the page would name them.
            let isPressed = load > 0.8 || owner.overview.level >= .warn
            let named = isPressed ? processes.top(1000) : []
            owner.overview.update(owner.metrics.figures(processBatch, processes: named, now: now))
            owner.overview.record(batch)
            guard isDue else { return }
            schedule.sampled(loadRatio: load, costSeconds: cost.cpuSeconds, now: now)
            owner.metrics.collected(cost, intervalMilliseconds: schedule.intervalMilliseconds)
            owner.metrics.append(to: &processBatch, at: time)
            processBatch.append(Self.up, time: time, value: 1)
            processStamp.append(processBatch, to: &batch)
            await store()
        }

        private mutating func store() async {
            do {
                _ = try await owner.database.append(batch)
                if failing { owner.logger.info("measurements of this host are stored again") }
                failing = false
            } catch {
                if Task.isCancelled { return }
                // Once is enough to say: the page and the metrics show that it goes on.
                let message = "measurements of this host cannot be stored: \(error)"
                if !failing { owner.logger.error("\(message)") }
                owner.metrics.failed(message, now: owner.clock.nowMilliseconds)
                failing = true
            }
        }

        /// Until the next sample is due, but a second at most, since somebody may come to look.
        func waitMilliseconds(now: Int64) -> Int64 { max(1, min(1000, schedule.dueMilliseconds - now)) }
    }
}

/// The share of all processors in use between two cycles, from `node_cpu_seconds_total`.
private struct ProcessorUsage {
    private static let metric = Array("node_cpu_seconds_total".utf8)
    private static let idle = [Array("idle".utf8), Array("iowait".utf8)]
    private var total = 0.0
    private var unused = 0.0

    mutating func ratio(_ batch: borrowing WriteBatch) -> Double {
        var (all, none) = (0.0, 0.0)
        let bytes = batch.bytes.span
        for entry in batch.entries {
            var cursor = LabelCursor(offset: entry.labels.lowerBound, end: entry.labels.upperBound)
            guard let name = cursor.next(bytes), bytesEqual(bytes, name.value, Self.metric.span, 0..<Self.metric.count) else { continue }
            let value = batch.values[Int(entry.firstSample)]
            all += value
            while let label = cursor.next(bytes) {
                for mode in Self.idle where bytesEqual(bytes, label.value, mode.span, 0..<mode.count) { none += value }
            }
        }
        defer { (total, unused) = (all, none) }
        guard total > 0, all > total else { return 0 }
        return min(1, max(0, 1 - (none - unused) / (all - total)))
    }
}
