internal import Glibc

/// Small facts of this host and process that the kernel gives by a call instead of a file.
public enum HostFacts {
    /// Ticks a second in `/proc` (USER_HZ).
    public static let clockTicksPerSecond = max(1, sysconf(Int32(_SC_CLK_TCK)))
    public static let pageByteCount = max(1, sysconf(Int32(_SC_PAGESIZE)))

    /// Nanoseconds of a clock that never goes back; its zero is the boot.
    public static var monotonicNanoseconds: Int64 { nanoseconds(CLOCK_MONOTONIC) }

    /// Nanoseconds since boot, sleep included: the clock of start times in `/proc`.
    public static var bootNanoseconds: Int64 { nanoseconds(CLOCK_BOOTTIME) }

    /// Nanoseconds of CPU time that this thread has used.
    public static var threadCPUNanoseconds: Int64 { nanoseconds(CLOCK_THREAD_CPUTIME_ID) }

    /// The soft limits of this process; `UInt64.max` for none.
    public static var limits: (openFiles: UInt64, addressSpaceBytes: UInt64) {
        (limit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue)), limit(__rlimit_resource_t(RLIMIT_AS.rawValue)))
    }

    /// How many names a directory has, without `.` and `..`; nil when it cannot be read. O(names).
    public static func nameCount(in directory: String) -> Int? {
        guard let stream = unsafe opendir(directory) else { return nil }
        defer { unsafe closedir(stream) }
        var count = -2
        while unsafe readdir(stream) != nil { count += 1 }
        return max(0, count)
    }

    /// What `stat` says of a directory's size in bytes: for `/proc/<pid>/fd` since Linux 6.2 the number of open descriptors.
    public static func statSize(of path: String) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Int(status.st_size)
    }

    /// The names in a directory that are plain decimal numbers (process ids), in the system's order.
    public static func numericNames(in directory: String, into numbers: inout [Int32]) -> Bool {
        numbers.removeAll(keepingCapacity: true)
        guard let stream = unsafe opendir(directory) else { return false }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            // Safe: d_name is NUL-terminated inside the entry, valid until the next readdir on this stream.
            let number: Int32? = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: UInt8.self, capacity: 256) { name in
                    var value: Int32 = 0
                    for i in 0..<10 {
                        let c = unsafe name[i]
                        if c == 0 { return i == 0 ? nil : value }
                        guard c >= 48 && c <= 57 else { return nil }
                        let (product, first) = value.multipliedReportingOverflow(by: 10)
                        let (sum, second) = product.addingReportingOverflow(Int32(c) - 48)
                        if first || second { return nil }
                        value = sum
                    }
                    return unsafe name[10] == 0 ? value : nil
                }
            }
            if let number { numbers.append(number) }
        }
        return true
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var now = timespec()
        unsafe clock_gettime(clock, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    private static func limit(_ resource: __rlimit_resource_t) -> UInt64 {
        var value = rlimit()
        guard unsafe getrlimit(resource, &value) == 0 else { return UInt64.max }
        return UInt64(value.rlim_cur)
    }
}

/// How full a file system is (statvfs), in bytes and file nodes.
public struct FileSystemUsage: Sendable, Equatable {
    public var sizeBytes: Double
    public var freeBytes: Double
    /// Free to processes without privilege.
    public var availableBytes: Double
    public var files: Double
    public var filesFree: Double
    public var isReadOnly: Bool

    /// Blocks for as long as the file system takes to answer: never ask a remote one on a path that must go on.
    ///
    /// - Parameter path: With a NUL at its end, so that a path kept for many calls is not built anew.
    public init(terminatedPath path: [UInt8]) throws(DiskError) {
        guard path.last == 0 else { throw DiskError(.notFound, "statvfs", "", "the path has no end") }
        var status = statvfs()
        // Safe: the array ends in NUL, checked above, and the call keeps no pointer.
        let result = unsafe path.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe statvfs($0.baseAddress!, &status) }
        }
        guard result == 0 else { throw procError("statvfs", String(decoding: path.dropLast(), as: UTF8.self)) }
        let block = Double(status.f_frsize)
        sizeBytes = Double(status.f_blocks) * block
        freeBytes = Double(status.f_bfree) * block
        availableBytes = Double(status.f_bavail) * block
        files = Double(status.f_files)
        filesFree = Double(status.f_ffree)
        isReadOnly = status.f_flag & UInt(ST_RDONLY) != 0
    }
}

/// Names of this machine.
public enum SystemName {
    /// The host's name as the kernel knows it; "localhost" when it has none.
    public static var host: String {
        var buffer = [CChar](repeating: 0, count: 256)
        // Safe: the system writes at most the given count, and the last byte stays 0.
        let status = unsafe buffer.withUnsafeMutableBufferPointer { unsafe gethostname($0.baseAddress!, $0.count - 1) }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return status == 0 && !name.isEmpty ? name : "localhost"
    }
}
