/// Which file systems people care for.
enum FilesystemList {
    /// Kinds that live in memory, or are read-only images: always "full", or never.
    private static let ignored: Set<String> = [
        "tmpfs", "devtmpfs", "squashfs", "ramfs", "efivarfs", "iso9660", "overlay", "autofs", "nsfs", "proc", "sysfs", "cgroup",
        "cgroup2", "devpts", "mqueue", "tracefs", "debugfs", "securityfs", "pstore", "bpf", "hugetlbfs", "configfs", "fusectl",
        "rpc_pipefs", "binfmt_misc",
    ]

    /// Those to show, by mount point: of several mounts of one device the shortest path.
    static func shown(_ all: [String: HostReading.Filesystem]) -> [String: HostReading.Filesystem] {
        var byDevice: [String: String] = [:]
        for (mount, filesystem) in all where filesystem.size > 0 {
            if ignored.contains(filesystem.type) && mount != "/" { continue }
            let device = filesystem.device.isEmpty ? mount : filesystem.device
            if let other = byDevice[device], (other.utf8.count, other) <= (mount.utf8.count, mount) { continue }
            byDevice[device] = mount
        }
        let mounts = Set(byDevice.values)
        return all.filter { mounts.contains($0.key) }
    }
}
