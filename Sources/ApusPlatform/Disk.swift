/// What the stores ask of a file system. The program passes `PosixDisk`; tests pass a simulated one that tears, loses and
/// reorders writes and crashes at a chosen operation.
///
/// Paths are absolute or relative to the process's directory, with `/` between parts. All calls block; all throw `DiskError`.
/// What a call changed survives a power cut only after `sync` on the file and, for names made, removed or renamed,
/// `syncDirectory` on their directory. It survives the end of the process at once.
public protocol Disk: Sendable {
    /// With the directories above it; no error when it is there.
    func createDirectory(_ path: String) throws(DiskError)

    /// Names in a directory, sorted, without `.` and `..`.
    func list(_ directory: String) throws(DiskError) -> [String]

    func exists(_ path: String) -> Bool

    /// Bytes in a file.
    func byteCount(of path: String) throws(DiskError) -> Int

    func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile

    /// The whole of a file that will not change any more, mapped into memory.
    func map(_ path: String) throws(DiskError) -> MappedBytes

    /// Replaces what is at `target`; atomic.
    func rename(_ path: String, to target: String) throws(DiskError)

    /// A second name for a file (hard link).
    func link(_ path: String, to target: String) throws(DiskError)

    func remove(_ path: String) throws(DiskError)

    /// A directory with all that is in it; no error when it is not there.
    func removeTree(_ path: String) throws(DiskError)

    func syncDirectory(_ path: String) throws(DiskError)

    /// Bytes free to this process on the file system that holds `path`.
    func freeByteCount(_ path: String) throws(DiskError) -> Int

    /// Takes the exclusive lock of a file (made when missing), held until the returned lock goes.
    ///
    /// - Throws: `.locked` when another holder has it.
    func lock(_ path: String) throws(DiskError) -> any DiskLock
}

public enum DiskOpenMode: Sendable {
    /// Must exist.
    case read
    /// Must exist.
    case readWrite
    /// Must not exist.
    case createNew
}

/// An open file; usable from several threads at a time.
public protocol DiskFile: AnyObject, Sendable {
    /// Writes all the bytes at `offset`. When it throws, any part of them may have been written.
    func write(_ bytes: borrowing Span<UInt8>, at offset: Int) throws(DiskError)

    /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
    func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8]

    func truncate(to byteCount: Int) throws(DiskError)

    /// Until it returns, what was written may be lost in a power cut (fdatasync).
    func sync() throws(DiskError)

    func byteCount() throws(DiskError) -> Int

    /// Later calls throw; closing twice is no error.
    func close()
}

/// Gives the lock back when released or deinitialised.
public protocol DiskLock: AnyObject, Sendable {
    func release()
}

public struct DiskError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        case notFound, exists, noSpace, readOnly, permission, locked, io, closed
    }

    public let code: Code
    public let operation: String
    public let path: String
    /// The system's own words.
    public let reason: String

    public init(_ code: Code, _ operation: String, _ path: String, _ reason: String) {
        self.code = code
        self.operation = operation
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(operation) \(path): \(reason)" }
}
