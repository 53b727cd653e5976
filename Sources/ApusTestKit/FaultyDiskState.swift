internal import ApusPlatform

/// What a `FaultyDisk` holds: as the process sees it, and as it is for sure on the medium.
struct FaultyDiskState {
    enum Entry: Equatable {
        case directory
        case file(Int)

        var file: Int? { if case .file(let node) = self { node } else { nil } }
    }

    /// A change of names that is not synced yet.
    enum NameChange {
        case create(String, Entry)
        case rename(String, String)
        case link(String, String)
        case remove(String)

        /// Paths whose directories have to be synced for it.
        var paths: [String] {
            switch self {
            case .create(let path, _), .remove(let path): [path]
            case .rename(let path, let target): [path, target]
            case .link(_, let target): [target]
            }
        }
    }

    /// A file's bytes, and the changes of them since the last sync.
    struct Node {
        enum Change {
            case write(Int, [UInt8])
            case truncate(Int)
        }
        var bytes: [UInt8] = []
        var synced: [UInt8] = []
        var changes: [Change] = []

        mutating func apply(_ change: Change) {
            Self.apply(change, to: &bytes)
            changes.append(change)
        }

        mutating func syncAll() {
            synced = bytes
            changes = []
        }

        static func apply(_ change: Change, to bytes: inout [UInt8]) {
            switch change {
            case .truncate(let count):
                if bytes.count > count { bytes.removeLast(bytes.count - count) }
                while bytes.count < count { bytes.append(0) }
            case .write(let offset, let new):
                if new.isEmpty { return }
                if bytes.count < offset + new.count {
                    bytes.append(contentsOf: repeatElement(0, count: offset + new.count - bytes.count))
                }
                bytes.replaceSubrange(offset..<offset + new.count, with: new)
            }
        }

        /// What a power cut leaves: of each unsynced change all, nothing or a torn part.
        mutating func losePower(_ generator: inout SeededGenerator) {
            var left = synced
            let fate = Int.random(in: 0..<4, using: &generator)
            for change in changes {
                switch fate {
                case 0: continue
                case 1: Self.apply(change, to: &left)
                default:
                    switch (Int.random(in: 0..<3, using: &generator), change) {
                    case (0, _): continue
                    case (1, .write(let offset, let new)):
                        let count = Int.random(in: 0...new.count, using: &generator)
                        Self.apply(.write(offset, Array(new.prefix(count))), to: &left)
                    default: Self.apply(change, to: &left)
                    }
                }
            }
            bytes = left
            syncAll()
        }
    }

    var changeCount = 0
    var stopAt: Int?
    var hasStopped = false
    var noSpaceFrom: Int?
    var failingSync: String?
    var failingMap: String?
    var freeByteCount = 1 << 40
    var locks: [String: Int] = [:]
    var nodes: [Int: Node] = [:]
    var entries: [String: Entry] = [:]
    private var syncedEntries: [String: Entry] = [:]
    private var nameChanges: [NameChange] = []
    private var lastNode = 0

    var isOutOfSpace: Bool { noSpaceFrom.map { changeCount >= $0 } ?? false }

    /// Directories that need no making.
    static func isRoot(_ path: String) -> Bool { path.isEmpty || path == "/" }

    func isDirectory(_ path: String) -> Bool { Self.isRoot(path) || entries[path] == .directory }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    mutating func nextNode() -> Int {
        lastNode += 1
        return lastNode
    }

    func node(at path: String) throws(DiskError) -> Node {
        guard let file = entries[path]?.file, let node = nodes[file] else {
            throw DiskError(.notFound, "open", path, "no such file")
        }
        return node
    }

    mutating func createDirectory(_ path: String) throws(DiskError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
            if entries[made] == nil { apply(.create(made, .directory)) }
            guard entries[made] == .directory else {
                throw DiskError(.exists, "create directory", path, "a file of that name is in the way")
            }
        }
    }

    mutating func createFile(_ path: String) throws(DiskError) -> Int {
        guard entries[path] == nil else { throw DiskError(.exists, "open", path, "file exists") }
        let parent = Self.parent(of: path)
        guard isDirectory(parent) else {
            throw DiskError(.notFound, "open", path, "no such directory")
        }
        let node = nextNode()
        nodes[node] = Node()
        apply(.create(path, .file(node)))
        return node
    }

    mutating func apply(_ change: NameChange) {
        Self.apply(change, to: &entries)
        nameChanges.append(change)
    }

    /// The names in a directory are durable now; it may be that their directory's own name is not.
    mutating func syncNames(in directory: String) {
        var rest: [NameChange] = []
        for change in nameChanges {
            if change.paths.contains(where: { Self.parent(of: $0) == directory }) {
                Self.apply(change, to: &syncedEntries)
            } else {
                rest.append(change)
            }
        }
        nameChanges = rest
    }

    mutating func losePower(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let fate = Int.random(in: 0..<4, using: &generator)
        for change in nameChanges {
            let survives =
                switch fate {
                case 0: false
                case 1: true
                default: Bool.random(using: &generator)
                }
            if survives { Self.apply(change, to: &syncedEntries) }
        }
        // A name in a directory that is not there itself is not there either.
        var known: [String: Entry] = [:]
        for path in syncedEntries.keys.sorted() {
            let parent = Self.parent(of: path)
            if Self.isRoot(parent) || known[parent] == .directory { known[path] = syncedEntries[path] }
        }
        entries = known
        for node in nodes.keys.sorted() { nodes[node]?.losePower(&generator) }
    }

    mutating func restart() {
        syncedEntries = entries
        nameChanges = []
        for node in nodes.keys { nodes[node]?.syncAll() }
        hasStopped = false
        stopAt = nil
        noSpaceFrom = nil
        failingSync = nil
        failingMap = nil
        locks = [:]
    }

    /// A change that does not fit what is there (its file was never made) changes nothing.
    private static func apply(_ change: NameChange, to entries: inout [String: Entry]) {
        switch change {
        case .create(let path, let entry): entries[path] = entry
        case .remove(let path): entries[path] = nil
        case .link(let path, let target):
            if let entry = entries[path] { entries[target] = entry }
        case .rename(let path, let target):
            guard entries[path] != nil else { return }
            for (name, entry) in entries where name == path || name.hasPrefix(path + "/") {
                entries[name] = nil
                entries[target + name.dropFirst(path.count)] = entry
            }
        }
    }
}
