internal import ApusBytes
internal import ApusPlatform

/// A new file written from front to end through a buffer of a megabyte.
final class AppendedFile {
    private let file: any DiskFile
    private var written = 0
    /// What is not yet in the file.
    var buffer: [UInt8] = []
    private static let bufferByteCountMax = 1 << 20

    init(_ disk: any Disk, _ path: String) throws(StorageError) {
        file = try onDisk { () throws(DiskError) in try disk.open(path, .createNew) }
        buffer.reserveCapacity(Self.bufferByteCountMax + (1 << 16))
    }

    /// Where the next byte goes.
    var byteCount: Int { written + buffer.count }

    /// Appends a run of bytes and its checksum.
    func appendChecked(_ bytes: [UInt8]) throws(StorageError) {
        buffer.append(contentsOf: bytes)
        buffer.appendFixed32(crc32c(bytes.span))
        if buffer.count >= Self.bufferByteCountMax { try flush() }
    }

    private func flush() throws(StorageError) {
        guard !buffer.isEmpty else { return }
        var bytes: [UInt8] = []
        swap(&bytes, &buffer)
        do throws(DiskError) { try file.write(bytes.span, at: written) } catch { throw StorageError(error) }
        written += bytes.count
        bytes.removeAll(keepingCapacity: true)
        swap(&bytes, &buffer)
    }

    func finish() throws(StorageError) {
        try flush()
        do throws(DiskError) { try file.sync() } catch { throw StorageError(error) }
        file.close()
    }

    func close() { file.close() }
}
