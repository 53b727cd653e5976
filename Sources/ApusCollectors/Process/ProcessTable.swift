internal import ApusBytes
internal import ApusPlatform

/// A process as the table shows it.
public struct ProcessUsage: Sendable, Equatable {
    public var pid: Int32
    /// The kernel's short name of at most 15 bytes.
    public var command: String
    /// Processors' worth of time since the previous scan: 1 is one processor all the time, and more than 1 is possible.
    public var cpuRatio: Double
    public var residentBytes: Double

    public init(pid: Int32, command: String, cpuRatio: Double, residentBytes: Double) {
        self.pid = pid
        self.command = command
        self.cpuRatio = cpuRatio
        self.residentBytes = residentBytes
    }
}

/// Who uses the processors: reads `/proc/<pid>/stat` of all processes, when asked.
///
/// A scan costs some 8 µs a process, so it is for moments when somebody looks or something is wrong.
public struct ProcessTable: Sendable {
    private struct Known: Sendable {
        var ticks: UInt64
        var startTicks: UInt64
    }

    private let folder: String
    private var known: [Int32: Known] = [:]
    private var lastScanNanoseconds: Int64?
    private var buffer: [UInt8] = []
    private var pids: [Int32] = []

    public init(root: String = "/") {
        var prefix = root
        while prefix.hasSuffix("/") { prefix.removeLast() }
        folder = prefix + "/proc"
    }

    /// The processes that used most CPU time since the previous scan, most first, of equal ones the largest in memory first. The
    /// first scan has nothing to compare with: its ratios are over each process's life.
    ///
    /// - Parameters:
    ///   - count: At most this many.
    ///   - nowNanoseconds: Of a clock that never goes back and counts from boot; the system's when nil.
    /// - Returns: Empty when `/proc` cannot be read. Processes that end while it reads are left out.
    public mutating func top(_ count: Int, nowNanoseconds: Int64? = nil) -> [ProcessUsage] {
        let nowNanoseconds = nowNanoseconds ?? HostFacts.bootNanoseconds
        guard HostFacts.numericNames(in: folder, into: &pids) else { return [] }
        let perSecond = Double(HostFacts.clockTicksPerSecond)
        let elapsed = lastScanNanoseconds.map { Double(nowNanoseconds &- $0) / 1e9 }
        var scanned: [Int32: Known] = Dictionary(minimumCapacity: pids.count)
        var best: [(usage: ProcessUsage, name: [UInt8])] = []
        for pid in pids {
            do { try ProcFile.readOnce("\(folder)/\(pid)/stat", into: &buffer, byteCountMax: 64 << 10) } catch { continue }
            let text = buffer
            let span = text.span
            guard let stat = ProcessStat(span) else { continue }
            scanned[pid] = Known(ticks: stat.processorTicks, startTicks: stat.startTicks)
            let previous = known[pid].flatMap { $0.startTicks == stat.startTicks ? $0.ticks : nil } ?? 0
            let age = Double(nowNanoseconds) / 1e9 - Double(stat.startTicks) / perSecond
            // One tick is the least that the kernel tells apart.
            let window = max(min(elapsed ?? age, max(age, 0)), 1 / perSecond)
            let used = stat.processorTicks > previous ? Double(stat.processorTicks - previous) / perSecond : 0
            let usage = ProcessUsage(
                pid: pid, command: "", cpuRatio: used / window,
                residentBytes: Double(stat.residentPageCount) * Double(HostFacts.pageByteCount))
            Self.insert(usage, copy(span, stat.command), into: &best, count)
        }
        known = scanned
        lastScanNanoseconds = nowNanoseconds
        return best.map { entry in
            var usage = entry.usage
            usage.command = String(decoding: entry.name, as: UTF8.self)
            return usage
        }
    }

    private static func insert(
        _ usage: ProcessUsage, _ name: @autoclosure () -> [UInt8], into best: inout [(usage: ProcessUsage, name: [UInt8])],
        _ count: Int
    ) {
        func isBefore(_ a: ProcessUsage, _ b: ProcessUsage) -> Bool {
            a.cpuRatio != b.cpuRatio ? a.cpuRatio > b.cpuRatio : a.residentBytes > b.residentBytes
        }
        guard count > 0 else { return }
        if best.count == count, let last = best.last, !isBefore(usage, last.usage) { return }
        let at = best.firstIndex { isBefore(usage, $0.usage) } ?? best.count
        best.insert((usage, name()), at: at)
        if best.count > count { best.removeLast() }
    }
}
