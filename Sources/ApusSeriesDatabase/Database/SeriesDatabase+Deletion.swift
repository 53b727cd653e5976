internal import ApusModel
internal import ApusPlatform
public import ApusSelection

extension SeriesDatabase {
    /// Deletes the samples of some series in a range of times. Queries do not see them any more when this returns; the
    /// disk gets its room back with the next merges or with `cleanTombstones()`. What is written later is not touched.
    ///
    /// - Parameter selectors: A series is meant when it passes all matchers of any of these; none: nothing is deleted.
    /// - Throws: A disk error, also when the head cannot be moved to blocks; then nothing is deleted.
    public func deleteSeries(
        _ selectors: [[Matcher]], in range: ClosedRange<Int64>
    ) async throws(StorageError) {
        if selectors.isEmpty { return }
        try await changes.run { [self] () throws(StorageError) in
            // The border between before and after the deletion is the border of two heads.
            try flushFrozen()
            try cut()
            try change { (structure) throws(StorageError) in
                structure.lastTombstone += 1
                structure.tombstones.append(
                    Tombstone(
                        sequence: structure.lastTombstone, generation: structure.head.generation - 1,
                        selectors: selectors, range: range))
            }
        }
    }

    /// Makes a copy of the database at this moment under `DIRECTORY/snapshots`; blocks are linked, not copied.
    ///
    /// - Parameter skipHead: Leaves out what is not in blocks yet; otherwise the head is written to blocks first.
    /// - Returns: The snapshot's name. Its directory can be opened as a database of its own, once moved elsewhere.
    public func snapshot(skipHead: Bool) async throws(StorageError) -> String {
        if !skipHead { try await flush() }
        return try await changes.run { [self] () throws(StorageError) in
            let suffix = String(UInt32.random(in: 0 ... .max), radix: 16)
            let name =
                Self.timeName(options.clock.nowMilliseconds) + "-"
                + String(repeating: "0", count: 8 - suffix.count) + suffix
            let directory = options.directory + "/snapshots/" + name
            // No change takes a block away meanwhile.
            try change { (structure) throws(StorageError) in
                do throws(DiskError) {
                    try link(structure, to: directory)
                } catch {
                    try? disk.removeTree(directory)
                    throw StorageError(error)
                }
                var manifest = structure.manifest
                // Heads are not part of it.
                manifest.flushedGeneration = structure.head.generation
                if let doubt = try manifest.write(disk: disk, directory: directory) { throw doubt }
            }
            return name
        }
    }

    private func link(_ structure: Structure, to directory: String) throws(DiskError) {
        try disk.createDirectory(directory + "/blocks")
        for entry in structure.blocks {
            let target = directory + "/blocks/" + entry.name
            try disk.createDirectory(target)
            for file in try disk.list(entry.block.directory) {
                try disk.link(entry.block.directory + "/" + file, to: target + "/" + file)
            }
            try disk.syncDirectory(target)
        }
        try disk.syncDirectory(directory + "/blocks")
        try disk.syncDirectory(options.directory + "/snapshots")
        try disk.syncDirectory(options.directory)
    }

    /// `20260131T235959Z`
    static func timeName(_ milliseconds: Int64) -> String {
        let seconds = FlushWindows.floorDivide(milliseconds, 1000)
        let days = FlushWindows.floorDivide(seconds, 86_400)
        let second = seconds - days * 86_400
        // Civil date from days since 1970: years that start in March put the leap day at their end.
        let shifted = days + 719_468
        let era = FlushWindows.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)\(two(month))\(two(day))T\(two(second / 3600))\(two(second / 60 % 60))\(two(second % 60))Z"
    }
}
