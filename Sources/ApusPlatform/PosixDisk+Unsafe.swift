internal import Glibc
internal import Synchronization

/// The system's own files.
public struct PosixDisk: Disk {
    public init() {}

    public func createDirectory(_ path: String) throws(DiskError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            if unsafe mkdir(made, 0o750) != 0 && errno != EEXIST { throw systemError("create directory", path) }
        }
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw DiskError(.exists, "create directory", path, "a file of that name is in the way")
        }
    }

    public func list(_ directory: String) throws(DiskError) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw systemError("list", directory) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            // A failure is told from the end by this alone, and a list that ends early would leave logs out.
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            // Safe: d_name is a NUL-terminated name inside the entry, valid until the next readdir on this stream.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe String(cString: UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
            }
            if name != "." && name != ".." { names.append(name) }
        }
        if errno != 0 { throw systemError("list", directory) }
        return names.sorted()
    }

    public func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    public func byteCount(of path: String) throws(DiskError) -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw systemError("stat", path) }
        return Int(status.st_size)
    }

    public func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        let descriptor = Self.openFile(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("open", path) }
        return PosixFile(descriptor: descriptor, path: path)
    }

    public func map(_ path: String) throws(DiskError) -> MappedBytes {
        let descriptor = Self.openFile(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw systemError("stat", path) }
        let count = Int(status.st_size)
        if count == 0 { return MappedBytes([]) }
        let address = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let address = unsafe address, unsafe address != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw systemError("map", path)
        }
        return unsafe MappedBytes(mapping: UnsafeRawPointer(address), count: count)
    }

    public func rename(_ path: String, to target: String) throws(DiskError) {
        if Self.system_rename(path, target) != 0 { throw systemError("rename", path) }
    }

    public func link(_ path: String, to target: String) throws(DiskError) {
        if Self.system_link(path, target) != 0 { throw systemError("link", path) }
    }

    public func remove(_ path: String) throws(DiskError) {
        if unsafe unlink(path) != 0 { throw systemError("remove", path) }
    }

    public func removeTree(_ path: String) throws(DiskError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw systemError("remove", path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return try remove(path) }
        for name in try list(path) { try removeTree(path + "/" + name) }
        if unsafe rmdir(path) != 0 && errno != ENOENT { throw systemError("remove", path) }
    }

    public func syncDirectory(_ path: String) throws(DiskError) {
        let descriptor = Self.openFile(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("open", path) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw systemError("sync", path) }
    }

    public func freeByteCount(_ path: String) throws(DiskError) -> Int {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw systemError("statvfs", path) }
        // Some network file systems tell numbers that pass 63 bits.
        let (count, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int(clamping: count)
    }

    public func lock(_ path: String) throws(DiskError) -> any DiskLock {
        let descriptor = Self.openFile(path, O_RDWR | O_CREAT | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let held = errno == EWOULDBLOCK
            defer { close(descriptor) }
            if held { throw DiskError(.locked, "lock", path, "another process holds it") }
            throw systemError("lock", path)
        }
        return PosixLock(descriptor: descriptor)
    }

    private static func openFile(_ path: String, _ flags: Int32) -> Int32 {
        unsafe Glibc.open(path, flags, 0o640)
    }

    private static func system_rename(_ path: String, _ target: String) -> Int32 {
        unsafe Glibc.rename(path, target)
    }

    private static func system_link(_ path: String, _ target: String) -> Int32 {
        unsafe Glibc.link(path, target)
    }
}

/// A file held by its descriptor, closed with the object.
private final class PosixFile: DiskFile {
    private let descriptor: Mutex<Int32>
    private let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = Mutex(descriptor)
        self.path = path
    }

    deinit { close() }

    func write(_ bytes: borrowing Span<UInt8>, at offset: Int) throws(DiskError) {
        let file = try open()
        var done = 0
        while done < bytes.count {
            // Safe: the system reads `count - done` bytes from inside the span.
            let written = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe pwrite(file, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw systemError("write", path) }
            done += written
        }
    }

    func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
        let file = try open()
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            // Safe: the system writes at most `count - done` bytes inside the array.
            let got = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
                unsafe pread(file, buffer.baseAddress! + done, count - done, off_t(offset + done))
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw systemError("read", path) }
            if got == 0 { break }
            done += got
        }
        bytes.removeLast(count - done)
        return bytes
    }

    func truncate(to byteCount: Int) throws(DiskError) {
        if ftruncate(try open(), off_t(byteCount)) != 0 { throw systemError("truncate", path) }
    }

    func sync() throws(DiskError) {
        if fdatasync(try open()) != 0 { throw systemError("sync", path) }
    }

    func byteCount() throws(DiskError) -> Int {
        var status = stat()
        guard unsafe fstat(try open(), &status) == 0 else { throw systemError("stat", path) }
        return Int(status.st_size)
    }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { system_close(descriptor) }
            descriptor = -1
        }
    }

    private func open() throws(DiskError) -> Int32 {
        let file = descriptor.withLock { $0 }
        guard file >= 0 else { throw DiskError(.closed, "use", path, "the file is closed") }
        return file
    }
}

/// An advisory lock that goes with its descriptor, also when the process dies.
private final class PosixLock: DiskLock {
    private let descriptor: Mutex<Int32>

    init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    deinit { release() }

    func release() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { system_close(descriptor) }
            descriptor = -1
        }
    }
}

private func system_close(_ descriptor: Int32) {
    close(descriptor)
}

private func systemError(_ operation: String, _ path: String) -> DiskError {
    let code = errno
    let kind: DiskError.Code =
        switch code {
        case ENOENT: .notFound
        case EEXIST: .exists
        case ENOSPC, EDQUOT, EFBIG: .noSpace
        case EROFS: .readOnly
        case EACCES, EPERM: .permission
        default: .io
        }
    return DiskError(kind, operation, path, unsafe String(cString: strerror(code)))
}
