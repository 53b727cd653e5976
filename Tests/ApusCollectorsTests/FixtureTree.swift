import ApusModel
import ApusPlatform

/// A folder of files that stands for `/`, removed with this object.
final class FixtureTree {
    let root: String
    private let disk = PosixDisk()

    init(_ files: [String: String]) throws {
        root = "/tmp/apus-collectors-\(UInt64.random(in: 0...UInt64.max))"
        for (path, text) in files { try write(path, text) }
    }

    deinit { _ = try? disk.removeTree(root) }

    /// In place, since a collector keeps its files open as it does in `/proc`.
    func write(_ path: String, _ text: String) throws { try write(path, Array(text.utf8)) }

    func write(_ path: String, _ bytes: [UInt8]) throws {
        let full = root + "/" + path
        let isThere = disk.exists(full)
        if !isThere { try disk.createDirectory("/" + full.split(separator: "/").dropLast().joined(separator: "/")) }
        let file = try disk.open(full, isThere ? .readWrite : .createNew)
        try file.truncate(to: 0)
        if !bytes.isEmpty { try file.write(bytes.span, at: 0) }
        file.close()
    }

    func remove(_ path: String) throws { try disk.removeTree(root + "/" + path) }
}

extension WriteBatch {
    /// Series as PromQL writes them, with their values.
    var samples: [String: Double] {
        var result: [String: Double] = [:]
        for entry in entries {
            result[labels(of: entry).description] = values[Int(entry.firstSample)]
        }
        return result
    }

    /// What is wrong with label runs that are not canonical.
    var invalidLabels: [LabelsError] {
        let span = bytes.span
        var result: [LabelsError] = []
        for entry in entries {
            do { _ = try Labels(validating: span, entry.labels) } catch { result.append(error) }
        }
        return result
    }

    func labels(of entry: Entry) -> Labels {
        var pairs: [(String, String)] = []
        var cursor = LabelCursor(offset: Int(entry.labelsStart), end: Int(entry.labelsEnd))
        while let label = cursor.next(bytes.span) {
            pairs.append((String(decoding: bytes[label.name], as: UTF8.self), String(decoding: bytes[label.value], as: UTF8.self)))
        }
        return Labels(pairs)
    }
}

extension FixtureTree {
    /// A small host, each file as a kernel writes it.
    static let host: [String: String] = [
        "proc/stat": """
        cpu  300 4 5 6 7 8 9 10 11 12
        cpu0 100 2 30 4000 50 0 7 8 9 10
        cpu1 200 2 31 4100 51 1 8 9 0 1
        intr 471896 0 0 0 404 168
        ctxt 823426
        btime 1795228202
        processes 17289
        procs_running 3
        procs_blocked 1
        softirq 368998 0 40984 4

        """,
        "proc/loadavg": "0.58 1.72 10.33 1/112 17288\n",
        "proc/meminfo": """
        MemTotal:       49368776 kB
        Active(anon):      11956 kB
        Committed_AS:     507536 kB
        HugePages_Total:       3
        Hugepagesize:       2048 kB
        Odd-Name:              1 kB

        """,
        "proc/vmstat": """
        nr_free_pages 11
        pgpgin 22
        pgpgout 33
        pswpin 44
        pgscan_kswapd 5
        pgfault 66
        pgmajfault 77
        oom_kill 88
        thp_fault_alloc 99

        """,
        "proc/diskstats": """
           7       0 loop0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
         254       0 vda 144001 28866 9351066 30367 38306 48136 6351096 12580 2 16484 43647 8459 5 794320 536 5287 163
         254       1 vda1 1 2 3 4 5 6 7 8 9 10 11
         259       0 nvme0n1 1 2 3 4 5 6 7 8 9 10 11
         259       1 nvme0n1p1 1 2 3 4 5 6 7 8 9 10 11

        """,
        "run/udev/data/b254:0": "S:disk/by-id/x\nE:ID_SERIAL=serial 1\nE:ID_MODEL=Model=7\n",
        "sys/block/vda/queue/rotational": "1\n",
        "proc/net/dev": """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:  274209    2259    0    0    0     0          0         0   274209    2259    0    0    0     0       0          0
          eth0:369372390    6886    1    2    3     4          5         6   278902    3637    7    8    9    10      11         12

        """,
        "sys/class/net/eth0/operstate": "up\n", "sys/class/net/eth0/address": "02:fc:00:00:00:01\n",
        "sys/class/net/eth0/broadcast": "ff:ff:ff:ff:ff:ff\n", "sys/class/net/eth0/duplex": "full\n",
        "sys/class/net/eth0/ifalias": "\n", "sys/class/net/eth0/flags": "0x1003\n", "sys/class/net/eth0/mtu": "1400\n",
        "sys/class/net/eth0/speed": "1000\n", "sys/class/net/bonding_masters": "bond0\n",
        "proc/pressure/cpu": "some avg10=0.90 avg60=8.66 avg300=10.77 total=62660647\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
        "proc/pressure/io": "some avg10=0.77 avg60=1.03 avg300=1.09 total=10891551\nfull avg10=0.71 avg60=0.90 avg300=0.96 total=9887202\n",
        "proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=4\n",
        "proc/sys/fs/file-nr": "617\t0\t2466177\n",
        "proc/net/sockstat": """
        sockets: used 18
        TCP: inuse 3 orphan 0 tw 184 alloc 5 mem 204
        UDP: inuse 1 mem 0
        FRAG: inuse 0 memory 7

        """,
        "proc/net/sockstat6": "TCP6: inuse 2\n",
        "proc/sys/kernel/ostype": "Linux\n", "proc/sys/kernel/hostname": "vm\n", "proc/sys/kernel/osrelease": "6.18.44\n",
        "proc/sys/kernel/version": "1 SMP\n", "proc/sys/kernel/domainname": "(none)\n", "proc/sys/kernel/arch": "x86_64\n",
        "etc/os-release": "PRETTY_NAME=\"Debian \\\"12\\\"\"\nNAME='Debian GNU/Linux'\nVERSION_ID=\"12.5.1\"\n# x=y\nID=debian\n",
        "proc/1/mountinfo": """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
        30 27 0:40 / /tank\\040one rw shared:1 master:2 - xfs /dev/vdb rw
        31 27 0:41 / /net rw - nfs4 server:/export rw
        32 27 0:42 / /gone rw - ext4 /dev/vdc rw

        """,
        "tank one/file": "x",
        "proc/self/cgroup": "9:name=systemd:/\n0::/app.slice\n",
        "sys/fs/cgroup/cgroup.controllers": "cpu io memory pids\n",
        "sys/fs/cgroup/app.slice/cgroup.controllers": "cpu io memory pids\n",
        "sys/fs/cgroup/app.slice/cpu.stat": "usage_usec 5000000\nuser_usec 4000000\nsystem_usec 1000000\nnr_periods 10\nnr_throttled 2\nthrottled_usec 30000\n",
        "sys/fs/cgroup/app.slice/cpu.max": "150000 100000\n",
        "sys/fs/cgroup/app.slice/memory.current": "1048576\n", "sys/fs/cgroup/app.slice/memory.max": "max\n",
        "sys/fs/cgroup/app.slice/memory.events": "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n",
        "sys/fs/cgroup/app.slice/io.stat": "254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n",
        "sys/dev/block/254:0/uevent": "MAJOR=254\nMINOR=0\nDEVNAME=vda\n",
    ]
}
