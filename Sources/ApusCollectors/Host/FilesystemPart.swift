internal import ApusBytes
internal import ApusModel
internal import ApusPlatform

/// Space on the mounted file systems, from `/proc/1/mountinfo` (or this process's where that is not ours to read) and statvfs.
///
/// Only local file systems are asked: statvfs on a dead NFS server or FUSE daemon would hold the whole cycle, so those (see
/// `isRemote`) are left out. The excludes of mount points and types are node_exporter's defaults.
struct FilesystemPart: CollectorPart {
    static let name = "filesystem"

    private static let families = [
        Family("node_filesystem_size_bytes", .gauge, "Filesystem size in bytes."),
        Family("node_filesystem_free_bytes", .gauge, "Filesystem free space in bytes."),
        Family("node_filesystem_avail_bytes", .gauge, "Filesystem space available to non-root users in bytes."),
        Family("node_filesystem_files", .gauge, "Filesystem total file nodes."),
        Family("node_filesystem_files_free", .gauge, "Filesystem total free file nodes."),
        Family("node_filesystem_readonly", .gauge, "Filesystem read-only status."),
        Family(
            "node_filesystem_device_error", .gauge,
            "Whether an error occurred while getting statistics for the given device."),
        Family("node_filesystem_mount_info", .gauge, "Filesystem mount information."),
    ]

    private struct Mount: Sendable {
        /// With a NUL at its end, the root path in front.
        let path: [UInt8]
        let labels: [(String, String)]
        let series: [Labels]
        /// Reason and its labels, kept for as long as the same error comes.
        var failure: (reason: String, labels: Labels)?
    }

    private let root: String
    private let files: [ProcFile]
    private var buffer: [UInt8] = []
    /// The text that `mounts` was made of.
    private var knownText: [UInt8] = []
    private var mounts: [Mount] = []
    private var isDeclared = false

    init(root: String) {
        self.root = root
        files = [ProcFile(root + "/proc/1/mountinfo"), ProcFile(root + "/proc/self/mountinfo")]
    }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        do { try files[0].read(into: &buffer) } catch { try files[1].read(into: &buffer) }
        if !isDeclared {
            isDeclared = true
            for family in Self.families { family.declare(in: &batch) }
        }
        if buffer != knownText {
            knownText = buffer
            mounts = Self.mounts(in: buffer, root: root)
        }
        for index in mounts.indices {
            do throws(DiskError) {
                let usage = try FileSystemUsage(terminatedPath: mounts[index].path)
                let series = mounts[index].series
                mounts[index].failure = nil
                batch.append(series[0], time: time, value: usage.sizeBytes)
                batch.append(series[1], time: time, value: usage.freeBytes)
                batch.append(series[2], time: time, value: usage.availableBytes)
                batch.append(series[3], time: time, value: usage.files)
                batch.append(series[4], time: time, value: usage.filesFree)
                batch.append(series[5], time: time, value: usage.isReadOnly ? 1 : 0)
                batch.append(series[6], time: time, value: 0)
                batch.append(series[7], time: time, value: 1)
            } catch {
                if mounts[index].failure?.reason != error.reason {
                    let labels = mounts[index].labels + [("device_error", error.reason)]
                    mounts[index].failure = (error.reason, Self.families[6].labels(labels))
                }
                if let failure = mounts[index].failure { batch.append(failure.labels, time: time, value: 1) }
                batch.append(mounts[index].series[7], time: time, value: 1)
            }
        }
    }

    /// `36 35 98:0 /root /mnt rw,noatime shared:1 - ext3 /dev/root rw`; of two lines with the same labels the first counts.
    private static func mounts(in text: [UInt8], root: String) -> [Mount] {
        let span = text.span
        var scanner = TextScanner(0..<span.count)
        var result: [Mount] = []
        var seen: Set<[String]> = []
        while let line = scanner.line(span), result.count < SeriesTable.rowCountMax {
            var fields = TextScanner(line)
            guard fields.field(span) != nil, fields.field(span) != nil, let number = fields.field(span),
                fields.field(span) != nil, let pointField = fields.field(span)
            else { continue }
            while let field = fields.field(span), !isText(span, field, "-") {}
            guard let typeField = fields.field(span), let deviceField = fields.field(span) else { continue }
            let point = unescaped(span, pointField)
            let type = labelText(span, typeField)
            let pointText = String(decoding: point, as: UTF8.self)
            guard !isExcluded(type: type), !isRemote(type), !isExcluded(mountPoint: pointText) else { continue }
            let device = String(decoding: unescaped(span, deviceField), as: UTF8.self)
            guard seen.insert([device, pointText, type]).inserted else { continue }
            let labels = [("device", device), ("fstype", type), ("mountpoint", pointText)]
            let numbers = labelText(span, number).split(separator: ":", maxSplits: 1).map(String.init)
            let mountInfo = [
                ("device", device), ("major", numbers.first ?? ""), ("minor", numbers.count > 1 ? numbers[1] : ""),
                ("mountpoint", pointText),
            ]
            result.append(
                Mount(
                    path: Array(root.utf8) + point + [0], labels: labels,
                    series: families.indices.map { families[$0].labels($0 == 7 ? mountInfo : labels) }))
        }
        return result
    }

    /// The kernel writes blanks, newlines and backslashes as three octal digits.
    private static func unescaped(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        var at = range.lowerBound
        while at < range.upperBound {
            let c = bytes[at]
            if c == UInt8(ascii: "\\"), range.upperBound - at >= 4 {
                let digits = (1...3).map { bytes[at + $0] &- Ascii.zero }
                if digits.allSatisfy({ $0 < 8 }) {
                    result.append((digits[0] &<< 6) | (digits[1] &<< 3) | digits[2])
                    at += 4
                    continue
                }
            }
            result.append(c)
            at += 1
        }
        // A NUL would end the path early.
        return result.filter { $0 != 0 }
    }

    /// `^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)`
    static func isExcluded(mountPoint: String) -> Bool {
        for folder in ["/dev", "/proc", "/sys"] where mountPoint == folder || mountPoint.hasPrefix(folder + "/") { return true }
        for folder in ["/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/"]
        where mountPoint.hasPrefix(folder) && mountPoint != folder { return true }
        return false
    }

    static func isExcluded(type: String) -> Bool { excludedTypes.contains(type) }

    /// Whether asking may wait for another machine or for a user's process.
    static func isRemote(_ type: String) -> Bool { remoteTypes.contains(type) || type == "fuse" || type.hasPrefix("fuse.") }

    private static let excludedTypes: Set<String> = [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "fusectl",
        "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs", "pstore", "rpc_pipefs", "securityfs",
        "selinuxfs", "squashfs", "erofs", "sysfs", "tracefs",
    ]
    private static let remoteTypes: Set<String> = [
        "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "orangefs",
        "ocfs2", "gfs2", "9p", "coda", "davfs", "virtiofs",
    ]
}
