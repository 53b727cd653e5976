public import ApusModel
internal import ApusPlatform

/// Measures this process under the names that Prometheus's client libraries give.
///
/// `process_network_*` are, as in client_golang, what the process's network namespace carried, from its IP layer.
public struct ProcessCollector: Sendable {
    private let root: String
    private let statFile: ProcFile
    private let networkFile: ProcFile
    private let report: @Sendable (CollectorEvent) -> Void
    private var isFailing = false
    private var buffer: [UInt8] = []
    private var bootTimeSeconds: UInt64?
    private var series = FixedSeries([
        Family("process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds."),
        Family("process_resident_memory_bytes", .gauge, "Resident memory size in bytes."),
        Family("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes."),
        Family("process_virtual_memory_max_bytes", .gauge, "Maximum amount of virtual memory available in bytes."),
        Family("process_open_fds", .gauge, "Number of open file descriptors."),
        Family("process_max_fds", .gauge, "Maximum number of open file descriptors."),
        Family("process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds."),
        Family("process_threads", .gauge, "Number of OS threads in the process."),
        Family("process_network_receive_bytes_total", .counter, "Number of bytes received by the process over the network."),
        Family("process_network_transmit_bytes_total", .counter, "Number of bytes sent by the process over the network."),
    ])

    /// Reads nothing yet.
    ///
    /// - Parameters:
    ///   - root: What stands before `/proc/self`; the limits are always this process's own.
    ///   - report: Told when the process's files begin to fail and when they work again.
    public init(root: String = "/", report: @escaping @Sendable (CollectorEvent) -> Void = { _ in }) {
        var prefix = root
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.root = prefix
        statFile = ProcFile(prefix + "/proc/self/stat")
        networkFile = ProcFile(prefix + "/proc/self/net/netstat")
        self.report = report
    }

    /// Adds one sample of every series; what cannot be read is left out.
    ///
    /// - Parameter time: Milliseconds since 1970 UTC.
    @discardableResult
    public mutating func collect(into batch: inout WriteBatch, at time: Int64) -> CollectionCost {
        let meter = CostMeter(batch)
        var problem: String?
        do { try appendStat(to: &batch, at: time) } catch {
            problem = (error as? CollectorError)?.reason ?? "\(error)"
        }
        let limits = HostFacts.limits
        series.append(3, Double(limits.addressSpaceBytes), to: &batch, at: time)
        series.append(5, Double(limits.openFiles), to: &batch, at: time)
        if let count = openDescriptorCount() { series.append(4, Double(count), to: &batch, at: time) }
        appendNetwork(to: &batch, at: time)
        if isFailing != (problem != nil) {
            isFailing = problem != nil
            report(CollectorEvent(collector: "process", problem: problem))
        }
        return meter.cost(batch)
    }

    private mutating func appendStat(to batch: inout WriteBatch, at time: Int64) throws {
        if bootTimeSeconds == nil { bootTimeSeconds = Self.bootTime(root) }
        try statFile.read(into: &buffer)
        guard let stat = ProcessStat(buffer.span) else { throw CollectorError("\(statFile.path) is malformed") }
        let perSecond = Double(HostFacts.clockTicksPerSecond)
        series.append(0, Double(stat.processorTicks) / perSecond, to: &batch, at: time)
        series.append(1, Double(stat.residentPageCount) * Double(HostFacts.pageByteCount), to: &batch, at: time)
        series.append(2, Double(stat.virtualByteCount), to: &batch, at: time)
        if let bootTimeSeconds {
            series.append(6, Double(bootTimeSeconds) + Double(stat.startTicks) / perSecond, to: &batch, at: time)
        }
        series.append(7, Double(stat.threadCount), to: &batch, at: time)
    }

    /// Since Linux 6.2 the size of the directory is the count, which saves making one directory entry per descriptor.
    private func openDescriptorCount() -> Int? {
        let folder = root + "/proc/self/fd"
        if let size = HostFacts.statSize(of: folder), size > 0, root.isEmpty { return size }
        // Without the descriptor that lists them.
        return HostFacts.nameCount(in: folder).map { root.isEmpty ? $0 - 1 : $0 }
    }

    /// Pairs of lines, names and then values, both headed by the protocol.
    private mutating func appendNetwork(to batch: inout WriteBatch, at time: Int64) {
        do { try networkFile.read(into: &buffer) } catch { return }
        let text = buffer
        let span = text.span
        var scanner = TextScanner(0..<span.count)
        while let names = scanner.line(span), let values = scanner.line(span) {
            guard hasPrefix(span, names, "IpExt:"), hasPrefix(span, values, "IpExt:") else { continue }
            var nameFields = TextScanner(names)
            var valueFields = TextScanner(values)
            while let name = nameFields.field(span), let value = valueFields.field(span) {
                let index = isText(span, name, "InOctets") ? 8 : isText(span, name, "OutOctets") ? 9 : nil
                if let index, let number = parseNumber(span, value) { series.append(index, Double(number), to: &batch, at: time) }
            }
        }
    }

    private static func bootTime(_ root: String) -> UInt64? {
        guard let line = textFile(root + "/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }) else {
            return nil
        }
        return UInt64(line.dropFirst(6))
    }
}
