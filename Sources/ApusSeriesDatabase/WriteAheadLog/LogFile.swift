internal import ApusBytes
internal import ApusPlatform
internal import Synchronization

/// The write-ahead log of one head: a file that only grows. A header, then records; `docs/formats/write-ahead-log.md`.
///
/// Bytes come in order through `write`. When a write fails they are kept and written first the next time, over what may
/// have reached the file of them, so that the file never has a hole and nothing that was applied is missing from it.
final class LogFile: Sendable {
    static let magic: [UInt8] = Array("APUSWAL1".utf8)
    static let headerByteCount = 16

    let path: String
    let generation: UInt64
    private let file: any DiskFile

    private struct State {
        /// Bytes of the file that are written for sure.
        var end: Int
        /// What an earlier write did not get down.
        var kept: [UInt8] = []
        /// An empty buffer with capacity, to be swapped in.
        var spare: [UInt8] = []
    }
    private let state: Mutex<State>
    /// Bytes of records handed to the system, and those known to survive a power cut.
    private let written: Atomic<Int>
    private let synced: Atomic<Int>
    private let hasFailed = Atomic<Bool>(false)

    /// - Parameter end: Bytes of the file that count; the next record goes there.
    init(path: String, generation: UInt64, file: any DiskFile, end: Int, synced: Int) {
        self.path = path
        self.generation = generation
        self.file = file
        state = Mutex(State(end: end))
        written = Atomic(end)
        self.synced = Atomic(synced)
    }

    /// A new file with its header, durable with its name.
    static func create(disk: any Disk, directory: String, generation: UInt64) throws(DiskError) -> LogFile {
        let path = directory + "/" + name(of: generation)
        // A leftover of that name was never in use: its generation is made only once.
        if disk.exists(path) { try disk.remove(path) }
        let file = try disk.open(path, .createNew)
        var header = magic
        header.appendFixed64(generation)
        do throws(DiskError) {
            try file.write(header.span, at: 0)
            try file.sync()
            try disk.syncDirectory(directory)
        } catch {
            file.close()
            // What cannot be removed either is removed by the next attempt.
            try? disk.remove(path)
            throw error
        }
        return LogFile(
            path: path, generation: generation, file: file, end: headerByteCount, synced: headerByteCount)
    }

    /// `00000000000000000012`: sorts by generation.
    static func name(of generation: UInt64) -> String {
        let digits = String(generation)
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits
    }

    static func generation(of name: String) -> UInt64? {
        name.utf8.count == 20 && name.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? UInt64(name) : nil
    }

    /// Bytes of the file that are written.
    var writtenEnd: Int { written.load(ordering: .acquiring) }
    var syncedEnd: Int { synced.load(ordering: .acquiring) }
    /// False after a failed sync, for good: a later one may succeed although the bytes are lost.
    var isTrusted: Bool { !hasFailed.load(ordering: .acquiring) }

    /// Sees to it that the file's first `position` bytes are written, with one system call for all that is waiting.
    ///
    /// - Parameter take: Swaps the bytes that came since the last call against an empty buffer.
    func write(through position: Int, take: (inout [UInt8]) -> Void) throws(StorageError) {
        if writtenEnd >= position { return }
        try state.withLock { (state) throws(StorageError) in
            if writtenEnd >= position { return }
            var bytes = state.spare
            state.spare = []
            take(&bytes)
            if !state.kept.isEmpty {
                state.kept.append(contentsOf: bytes)
                swap(&state.kept, &bytes)
                state.kept = []
            }
            do throws(DiskError) {
                try file.write(bytes.span, at: state.end)
            } catch {
                state.kept = bytes
                throw StorageError(error)
            }
            state.end += bytes.count
            written.store(state.end, ordering: .releasing)
            // A burst's capacity is not kept for good.
            if bytes.capacity <= 4 << 20 {
                bytes.removeAll(keepingCapacity: true)
                state.spare = bytes
            }
        }
    }

    /// Makes what is written so far durable.
    ///
    /// - Throws: When the system reports a fault. Nobody can say then what of the file survives; the caller moves the
    ///   head's content to other files.
    func sync() throws(StorageError) {
        let end = writtenEnd
        if syncedEnd >= end { return }
        guard isTrusted else { throw StorageError(.io, "\(path): an earlier sync failed") }
        do throws(DiskError) {
            try file.sync()
        } catch {
            hasFailed.store(true, ordering: .releasing)
            throw StorageError(error)
        }
        // Two calls may overlap; the mark only moves up.
        var known = syncedEnd
        while known < end {
            let (done, now) = synced.compareExchange(expected: known, desired: end, ordering: .acquiringAndReleasing)
            if done { return }
            known = now
        }
    }

    /// Waits for a write under way: the number of a closed descriptor may be another file's at once.
    func close() { state.withLock { _ in file.close() } }
}
