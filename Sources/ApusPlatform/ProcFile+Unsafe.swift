internal import Glibc
internal import Synchronization

/// A small file of the kernel's (`/proc`, `/sys`, cgroup) that is read again and again: opened on the first read, its descriptor
/// kept until this object goes, each read starting at offset 0. Usable from several threads.
///
/// A read costs two or three system calls and allocates only when the buffer must grow.
public final class ProcFile: Sendable {
    public let path: String
    private let descriptor = Mutex<Int32>(-1)

    /// Opens nothing yet.
    public init(_ path: String) { self.path = path }

    deinit { descriptor.withLock { closeIfOpen(&$0) } }

    /// Reads the whole file; `buffer` then holds exactly its bytes. Its storage is reused and grows by doubling.
    ///
    /// A device or process that went away and came back under the same path is opened anew.
    ///
    /// - Parameter byteCountMax: Larger files are an error, so that no odd path fills the memory.
    /// - Throws: When it cannot be opened or read; `buffer` is empty then.
    public func read(into buffer: inout [UInt8], byteCountMax: Int = 4 << 20) throws(DiskError) {
        let file = try opened()
        if let error = fill(&buffer, from: file, path, byteCountMax) {
            // The descriptor's object may be gone (ENODEV, ESRCH, ESTALE) while a new one has the path: try that once.
            descriptor.withLock { closeIfOpen(&$0) }
            guard error.code == .io else { throw error }
            if let second = fill(&buffer, from: try opened(), path, byteCountMax) { throw second }
        }
    }

    /// Reads a file once, keeping nothing open.
    public static func readOnce(_ path: String, into buffer: inout [UInt8], byteCountMax: Int = 4 << 20) throws(DiskError) {
        buffer.removeAll(keepingCapacity: true)
        let file = openForReading(path)
        guard file >= 0 else { throw procError("open", path) }
        defer { close(file) }
        if let error = fill(&buffer, from: file, path, byteCountMax) { throw error }
    }

    private func opened() throws(DiskError) -> Int32 {
        let file = descriptor.withLock { descriptor in
            if descriptor < 0 { descriptor = openForReading(path) }
            return descriptor
        }
        guard file >= 0 else { throw procError("open", path) }
        return file
    }
}

private func openForReading(_ path: String) -> Int32 {
    // Not blocking: a FIFO somebody put under a fixture or a mounted root must not hold the caller.
    unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
}

private func closeIfOpen(_ descriptor: inout Int32) {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
}

/// The bytes of `file` from its start, until a read gives none.
private func fill(_ buffer: inout [UInt8], from file: Int32, _ path: String, _ byteCountMax: Int) -> DiskError? {
    var capacity = min(max(buffer.capacity, 4096), byteCountMax)
    var done = 0
    buffer.removeAll(keepingCapacity: true)
    while true {
        // Each round offers the storage beyond what is there; a full round is followed by a larger one.
        let start = done
        if buffer.capacity < capacity { buffer.reserveCapacity(capacity) }
        buffer.append(contentsOf: repeatElement(0, count: capacity - start))
        var failure: Int32 = 0
        var isAtEnd = false
        while done < capacity {
            // Safe: the array holds `capacity` bytes, and the system writes at most those behind `done`.
            let got = unsafe buffer.withUnsafeMutableBufferPointer { target in
                unsafe pread(file, target.baseAddress! + done, capacity - done, off_t(done))
            }
            if got < 0 && errno == EINTR { continue }
            if got < 0 { failure = errno }
            if got <= 0 {
                isAtEnd = true
                break
            }
            done += got
        }
        buffer.removeLast(capacity - done)
        if failure != 0 {
            buffer.removeAll(keepingCapacity: true)
            errno = failure
            return procError("read", path)
        }
        if isAtEnd { return nil }
        guard capacity < byteCountMax else {
            buffer.removeAll(keepingCapacity: true)
            return DiskError(.noSpace, "read", path, "larger than \(byteCountMax) bytes")
        }
        capacity = min(capacity * 2, byteCountMax)
    }
}

func procError(_ operation: String, _ path: String) -> DiskError {
    let code = errno
    let kind: DiskError.Code =
        switch code {
        case ENOENT: .notFound
        case EACCES, EPERM: .permission
        default: .io
        }
    return DiskError(kind, operation, path, unsafe String(cString: strerror(code)))
}
