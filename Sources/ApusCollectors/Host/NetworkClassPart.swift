internal import ApusModel
internal import ApusPlatform

/// `/sys/class/net`: state of each interface. The state itself is read in each cycle, all else when it changes and in every
/// 30th cycle, since asking a driver for its speed can be slow.
struct NetworkClassPart: CollectorPart {
    static let name = "netclass"

    private static let up = Family("node_network_up", .gauge, "Value is 1 if operstate is 'up', 0 otherwise.")
    private static let info = Family(
        "node_network_info", .gauge, "Non-numeric data from /sys/class/net/<iface>, value is always 1.")
    /// From files of one number each; speed in the file is in Mbit/s.
    private static let numbers: [(file: String, Family, unit: Double)] = [
        ("mtu", Family("node_network_mtu_bytes", .gauge, "Network device property: mtu_bytes"), 1),
        ("carrier_changes", Family("node_network_carrier_changes_total", .counter, "Network device property: carrier_changes_total"), 1),
        ("speed", Family("node_network_speed_bytes", .gauge, "Network device property: speed_bytes"), 125_000),
    ]
    private static let refreshCycleCount = 30

    private struct Interface: Sendable {
        let folder: String
        let stateFile: ProcFile
        let name: String
        let up: Labels
        var state: [UInt8] = []
        var info = Labels()
        var values: [(Labels, Double)] = []
    }

    private let root: String
    private var buffer: [UInt8] = []
    private var interfaces: [Interface] = []
    private var cycle = 0
    private var isDeclared = false

    init(root: String) { self.root = root }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        if !isDeclared {
            isDeclared = true
            Self.up.declare(in: &batch)
            Self.info.declare(in: &batch)
            for (_, family, _) in Self.numbers { family.declare(in: &batch) }
        }
        let isRefresh = cycle % Self.refreshCycleCount == 0
        cycle &+= 1
        if isRefresh { try findInterfaces() }
        var lostCount = 0
        for index in interfaces.indices {
            do { try interfaces[index].stateFile.read(into: &buffer) } catch {
                // Taken out; the list is made anew in the next cycle.
                lostCount += 1
                continue
            }
            if isRefresh || interfaces[index].state != buffer {
                interfaces[index].state = buffer
                Self.refresh(&interfaces[index])
            }
            let text = buffer
            let span = text.span
            let interface = interfaces[index]
            let isUp = hasPrefix(span, 0..<span.count, "up\n") || isText(span, 0..<span.count, "up")
            batch.append(interface.up, time: time, value: isUp ? 1 : 0)
            batch.append(interface.info, time: time, value: 1)
            for (labels, value) in interface.values { batch.append(labels, time: time, value: value) }
        }
        if lostCount > 0 { cycle = 0 }
    }

    /// The interfaces of this network namespace that `/sys` shows.
    private mutating func findInterfaces() throws {
        var names: [String]
        do { names = try PosixDisk().list(root + "/sys/class/net") } catch {
            interfaces = []
            throw error
        }
        if names.count > SeriesTable.rowCountMax { names.removeLast(names.count - SeriesTable.rowCountMax) }
        let known = Dictionary(interfaces.map { ($0.name, $0) }) { first, _ in first }
        interfaces = names.compactMap { name in
            if let interface = known[name] { return interface }
            let folder = root + "/sys/class/net/" + name
            // `bonding_masters` stands there too and is a file.
            guard textFile(folder + "/operstate") != nil else { return nil }
            return Interface(
                folder: folder, stateFile: ProcFile(folder + "/operstate"), name: name, up: Self.up.labels([("device", name)]))
        }
    }

    private static func refresh(_ interface: inout Interface) {
        func text(_ file: String) -> String { textFile(interface.folder + "/" + file) ?? "" }
        let flags = UInt64(text("flags").dropFirst(2), radix: 16)
        let adminState = flags.map { $0 & 1 != 0 ? "up" : "down" }
        interface.info = info.labels([
            ("device", interface.name), ("address", text("address")), ("broadcast", text("broadcast")),
            ("duplex", text("duplex")), ("operstate", text("operstate")), ("adminstate", adminState ?? "unknown"),
            ("ifalias", text("ifalias")),
        ])
        interface.values = numbers.compactMap { file, family, unit in
            guard let bytes = Optional(Array(text(file).utf8)), let value = parseDecimal(bytes.span, 0..<bytes.count) else { return nil }
            return (family.labels([("device", interface.name)]), value * unit)
        }
    }
}
