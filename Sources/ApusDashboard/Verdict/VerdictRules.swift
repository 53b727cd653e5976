/// The rules behind the verdict: a pure function of the frames, the newest reading and the program's own figures.
///
/// A condition on a line counts when it held for ten seconds; its beginning is looked for in the frames, with dips of
/// up to ten seconds bridged.
struct VerdictRules {
    var ring: FrameRing
    var reading: HostReading?
    var figures: OwnFigures
    /// When the kernel last killed a process for want of memory.
    var killedAt: Int64?
    var now: Int64
    var intervalMaxMilliseconds: Int64
    var startedAt: Int64

    func verdict() -> Verdict {
        var verdict = Verdict()
        let saturated = cpu()
        verdict.findings = (stale() + saturated + memory() + disks() + pressure(isSaturated: !saturated.isEmpty) + killed() + own())
            .enumerated().sorted { ($0.element.level, -$0.offset) > ($1.element.level, -$1.offset) }.map(\.element)
        verdict.isCollecting = ring.frames.count < 2
        verdict.checked = checked()
        return verdict
    }

    private func stale() -> [Finding] {
        if ring.frames.isEmpty && now - startedAt > 5000 {
            return [
                Finding(
                    level: .warn, text: "Nothing measured yet", detail: "the host's collector has sent nothing", since: nil,
                    chart: "cpu", advice: "Is it switched off? In the configuration: collectors: { enabled: true }")
            ]
        }
        guard let last = ring.lastTime, now - last > 3 * intervalMaxMilliseconds else { return [] }
        return [
            Finding(
                level: .bad, text: "No measurements", detail: "the last one is \(Verdict.span(now - last)) old", since: last,
                chart: "cpu", advice: "The collector stands still: see the program's log, and whether the host clock was set.")
        ]
    }

    private func cpu() -> [Finding] {
        let modes = indices(["cpu.user", "cpu.system", "cpu.iowait", "cpu.irq", "cpu.steal"])
        guard let iowait = ring.layout.index["cpu.iowait"] else { return [] }
        // A processor that waits for disks is free for others: it is not saturated.
        func busy(_ frame: FrameRing.Frame) -> Double { modes.reduce(-frame.values[iowait]) { $0 + frame.values[$1] } }
        guard let run = run(enter: 90, stay: 85, busy) else { return [] }
        let cores = Double(reading?.cores ?? 1)
        let suspects = figures.topByCPU.prefix(3).filter { $0.cpuCores >= 0.05 * cores }
            .map { "\($0.shortCommand) \($0.pid), \(percent($0.cpuCores * 100))" }
        return [
            Finding(
                level: now - run.since >= 60_000 ? .bad : .warn, text: "CPU saturated", detail: "\(percent(run.mean)) busy",
                since: run.since, chart: "cpu", threshold: 90, suspects: Array(suspects))
        ]
    }

    private func memory() -> [Finding] {
        guard let total = reading?.plain["node_memory_MemTotal_bytes"], total > 0, let used = ring.layout.index["mem.used"],
            let run = run(enter: 0.9 * total, stay: 0.88 * total, { $0.values[used] })
        else { return [] }
        let available = total - run.mean
        let suspects = figures.topByMemory.prefix(3).map { "\($0.shortCommand) \($0.pid), \(bytes(Double($0.residentBytes)))" }
        return [
            Finding(
                level: available < 0.05 * total ? .bad : .warn, text: "Memory short",
                detail: "\(bytes(available)) of \(bytes(total)) available", since: run.since, chart: "memory",
                threshold: 0.9 * total, suspects: Array(suspects))
        ]
    }

    private func disks() -> [Finding] {
        var findings: [Finding] = []
        for (mount, filesystem) in FilesystemList.shown(reading?.filesystems ?? [:]).sorted(by: { $0.key < $1.key }) {
            let usable = filesystem.size - filesystem.free + filesystem.available
            guard usable > 0 else { continue }
            let left = filesystem.available / usable
            guard left < 0.1 else { continue }
            let room = "\(bytes(filesystem.available)) of \(bytes(usable)) left on \(mount)"
            findings.append(
                Finding(
                    level: left < 0.05 ? .bad : .warn, text: filesystem.available <= 0 ? "Disk full" : "Disk nearly full",
                    detail: room, since: nil, chart: "filesystems", suspects: []))
        }
        return findings
    }

