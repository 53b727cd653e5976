public import ApusModel
internal import ApusPlatform

/// Measures this host under node_exporter's names, from `/proc`, `/sys`, control groups and statvfs.
///
/// A cycle builds no labels and hardly allocates: files stay open, buffers and label sets are kept. Its parts fail one by one: a
/// part that cannot be read has `node_scrape_collector_success` 0, is reported once, and the others go on. Calls block (for well
/// under two milliseconds); use it from one task at a time.
public struct HostCollector: Sendable {
    private struct Slot: Sendable {
        var part: any CollectorPart
        let name: String
        let duration: Labels
        let success: Labels
        var isFailing = false
    }

    private static let duration = Family(
        "node_scrape_collector_duration_seconds", .gauge, "node_exporter: Duration of a collector scrape.")
    private static let success = Family(
        "node_scrape_collector_success", .gauge, "node_exporter: Whether a collector succeeded.")
    private static let parts: [any CollectorPart.Type] = [
        ProcessorPart.self, StatPart.self, LoadPart.self, MemoryInfoPart.self, VirtualMemoryPart.self, DiskPart.self,
        FilesystemPart.self, NetworkPart.self, NetworkClassPart.self, PressurePart.self, FileDescriptorPart.self,
        SocketPart.self, TimePart.self, UnamePart.self, OperatingSystemPart.self, ControlGroupPart.self,
    ]

    /// Names of the parts, as in the label `collector`.
    public static var collectorNames: [String] { parts.map { $0.name } }

    private var slots: [Slot]
    private let report: @Sendable (CollectorEvent) -> Void
    private var isFirstCycle = true

    /// Reads nothing yet.
    ///
    /// - Parameters:
    ///   - root: What stands before `/proc` and `/sys`: `/`, or where a container sees its host.
    ///   - excluding: Names of parts to leave out.
    ///   - report: Told when a part begins to fail and when it works again.
    public init(
        root: String = "/", excluding: Set<String> = [], report: @escaping @Sendable (CollectorEvent) -> Void = { _ in }
    ) {
        var prefix = root
        while prefix.hasSuffix("/") { prefix.removeLast() }
        slots = Self.parts.filter { !excluding.contains($0.name) }.map { type in
            Slot(
                part: type.init(root: prefix), name: type.name, duration: Self.duration.labels([("collector", type.name)]),
                success: Self.success.labels([("collector", type.name)]))
        }
        self.report = report
    }

    /// Adds one sample of every series, all with the same time; metadata of families that are new, which is all of them in the
    /// first cycle.
    ///
    /// - Parameter time: Milliseconds since 1970 UTC.
    @discardableResult
    public mutating func collect(into batch: inout WriteBatch, at time: Int64) -> CollectionCost {
        let meter = CostMeter(batch)
        if isFirstCycle {
            isFirstCycle = false
            Self.duration.declare(in: &batch)
            Self.success.declare(in: &batch)
        }
        var start = meter.startNanoseconds
        for index in slots.indices {
            var problem: String?
            do { try slots[index].part.collect(into: &batch, at: time) } catch {
                problem = (error as? CollectorError)?.reason ?? "\(error)"
            }
            let end = HostFacts.monotonicNanoseconds
            batch.append(slots[index].duration, time: time, value: Double(end - start) / 1e9)
            batch.append(slots[index].success, time: time, value: problem == nil ? 1 : 0)
            start = end
            if slots[index].isFailing != (problem != nil) {
                slots[index].isFailing = problem != nil
                report(CollectorEvent(collector: slots[index].name, problem: problem))
            }
        }
        return meter.cost(batch)
    }
}

/// Clocks at the start of a cycle.
struct CostMeter {
    let startNanoseconds = HostFacts.monotonicNanoseconds
    private let startCPUNanoseconds = HostFacts.threadCPUNanoseconds
    private let startSampleCount: Int

    init(_ batch: borrowing WriteBatch) { startSampleCount = batch.sampleCount }

    func cost(_ batch: borrowing WriteBatch) -> CollectionCost {
        CollectionCost(
            durationSeconds: Double(HostFacts.monotonicNanoseconds - startNanoseconds) / 1e9,
            cpuSeconds: Double(HostFacts.threadCPUNanoseconds - startCPUNanoseconds) / 1e9,
            sampleCount: batch.sampleCount - startSampleCount)
    }
}
