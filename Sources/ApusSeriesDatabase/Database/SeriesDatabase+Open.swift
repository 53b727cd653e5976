internal import ApusBytes
internal import ApusPlatform

extension SeriesDatabase {
    /// Opens the database in a directory, or makes one: takes the lock, reads the manifest, opens the blocks and reads the
    /// logs back into heads.
    ///
    /// - Throws: `.locked` when another process has it; `.readOnly`, `.noSpace` or `.io` when the directory or a file in it cannot be used;
    ///   `.invalid` when a later version of Apus wrote it; `.corruption` when the manifest is damaged. A damaged block or log does
    ///   not keep the database from opening: what is lost is reported as an event.
    /// - Complexity: O(samples in the logs), some 60 ns each.
    public static func open(_ options: Options) throws(StorageError) -> SeriesDatabase {
        let disk = options.disk
        let directory = options.directory
        let lock: any DiskLock
        do throws(DiskError) {
            try makeDirectories(disk, directory)
            lock = try disk.lock(directory + "/lock")
        } catch {
            if error.code == .locked {
                throw StorageError(.locked, "another process holds the data directory \(directory)", cause: error)
            }
            throw StorageError(error)
        }
        do throws(StorageError) {
            var opening = Opening(options: options)
            try opening.readManifest()
            try opening.openBlocks()
            let structure = try opening.openHeads()
            return SeriesDatabase(
                options: options, lock: lock, structure: structure, nextBlockNumber: opening.nextBlockNumber)
        } catch {
            lock.release()
            throw error
        }
    }
}

/// Makes the directories of a database and sees to it that their names survive a power cut.
private func makeDirectories(_ disk: any Disk, _ directory: String) throws(DiskError) {
    var made: [String] = []
    var path = directory
    // Its own name is synced each time: the process may have died between making and syncing it.
    while path == directory || !(path.isEmpty || disk.exists(path)) {
        made.append(path)
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { break }
        path = String(path[..<slash])
    }
    try disk.createDirectory(directory + "/blocks")
    try disk.createDirectory(directory + "/wal")
    try disk.syncDirectory(directory)
    for path in made {
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        do throws(DiskError) {
            try disk.syncDirectory(parent)
        } catch {
            // A directory that somebody else made, in one that this process may not read: its name is not ours to keep.
            guard error.code == .permission || error.code == .readOnly || error.code == .notFound else { throw error }
        }
    }
}

/// The steps of opening a database, in their order.
private struct Opening {
    let options: SeriesDatabase.Options
    var disk: any Disk { options.disk }
    var directory: String { options.directory }
    var manifest = Manifest()
    var entries: [Structure.BlockEntry] = []
    var nextBlockNumber: UInt64 = 1

    init(options: SeriesDatabase.Options) { self.options = options }

    mutating func readManifest() throws(StorageError) {
        if let found = try Manifest.read(disk: disk, directory: directory) {
            manifest = found
            return
        }
        // No manifest: a new directory, or blocks that somebody put there (a snapshot). All that are whole count.
        for name in try list("blocks") where LogFile.generation(of: name) != nil {
            manifest.blocks.append(Manifest.BlockItem(name: name, appliedTombstone: 0))
        }
        if let doubt = try manifest.write(disk: disk, directory: directory) { throw doubt }
    }

    mutating func openBlocks() throws(StorageError) {
        let items = Dictionary(manifest.blocks.map { ($0.name, $0) }) { first, _ in first }
        for name in try list("blocks") {
            guard let number = LogFile.generation(of: String(name.prefix(20))), number < .max else { continue }
            nextBlockNumber = max(nextBlockNumber, number + 1)
            // Unfinished, or replaced by a merge, when the process died.
            let isOurs = name.utf8.count == 20 || name.hasSuffix(".tmp")
            if isOurs && items[name] == nil { try remove("blocks/" + name) }
        }
        for item in manifest.blocks {
            if let number = LogFile.generation(of: item.name), number < .max {
                nextBlockNumber = max(nextBlockNumber, number + 1)
            }
            do throws(StorageError) {
                let block = try Block.open(disk: disk, directory: directory + "/blocks/" + item.name)
                entries.append(
                    Structure.BlockEntry(name: item.name, block: block, appliedTombstone: item.appliedTombstone))
            } catch {
                // What cannot be read now (too many mappings, say) is not damaged: a block may not be lost for that.
                guard error.code == .corruption else { throw error }
                setAside(item.name, error)
            }
        }
    }

