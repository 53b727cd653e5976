internal import ApusBytes
public import ApusPlatform
internal import Synchronization

/// A file system in memory that fails where it is told to, and forgets at a crash what a real one may forget.
///
/// Every change has a number, from 1. A plan names the change at which the machine stops (a write is then torn in the middle;
/// every later call fails) or single changes that fail. `restarted` gives the disk of the next start: after the end of the
/// process with all that was changed, after a power cut with what was synced and a random part of the rest: each file's
/// unsynced writes and each unsynced name may be there or not, whole or torn, in any combination.
public final class FaultyDisk: Disk {
    /// What went, when the machine stopped.
    public enum Loss: Sendable, CaseIterable {
        /// The process: nothing that a call changed is lost.
        case process
        /// The power: only what was synced is sure.
        case power
    }

    let state = Mutex(FaultyDiskState())

    public init() {}

    /// Changes so far; for a plan over all of a workload.
    public var changeCount: Int { state.withLock { $0.changeCount } }

    /// Stops the machine at a change, counted from the beginning; nil takes the plan back.
    public func stop(at change: Int?) { state.withLock { $0.stopAt = change } }

    /// Whether the machine has stopped.
    public var hasStopped: Bool { state.withLock { $0.hasStopped } }

    /// Makes writes (and the making of files) fail for lack of space from a change on, after some of the bytes.
    public func runOutOfSpace(at change: Int?) { state.withLock { $0.noSpaceFrom = change } }

    /// Makes the syncs of files with this in their path fail; nil: none.
    public func failSyncs(ofPathsWith text: String?) { state.withLock { $0.failingSync = text } }

    /// Mapping any file whose path contains this fails, as when a process has too many mappings; nil: none.
    public func failMaps(ofPathsWith text: String?) { state.withLock { $0.failingMap = text } }

    /// Bytes that `freeByteCount` gives.
    public func setFreeByteCount(_ count: Int) { state.withLock { $0.freeByteCount = count } }

    /// Stops the machine now, if it has not, and gives the disk as it is after the next start, without any plan.
    public func restarted(losing loss: Loss, seed: UInt64) -> FaultyDisk {
        let left = state.withLock { state in
            state.hasStopped = true
            var left = state
            if loss == .power { left.losePower(seed: seed) }
            left.restart()
            return left
        }
        let disk = FaultyDisk()
        disk.state.withLock { $0 = left }
        return disk
    }

    /// The same in place, for when nobody is left who could go on using this disk as before.
    public func restart(losing loss: Loss, seed: UInt64) {
        let left = restarted(losing: loss, seed: seed).state.withLock { $0 }
        state.withLock { $0 = left }
    }

    /// Every file with its bytes, by path.
    public var files: [String: [UInt8]] {
        state.withLock { state in
            state.entries.compactMapValues { $0.file.map { state.nodes[$0]?.bytes ?? [] } }
        }
    }

    /// Replaces a file's bytes, as a fault of the medium would.
    public func damage(_ path: String, _ change: (inout [UInt8]) -> Void) {
        state.withLock { state in
            guard let node = state.entries[path]?.file else { return }
            change(&state.nodes[node, default: FaultyDiskState.Node()].bytes)
            state.nodes[node]?.syncAll()
        }
    }

    public func createDirectory(_ path: String) throws(DiskError) {
        try change("create directory", path) { (state) throws(DiskError) in try state.createDirectory(path) }
    }

    public func list(_ directory: String) throws(DiskError) -> [String] {
        try look("list", directory) { (state) throws(DiskError) in
            guard state.isDirectory(directory) else {
                throw DiskError(.notFound, "list", directory, "no such directory")
            }
            return state.entries.keys.filter { FaultyDiskState.parent(of: $0) == directory }
                .map { String($0.dropFirst(directory.count + 1)) }.sorted()
        }
    }

    public func exists(_ path: String) -> Bool { state.withLock { $0.entries[path] != nil } }

    public func byteCount(of path: String) throws(DiskError) -> Int {
        try look("stat", path) { (state) throws(DiskError) in try state.node(at: path).bytes.count }
    }

