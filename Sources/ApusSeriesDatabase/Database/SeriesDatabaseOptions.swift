public import ApusModel
public import ApusPlatform

extension SeriesDatabase {
    /// When a write counts as stored.
    public enum SyncPolicy: Sendable, Equatable {
        /// When it is in the log; the log is synced this often. The end of the process loses nothing, a power cut up to
        /// this much.
        case interval(Duration)
        /// When the log is synced; concurrent writes share a sync. A power cut loses nothing.
        case everyWrite
    }

    /// How a database behaves. What is bounded here has its effect stated beside it.
    public struct Options: Sendable {
        /// Made when missing. One process at a time can hold it.
        public var directory: String
        public var disk: any Disk = PosixDisk()
        public var clock: any WallClock = SystemClock()
        /// Samples older than this are refused, and blocks with nothing younger removed; nil keeps all.
        public var retentionTime: Duration? = .seconds(30 * 86_400)
        /// Bytes of blocks and logs beyond which the oldest blocks are removed; nil keeps all.
        public var retentionByteCount: Int? = 10 << 30
        public var syncPolicy = SyncPolicy.interval(.milliseconds(100))
        /// Series of one head (those with samples since the last cut, two hours at most); samples of others are refused.
        public var seriesMax = 10_000_000
        /// A head with more samples or more bytes of them is cut, and one with twice as many takes no writes. This bounds
        /// memory and the time of a recovery (some 15 million samples a second on one core).
        public var headSampleCountMax = 16_000_000
        public var headByteCountMax = 512 << 20
        /// Bytes that wait in memory for a disk that takes no writes; beyond that batches are refused.
        public var logBacklogByteCountMax = 64 << 20
        /// Heads are cut when the clock passes a multiple of this, which is also the smallest window of a block.
        public var headSpan = Duration.seconds(7200)
        /// Samples further ahead of the clock are refused, so that one wrong clock does not bend the windows of blocks.
        public var futureMax = Duration.seconds(86_400)
        public var labelLimits = LabelLimits()
        /// Metric families whose type and help are remembered; later ones are not, nor texts longer than a label's value may be.
        public var metadataMax = 50_000
        /// Called from several threads, for logs and tests; must not call the database.
        public var events: @Sendable (DatabaseEvent) -> Void = { _ in }

        public init(directory: String) { self.directory = directory }
    }
}

extension Duration {
    /// Whole milliseconds; at the ends of the range what fits.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow || abs(whole) > 1 << 52 { return seconds < 0 ? -(1 << 52) : 1 << 52 }
        return whole + attoseconds / 1_000_000_000_000_000
    }
}

/// What happened inside the database that an operator may want to know.
public enum DatabaseEvent: Sendable {
    /// A head was read back from its log.
    case recovered(generation: UInt64, seriesCount: Int, sampleCount: Int, duration: Duration)
    /// The last record of a log was not whole, as after a crash; that many bytes were cut off.
    case logCut(generation: UInt64, byteCount: Int)
    /// A log is damaged in the middle: the samples from there on, that many bytes, are lost. A copy of the file was kept.
    case logDamaged(generation: UInt64, byteCount: Int, copy: String)
    /// A block is damaged and was set aside.
    case blockDamaged(name: String, movedTo: String, reason: String)
    case flushed(generation: UInt64, blockCount: Int, sampleCount: Int, duration: Duration)
    case compacted(blockCount: Int, into: String?, duration: Duration)
    /// Blocks went because of their age or the bytes of all.
    case retired(blocks: [String])
    /// A compaction was put off: the disk has too little room for its result.
    case compactionPostponed(freeByteCount: Int, neededByteCount: Int)
    /// Background work failed; it will be tried again.
    case failed(work: String, error: StorageError)

    /// A sentence for a log.
    public var message: String {
        switch self {
        case .recovered(let generation, let series, let samples, let duration):
            "recovered head \(generation): \(series) series, \(samples) samples in \(duration)"
        case .logCut(let generation, let count):
            "the log of head \(generation) ended in an incomplete record, as after a crash; cut \(count) bytes"
        case .logDamaged(let generation, let count, let copy):
            "the log of head \(generation) is damaged: its last \(count) bytes cannot be used; kept a copy in \(copy)"
        case .blockDamaged(let name, let target, let reason):
            "block \(name) cannot be read (\(reason)); moved to \(target)"
        case .flushed(let generation, let blocks, let samples, let duration):
            "wrote head \(generation) to \(blocks) blocks: \(samples) samples in \(duration)"
        case .compacted(let count, let result, let duration):
            "merged \(count) blocks into \(result ?? "nothing (all deleted)") in \(duration)"
        case .retired(let blocks): "removed blocks past the retention: \(blocks.joined(separator: ", "))"
        case .compactionPostponed(let free, let needed):
            "compaction waits: it needs \(needed) bytes and \(free) are free"
        case .failed(let work, let error): "\(work) failed and will be tried again: \(error)"
        }
    }
}