    mutating func openHeads() throws(StorageError) -> Structure {
        var generations: [UInt64] = []
        for name in try list("wal") {
            guard let generation = LogFile.generation(of: name) else { continue }
            if generation <= manifest.flushedGeneration {
                try remove("wal/" + name)
            } else {
                generations.append(generation)
            }
        }
        var heads: [Head] = []
        var mustCut = false
        for (i, generation) in generations.enumerated() {
            let isLast = i == generations.count - 1
            if let (head, isDamaged) = try recover(generation, isLast: isLast) {
                heads.append(head)
                mustCut = isLast && isDamaged
            }
        }
        let lastBlock = entries.map(\.metadata.generation.upperBound).max() ?? 0
        let last = max(manifest.flushedGeneration, generations.last ?? 0, lastBlock)
        guard last < UInt64.max else { throw StorageError(.corruption, "\(directory): a generation is out of range") }
        if heads.last == nil || heads.last?.generation != generations.last || mustCut {
            do throws(DiskError) {
                let log = try LogFile.create(disk: disk, directory: directory + "/wal", generation: last + 1)
                heads.append(
                    Head(
                        generation: last + 1, log: log, table: HeadTable(seed: .random(in: 0 ... .max)),
                        createdAt: options.clock.nowMilliseconds))
            } catch {
                throw StorageError(error)
            }
        }
        let head = heads.removeLast()
        for frozen in heads { frozen.freeze() }
        var structure = Structure(
            head: head, frozen: heads, blocks: [], tombstones: [],
            flushedGeneration: manifest.flushedGeneration, lastTombstone: manifest.lastTombstone)
        structure.add(entries)
        for item in manifest.tombstones { structure.tombstones.append(try item.tombstone()) }
        return structure
    }

    /// Reads a log back; nil when it never held anything.
    private func recover(_ generation: UInt64, isLast: Bool) throws(StorageError) -> (Head, isDamaged: Bool)? {
        let start = ContinuousClock.now
        let path = directory + "/wal/" + LogFile.name(of: generation)
        let file: any DiskFile
        do throws(DiskError) {
            file = try disk.open(path, .readWrite)
        } catch {
            throw StorageError(error)
        }
        var reader = try LogReader(file: file, path: path, generation: generation)
        var table = HeadTable(seed: .random(in: 0 ... .max))
        while let record = try reader.next() {
            if !table.replay(reader.bytes.span, record) { reader.reject(record) }
        }
        var isDamaged = false
        switch reader.ending {
        case .torn(let byteCount):
            options.events(.logCut(generation: generation, byteCount: byteCount))
        case .damaged(let byteCount):
            isDamaged = true
            keepCopy(path)
            options.events(.logDamaged(generation: generation, byteCount: byteCount, copy: path + ".damaged"))
        case .clean, nil: break
        }
        if reader.end < LogFile.headerByteCount {
            file.close()
            try remove("wal/" + LogFile.name(of: generation))
            return nil
        }
        if isLast && !isDamaged, case .torn = reader.ending {
            do throws(DiskError) {
                try file.truncate(to: reader.end)
                try file.sync()
            } catch {
                throw StorageError(error)
            }
        }
        let log = LogFile(path: path, generation: generation, file: file, end: reader.end, synced: 0)
        let now = options.clock.nowMilliseconds
        let span = table.sampleCount == 0 ? 0 : min(options.headSpan.milliseconds, max(0, table.maxTime &- table.minTime))
        let head = Head(generation: generation, log: log, table: table, createdAt: now - span)
        options.events(
            .recovered(
                generation: generation, seriesCount: head.measure.seriesCount, sampleCount: head.measure.sampleCount,
                duration: ContinuousClock.now - start))
        return (head, isDamaged)
    }

    /// A second name for a damaged log, which keeps its bytes when the first one goes.
    private func keepCopy(_ path: String) {
        if disk.exists(path + ".damaged") { return }
        // Without it only the evidence is lost; the event names the damage either way.
        try? disk.link(path, to: path + ".damaged")
    }

    /// Moves a block that cannot be read out of the way, for a person to look at.
    private func setAside(_ name: String, _ error: StorageError) {
        let path = directory + "/blocks/" + name
        let target = path + ".damaged"
        // When it cannot be moved it is tried again at the next opening.
        try? disk.rename(path, to: target)
        options.events(.blockDamaged(name: name, movedTo: target, reason: error.message))
    }

    private func list(_ name: String) throws(StorageError) -> [String] {
        do throws(DiskError) {
            return try disk.list(directory + "/" + name)
        } catch {
            throw StorageError(error)
        }
    }

    private func remove(_ path: String) throws(StorageError) {
        do throws(DiskError) {
            try disk.removeTree(directory + "/" + path)
        } catch {
            throw StorageError(error)
        }
    }
}
