/// What changes slowly and goes to viewers only when it did: the verdict, the file systems, idle devices.
struct Status: Equatable {
    var verdict = Verdict(isCollecting: true)
    var filesystems: [String: HostReading.Filesystem] = [:]
    var hiddenFilesystemCount = 0
    var idle: [FrameBuilder.DeviceClass: [String]] = [:]
    var cores = 0
    var memoryBytes = 0.0
    var swapTotalBytes = 0.0
    var swapUsedBytes = 0.0
    var selector = ""

    init(verdict: Verdict = Verdict(isCollecting: true)) { self.verdict = verdict }

    init(state: borrowing OverviewModel.State, host: HostFacts, now: Int64) {
        let reading = state.builder.latest
        verdict = VerdictRules(
            ring: state.ring, reading: reading, figures: state.figures, killedAt: state.builder.lastKillAt,
            now: now, intervalMaxMilliseconds: host.intervalMaxMilliseconds,
            startedAt: host.startedAt
        ).verdict()
        filesystems = FilesystemList.shown(reading?.filesystems ?? [:])
        hiddenFilesystemCount = (reading?.filesystems.count ?? 0) - filesystems.count
        idle = state.builder.idle
        cores = reading?.cores ?? 0
        memoryBytes = reading?.plain["node_memory_MemTotal_bytes"] ?? 0
        swapTotalBytes = reading?.plain["node_memory_SwapTotal_bytes"] ?? 0
        swapUsedBytes = swapTotalBytes - (reading?.plain["node_memory_SwapFree_bytes"] ?? swapTotalBytes)
        selector = reading?.selector ?? ""
    }

    /// Coarse on purpose: room is told in steps of a thousandth, so that a log being written does not send it each second.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("level")
            writer.string(verdict.level.rawValue)
            writer.key("findings")
            writer.array(verdict.findings) { $0.finding($1) }
            writer.key("checked")
            writer.array(verdict.checked) { $0.string($1) }
            writer.key("collecting")
            writer.boolean(verdict.isCollecting)
            writer.key("filesystems")
            writer.array(filesystems.sorted { $0.key < $1.key }) { $0.filesystem($1.key, $1.value) }
            writer.key("hiddenFilesystems")
            writer.integer(Int64(hiddenFilesystemCount))
            writer.key("idle")
            writer.object { writer in
                for (kind, names) in idle.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                    writer.key(kind.rawValue)
                    writer.array(names.prefix(20)) { $0.string($1) }
                }
            }
            writer.key("cores")
            writer.integer(Int64(cores))
            writer.key("memory")
            writer.number(memoryBytes)
            writer.key("swapTotal")
            writer.number(swapTotalBytes)
            writer.key("swapUsed")
            writer.number((swapUsedBytes / 1_048_576).rounded() * 1_048_576)
            writer.key("selector")
            writer.string(selector)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func finding(_ finding: Finding) {
        object { writer in
            writer.key("level")
            writer.string(finding.level.rawValue)
            writer.key("text")
            writer.string(finding.text)
            writer.key("detail")
            writer.string(finding.detail)
            writer.key("since")
            if let since = finding.since { writer.integer(since) } else { writer.null() }
            writer.key("chart")
            writer.string(finding.chart)
            writer.key("threshold")
            writer.number(finding.threshold)
            writer.key("suspects")
            writer.array(finding.suspects) { $0.string($1) }
            writer.key("advice")
            writer.string(finding.advice)
        }
    }

    fileprivate mutating func filesystem(_ mount: String, _ filesystem: HostReading.Filesystem) {
        object { writer in
            let step = max(1, filesystem.size / 1000)
            writer.key("mount")
            writer.string(mount)
            writer.key("device")
            writer.string(filesystem.device)
            writer.key("type")
            writer.string(filesystem.type)
            writer.key("used")
            writer.number(((filesystem.size - filesystem.free) / step).rounded() * step)
            writer.key("available")
            writer.number(filesystem.available > step ? (filesystem.available / step).rounded() * step : filesystem.available)
        }
    }
}
