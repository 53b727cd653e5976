internal import ApusBytes
internal import ApusPlatform

/// Names and numbers of the files of a block; drawn in `docs/formats/block.md`.
enum BlockFormat {
    static let version: UInt32 = 1
    static let valuesName = "values"
    static let timesName = "times"
    static let indexName = "index"

    static let headerByteCount = 16
    static let sectionRecordByteCount = 20
    static let footerByteCount = sectionRecordByteCount * BlockSection.allCases.count + 12

    /// Samples in one chunk, at most, as written.
    static let chunkSampleCountTarget = 480
    /// And as read: so that damaged counts cannot ask for much memory.
    static let chunkSampleCountMax = 1 << 16
    /// Series entries are found by the group they are in.
    static let groupSeriesCount = 16
    static let groupRecordByteCount = 16
    static let columnRecordByteCount = 32
    static let nameRecordByteCount = 12
    static let pairRecordByteCount = 12

    static func magic(_ file: String) -> [UInt8] { Array("Apus".utf8) + Array(file.utf8.prefix(4)) }

    /// What every file of a block starts with: magic, version, checksum of both.
    static func header(_ file: String) -> [UInt8] {
        var bytes = magic(file)
        bytes.appendFixed32(version)
        bytes.appendFixed32(crc32c(bytes.span))
        return bytes
    }

    static func checkHeader(_ file: String, _ mapped: MappedBytes) throws(StorageError) {
        let bytes = mapped.span
        let expected = magic(file)
        guard mapped.count >= headerByteCount, bytesEqual(bytes, 0..<8, expected.span, 0..<8) else {
            throw StorageError(.corruption, "file \(file) of a block does not start with its mark")
        }
        let version = load32(bytes, 8)
        guard crc32c(bytes.extracting(0..<12)) == load32(bytes, 12) else {
            throw StorageError(.corruption, "file \(file) of a block: the header's checksum is wrong")
        }
        guard version == Self.version else {
            throw StorageError(.corruption, "file \(file) of a block has format \(version), and this program reads \(Self.version)")
        }
    }
}

/// The sections of the index, in their order in the footer.
enum BlockSection: Int, CaseIterable {
    case metadata, heap, names, pairs, postings, groups, labels, chunks, columns
}

/// Four bytes at `offset`, which the caller has checked, little-endian.
@inline(__always)
func load32(_ bytes: borrowing Span<UInt8>, _ offset: Int) -> UInt32 {
    if bytes.count &- offset >= 8 { return UInt32(truncatingIfNeeded: loadLittleEndian64(bytes, at: offset)) }
    return UInt32(bytes[offset]) | UInt32(bytes[offset &+ 1]) &<< 8 | UInt32(bytes[offset &+ 2]) &<< 16 | UInt32(bytes[offset &+ 3]) &<< 24
}

/// Runs a disk operation, its error turned into the database's.
@inline(__always)
func onDisk<Result: ~Copyable>(_ body: () throws(DiskError) -> Result) throws(StorageError) -> Result {
    do throws(DiskError) { return try body() } catch { throw StorageError(error) }
}