    /// - Parameter isSaturated: Then waiting for the CPU goes without saying.
    private func pressure(isSaturated: Bool) -> [Finding] {
        var findings: [Finding] = []
        let kinds: [(channel: String, words: String, warn: Double, bad: Double)] = [
            ("psi.memory", "Tasks wait for memory", 10, 30), ("psi.io", "Tasks wait for disks", 30, 60),
            ("psi.cpu", "Tasks wait for CPU", 50, 80),
        ]
        for kind in kinds where !(isSaturated && kind.channel == "psi.cpu") {
            guard let index = ring.layout.index[kind.channel],
                let run = run(enter: kind.warn, stay: kind.warn * 0.8, { $0.values[index] })
            else { continue }
            findings.append(
                Finding(
                    level: run.mean >= kind.bad ? .bad : .warn, text: kind.words, detail: "\(percent(run.mean)) of the time",
                    since: run.since, chart: "pressure", threshold: kind.warn))
        }
        return findings
    }

    private func killed() -> [Finding] {
        guard let killedAt, now - killedAt < FrameRing.spanMilliseconds else { return [] }
        return [
            Finding(
                level: .bad, text: "The kernel killed a process for want of memory",
                detail: "\(Verdict.span(now - killedAt)) ago", since: nil, chart: "memory", advice: "dmesg | grep -i 'killed process'")
        ]
    }

    private func own() -> [Finding] {
        figures.recentErrors.prefix(3).map {
            Finding(level: .warn, text: "Apus has a problem", detail: $0, since: nil, chart: "ingest")
        }
    }

    /// Without values: it goes to viewers only when it changes.
    private func checked() -> [String] {
        var result: [String] = []
        if ring.layout.index["cpu.user"] != nil { result.append("CPU") }
        if ring.layout.index["mem.used"] != nil { result.append("memory") }
        if ring.layout.index["psi.cpu"] != nil { result.append("pressure") }
        let filesystems = FilesystemList.shown(reading?.filesystems ?? [:]).count
        if filesystems > 0 { result.append(filesystems == 1 ? "one file system" : "\(filesystems) file systems") }
        return result
    }

    private func indices(_ channels: [String]) -> [Int] { channels.compactMap { ring.layout.index[$0] } }

    /// The time for which a line has been above a level up to now.
    ///
    /// - Returns: Nil when it is not, or for less than ten seconds; `mean` is over the last ten seconds.
    private func run(enter: Double, stay: Double, _ value: (FrameRing.Frame) -> Double) -> (since: Int64, mean: Double)? {
        guard let newest = ring.lastTime else { return nil }
        let recent = ring.frames.reversed().prefix { newest - $0.time <= 10_000 }.map(value).filter(\.isFinite)
        guard !recent.isEmpty else { return nil }
        let mean = recent.reduce(0, +) / Double(recent.count)
        guard mean >= enter else { return nil }
        var since = newest
        for frame in ring.frames.reversed() {
            let now = value(frame)
            if now.isFinite && now >= stay {
                if since - frame.time > 30_000 { break }
                since = frame.time
            } else if since - frame.time > 10_000 {
                break
            }
        }
        return newest - since >= 10_000 ? (since, mean) : nil
    }

    private func percent(_ value: Double) -> String { "\(Int(min(100_000, max(0, value)).rounded())) %" }

    private func bytes(_ value: Double) -> String { ByteText.short(value) }
}

extension ProcessUse {
    /// The command's first word without its folder.
    var shortCommand: String {
        let word = command.prefix { $0 != " " }
        let name = word.split(separator: "/").last ?? word
        return String((name.isEmpty ? Substring(command) : name).prefix(60))
    }
}

/// Byte counts as people read them.
enum ByteText {
    /// "1.24 GiB": three significant digits, powers of 1024.
    static func short(_ value: Double) -> String {
        var size = max(0, value)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        while size >= 999.5 && unit < units.count - 1 {
            size /= 1024
            unit += 1
        }
        let digits = unit == 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2
        let scale = [1.0, 10, 100][digits]
        let whole = Int(min(size * scale, 1e15).rounded())
        if digits == 0 { return "\(whole) \(units[unit])" }
        let fraction = String(whole % Int(scale))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(whole / Int(scale)).\(zeros)\(fraction) \(units[unit])"
    }
}
