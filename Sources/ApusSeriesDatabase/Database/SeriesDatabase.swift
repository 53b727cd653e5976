internal import ApusModel
internal import ApusPlatform
public import ApusSelection
internal import Synchronization

/// Keeps the samples of many series in a directory: new ones in a head in memory with a log behind it, older ones in
/// immutable blocks. One process at a time.
///
/// A head is cut from time to time: it is frozen, a new one takes over, and its samples go to blocks. Blocks are merged into
/// larger ones and removed when they are past the retention. At every instant each sample stands in a log or in a block that the
/// manifest names, so a process may die anywhere.
///
/// Among samples of one series at one time, the one written last counts.
public final class SeriesDatabase: SeriesSource, Sendable {
    let options: Options
    let disk: any Disk
    private let lock: any DiskLock
    private let current: Mutex<Structure>
    /// Held while the structure changes, with the disk operations of that change; never while samples are read or written.
    private let changing = Mutex<Void>(())
    private let closed = Atomic<Bool>(false)
    let nextBlockNumber: Atomic<UInt64>
    let counters = Mutex<SeriesDatabaseStatistics>(SeriesDatabaseStatistics())
    /// Names of blocks whose content turned out to be damaged when they were to be merged.
    let damagedBlocks = Mutex<Set<String>>([])
    let metadataTable = Mutex<[String: MetricMetadata]>([:])
    /// Cuts, flushes, deletions, snapshots; merges; syncs: each kind after its own, none behind another.
    let changes = WorkQueue("apus.database.changes")
    let merges = WorkQueue("apus.database.merges")
    let syncs = WorkQueue("apus.database.syncs")

    init(options: Options, lock: any DiskLock, structure: Structure, nextBlockNumber: UInt64) {
        self.options = options
        disk = options.disk
        self.lock = lock
        current = Mutex(structure)
        self.nextBlockNumber = Atomic(nextBlockNumber)
    }

    var blocksDirectory: String { options.directory + "/blocks" }
    var logDirectory: String { options.directory + "/wal" }

    /// What the database consists of now.
    var structure: Structure { current.withLock { $0 } }

    /// The head that takes appends.
    var head: Head { current.withLock { $0.head } }

    var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// Changes what the database consists of: first on disk, by a new manifest, then for readers.
    ///
    /// - Parameters:
    ///   - body: Makes the change on a copy; when it throws, nothing has changed.
    ///   - cleanUp: Removes files that the new manifest does not name. Runs only when that manifest is durable.
    func change<T>(
        _ body: (inout Structure) throws(StorageError) -> T, cleanUp: (T) -> Void = { _ in }
    ) throws(StorageError) -> T {
        try changing.withLock { (_) throws(StorageError) in
            if isClosed { throw StorageError(.closed, "the database is closed") }
            var next = structure
            let before = next.manifest
            let result = try body(&next)
            next.pruneTombstones()
            let manifest = next.manifest
            let doubt = manifest == before ? nil : try manifest.write(disk: disk, directory: options.directory)
            let changed = next
            current.withLock { $0 = changed }
            if let doubt { throw doubt }
            cleanUp(result)
            return result
        }
    }

    func emit(_ event: DatabaseEvent) { options.events(event) }

    func count(_ body: (inout SeriesDatabaseStatistics) -> Void) { counters.withLock { body(&$0) } }

    /// A name no block had before.
    func newBlockName() -> String {
        LogFile.name(of: nextBlockNumber.add(1, ordering: .relaxed).oldValue)
    }

    /// Writes and syncs the logs, then gives the directory back. The head stays in its log, so this is quick.
    ///
    /// Closing twice is no error. Calls that are under way may fail with `.closed`; selections made before stay readable.
    public func close() async throws(StorageError) {
        if closed.exchange(true, ordering: .acquiringAndReleasing) { return }
        // A merge under way ends at the next series, now that the database is closed.
        try await merges.run {}
        try await syncs.run {}
        let error: StorageError? = try await changes.run { [self] () throws(StorageError) in
            let structure = changing.withLock { _ in self.structure }
            var failure: StorageError?
            for head in structure.frozen + [structure.head] {
                do throws(StorageError) {
                    try head.write()
                    try head.log.sync()
                } catch {
                    failure = error
                }
                head.log.close()
            }
            lock.release()
            return failure
        }
        if let error { throw error }
    }
}
