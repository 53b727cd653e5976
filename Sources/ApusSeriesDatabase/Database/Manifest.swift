internal import ApusBytes
internal import ApusPlatform
internal import ApusRegex
internal import ApusSelection

/// The list of what belongs to the database, replaced as a whole with one rename; `docs/formats/data-directory.md`.
///
/// What stands on the disk and not here means nothing, so every change of several files becomes true in one instant.
struct Manifest: Equatable {
    struct BlockItem: Equatable {
        var name: String
        /// Tombstones up to this one are carried out in it.
        var appliedTombstone: UInt64
    }
    struct TombstoneItem: Equatable {
        struct MatcherItem: Equatable {
            var name: String
            var operation: String
            var value: String
        }
        var sequence: UInt64
        var generation: UInt64
        var minTime: Int64
        var maxTime: Int64
        var selectors: [[MatcherItem]]
    }

    /// Heads up to this one are in blocks; their logs mean nothing.
    var flushedGeneration: UInt64 = 0
    var lastTombstone: UInt64 = 0
    var blocks: [BlockItem] = []
    var tombstones: [TombstoneItem] = []

    static let magic = Array("APUSMAN1".utf8)

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.appendVarint(flushedGeneration)
        bytes.appendVarint(lastTombstone)
        bytes.appendVarint(UInt64(blocks.count))
        for block in blocks {
            bytes.appendRun(block.name.utf8)
            bytes.appendVarint(block.appliedTombstone)
        }
        bytes.appendVarint(UInt64(tombstones.count))
        for tombstone in tombstones {
            bytes.appendVarint(tombstone.sequence)
            bytes.appendVarint(tombstone.generation)
            bytes.appendZigzag(tombstone.minTime)
            bytes.appendZigzag(tombstone.maxTime)
            bytes.appendVarint(UInt64(tombstone.selectors.count))
            for selector in tombstone.selectors {
                bytes.appendVarint(UInt64(selector.count))
                for matcher in selector {
                    for text in [matcher.name, matcher.operation, matcher.value] { bytes.appendRun(text.utf8) }
                }
            }
        }
        bytes.appendFixed32(crc32c(bytes.span))
        return bytes
    }

    /// - Throws: `.invalid` for a later format, `.corruption` for bytes that are no manifest.
    init(decoding bytes: [UInt8]) throws(StorageError) {
        guard bytes.count >= 12, bytes[0..<7].elementsEqual(Self.magic[0..<7]) else {
            throw StorageError(.corruption, "manifest: not a manifest")
        }
        guard bytes[7] == Self.magic[7] else {
            throw StorageError(.invalid, "manifest: written by a later version of Apus, which this one cannot read")
        }
        let span = bytes.span
        var reader = ByteReader(offset: 8, end: bytes.count - 4)
        do throws(DecodingError) {
            var tail = ByteReader(offset: bytes.count - 4, end: bytes.count)
            guard try tail.fixed32(span) == crc32c(span.extracting(0..<(bytes.count - 4))) else {
                throw DecodingError("the checksum does not match", at: bytes.count - 4)
            }
            flushedGeneration = try reader.varint(span)
            lastTombstone = try reader.varint(span)
            for _ in 0..<(try reader.count(span)) {
                blocks.append(BlockItem(name: try Self.text(&reader, span), appliedTombstone: try reader.varint(span)))
            }
            for _ in 0..<(try reader.count(span)) {
                var item = TombstoneItem(
                    sequence: try reader.varint(span), generation: try reader.varint(span),
                    minTime: try reader.zigzag(span), maxTime: try reader.zigzag(span), selectors: [])
                guard item.minTime <= item.maxTime else { throw DecodingError("a range runs backwards", at: reader.offset) }
                for _ in 0..<(try reader.count(span)) {
                    var selector: [TombstoneItem.MatcherItem] = []
                    for _ in 0..<(try reader.count(span)) {
                        selector.append(
                            TombstoneItem.MatcherItem(
                                name: try Self.text(&reader, span), operation: try Self.text(&reader, span),
                                value: try Self.text(&reader, span)))
                    }
                    item.selectors.append(selector)
                }
                tombstones.append(item)
            }
            guard reader.isAtEnd else { throw DecodingError("bytes behind the end", at: reader.offset) }
        } catch {
            throw StorageError(
                .corruption, "manifest: \(error); move it away to take over every block that is found", cause: error)
        }
    }

    init() {}

    private static func text(
        _ reader: inout ByteReader, _ span: borrowing Span<UInt8>
    ) throws(DecodingError) -> String {
        let range = try reader.run(span)
        guard let text = string(span, range) else { throw DecodingError("a text is not UTF-8", at: range.lowerBound) }
        return text
    }

    /// Replaces the manifest in a directory; durable when it returns.
    ///
    /// - Returns: nil, or the error of the last step, the sync of the directory: then either manifest may be there after a
    ///   power cut, and no file that either of them names may be removed.
    func write(disk: any Disk, directory: String) throws(StorageError) -> StorageError? {
        let path = directory + "/manifest"
        do throws(DiskError) {
            if disk.exists(path + ".tmp") { try disk.remove(path + ".tmp") }
            let file = try disk.open(path + ".tmp", .createNew)
            defer { file.close() }
            try file.write(encoded().span, at: 0)
            try file.sync()
            try disk.rename(path + ".tmp", to: path)
        } catch {
            throw StorageError(error)
        }
        do throws(DiskError) {
            try disk.syncDirectory(directory)
            return nil
        } catch {
            return StorageError(error)
        }
    }

    /// nil when there is none.
    static func read(disk: any Disk, directory: String) throws(StorageError) -> Manifest? {
        let path = directory + "/manifest"
        let bytes: [UInt8]
        do throws(DiskError) {
            let file = try disk.open(path, .read)
            defer { file.close() }
            bytes = try file.read(at: 0, count: try file.byteCount())
        } catch {
            if error.code == .notFound { return nil }
            throw StorageError(error)
        }
        return try Manifest(decoding: bytes)
    }
}

extension Manifest.TombstoneItem {
    init(_ tombstone: Tombstone) {
        sequence = tombstone.sequence
        generation = tombstone.generation
        minTime = tombstone.range.lowerBound
        maxTime = tombstone.range.upperBound
        selectors = tombstone.selectors.map { selector in
            selector.map { MatcherItem(name: $0.name, operation: $0.operation.rawValue, value: $0.value) }
        }
    }

    /// - Throws: `.corruption` when a matcher is none.
    func tombstone() throws(StorageError) -> Tombstone {
        var made: [[Matcher]] = []
        for selector in selectors {
            var matchers: [Matcher] = []
            for item in selector {
                guard let operation = Matcher.Operation(rawValue: item.operation) else {
                    throw StorageError(.corruption, "manifest: a tombstone has the unknown operation \(item.operation)")
                }
                do throws(RegularExpression.SyntaxError) {
                    matchers.append(try Matcher(item.name, operation, item.value))
                } catch {
                    throw StorageError(.corruption, "manifest: a tombstone has a pattern that is none", cause: error)
                }
            }
            made.append(matchers)
        }
        return Tombstone(sequence: sequence, generation: generation, selectors: made, range: minTime...maxTime)
    }
}