    public func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        if mode != .createNew {
            return try look("open", path) { (state) throws(DiskError) in
                _ = try state.node(at: path)
                return FaultyFile(disk: self, path: path, node: state.entries[path]?.file ?? 0)
            }
        }
        return try change("open", path) { (state) throws(DiskError) in
            if state.isOutOfSpace { throw DiskError(.noSpace, "open", path, "no space left on device") }
            let node = try state.createFile(path)
            return FaultyFile(disk: self, path: path, node: node)
        }
    }

    public func map(_ path: String) throws(DiskError) -> MappedBytes {
        try look("map", path) { (state) throws(DiskError) in
            if let text = state.failingMap, path.contains(text) { throw DiskError(.io, "map", path, "cannot allocate memory") }
            return MappedBytes(try state.node(at: path).bytes)
        }
    }

    public func rename(_ path: String, to target: String) throws(DiskError) {
        try change("rename", path) { (state) throws(DiskError) in
            guard state.entries[path] != nil else { throw DiskError(.notFound, "rename", path, "no such file") }
            state.apply(.rename(path, target))
        }
    }

    public func link(_ path: String, to target: String) throws(DiskError) {
        try change("link", path) { (state) throws(DiskError) in
            _ = try state.node(at: path)
            guard state.entries[target] == nil else { throw DiskError(.exists, "link", target, "file exists") }
            state.apply(.link(path, target))
        }
    }

    public func remove(_ path: String) throws(DiskError) {
        try change("remove", path) { (state) throws(DiskError) in
            _ = try state.node(at: path)
            state.apply(.remove(path))
        }
    }

    public func removeTree(_ path: String) throws(DiskError) {
        // One change for each name, the deepest first, as a real disk has it.
        let names = state.withLock { state in
            state.entries.keys.filter { $0 == path || $0.hasPrefix(path + "/") }.sorted().reversed()
        }
        for name in names { try change("remove", name) { (state) throws(DiskError) in state.apply(.remove(name)) } }
    }

    public func syncDirectory(_ path: String) throws(DiskError) {
        try change("sync", path) { (state) throws(DiskError) in
            guard state.isDirectory(path) else { throw DiskError(.notFound, "sync", path, "no such directory") }
            state.syncNames(in: path)
        }
    }

    public func freeByteCount(_ path: String) throws(DiskError) -> Int { state.withLock { $0.freeByteCount } }

    public func lock(_ path: String) throws(DiskError) -> any DiskLock {
        try look("lock", path) { (state) throws(DiskError) in
            if state.locks[path] != nil { throw DiskError(.locked, "lock", path, "another process holds it") }
            let lock = FaultyLock(disk: self, path: path, number: state.nextNode())
            state.locks[path] = lock.number
            return lock
        }
    }

    func release(_ path: String, _ number: Int) {
        state.withLock { if $0.locks[path] == number { $0.locks[path] = nil } }
    }

    func look<T>(
        _ operation: String, _ path: String, _ body: (inout FaultyDiskState) throws(DiskError) -> sending T
    ) throws(DiskError) -> T {
        try state.withLock { (state) throws(DiskError) in
            if state.hasStopped { throw DiskError(.io, operation, path, "the machine has stopped") }
            return try body(&state)
        }
    }

    func change<T>(
        _ operation: String, _ path: String, _ body: (inout FaultyDiskState) throws(DiskError) -> sending T
    ) throws(DiskError) -> T {
        try look(operation, path) { (state) throws(DiskError) in
            state.changeCount += 1
            if state.changeCount == state.stopAt {
                state.hasStopped = true
                throw DiskError(.io, operation, path, "the machine has stopped")
            }
            return try body(&state)
        }
    }
}

private final class FaultyLock: DiskLock {
    let disk: FaultyDisk
    let path: String
    let number: Int

    init(disk: FaultyDisk, path: String, number: Int) {
        self.disk = disk
        self.path = path
        self.number = number
    }

    deinit { release() }

    func release() { disk.release(path, number) }
}

private final class FaultyFile: DiskFile {
    private let disk: FaultyDisk
    private let path: String
    private let node: Int
    private let isClosed = Atomic<Bool>(false)

    init(disk: FaultyDisk, path: String, node: Int) {
        self.disk = disk
        self.path = path
        self.node = node
    }

    func write(_ bytes: borrowing Span<UInt8>, at offset: Int) throws(DiskError) {
        var all: [UInt8] = []
        append(bytes, 0..<bytes.count, to: &all)
        let written = all
        try disk.look("write", path) { (state) throws(DiskError) in
            try check()
            state.changeCount += 1
            let stops = state.changeCount == state.stopAt
            guard stops || state.isOutOfSpace else {
                state.nodes[node]?.apply(.write(offset, written))
                return
            }
            // A part of the bytes, different at each change.
            let part = written.count == 0 ? 0 : (state.changeCount &* 7919) % written.count
            state.nodes[node]?.apply(.write(offset, Array(written.prefix(part))))
            if stops { state.hasStopped = true }
            throw DiskError(stops ? .io : .noSpace, "write", path, stops ? "the machine has stopped" : "no space left on device")
        }
    }

    func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
        try disk.look("read", path) { (state) throws(DiskError) in
            try check()
            let bytes = state.nodes[node]?.bytes ?? []
            guard offset < bytes.count else { return [] }
            return Array(bytes[offset..<min(bytes.count, offset + count)])
        }
    }

    func truncate(to byteCount: Int) throws(DiskError) {
        try disk.change("truncate", path) { (state) throws(DiskError) in
            try check()
            state.nodes[node]?.apply(.truncate(byteCount))
        }
    }

    func sync() throws(DiskError) {
        try disk.change("sync", path) { (state) throws(DiskError) in
            try check()
            if let text = state.failingSync, path.contains(text) { throw DiskError(.io, "sync", path, "input/output error") }
            state.nodes[node]?.syncAll()
        }
    }

    func byteCount() throws(DiskError) -> Int {
        try disk.look("stat", path) { (state) throws(DiskError) in
            try check()
            return state.nodes[node]?.bytes.count ?? 0
        }
    }

    func close() { isClosed.store(true, ordering: .relaxed) }

    private func check() throws(DiskError) {
        if isClosed.load(ordering: .relaxed) {
            throw DiskError(.closed, "use", path, "the file is closed")
        }
    }
}
