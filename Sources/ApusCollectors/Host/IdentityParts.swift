internal import ApusModel
internal import ApusPlatform

/// What uname says, from `/proc/sys/kernel`; read in every 30th cycle, since a host's name can change.
struct UnamePart: CollectorPart {
    static let name = "uname"
    private static let family = Family(
        "node_uname_info", .gauge, "Labeled system information as provided by the uname system call.")

    private let folder: String
    private var labels = Labels()
    private var cycle = 0

    init(root: String) { folder = root + "/proc/sys/kernel/" }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        if cycle == 0 { Self.family.declare(in: &batch) }
        if cycle % 30 == 0 {
            func text(_ name: String) -> String { textFile(folder + name) ?? "" }
            let system = text("ostype")
            guard !system.isEmpty else { throw CollectorError("no \(folder)ostype") }
            let machine = text("arch")
            labels = Self.family.labels([
                ("sysname", system), ("nodename", text("hostname")), ("release", text("osrelease")),
                ("version", text("version")), ("domainname", text("domainname")),
                ("machine", machine.isEmpty ? Self.builtFor : machine),
            ])
        }
        cycle &+= 1
        batch.append(labels, time: time, value: 1)
    }

    /// Kernels before 6.1 have no file for it.
    private static var builtFor: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            ""
        #endif
    }
}

/// `/etc/os-release`, or `/usr/lib/os-release`; read once, and again in every 360th cycle (an hour at ten seconds).
struct OperatingSystemPart: CollectorPart {
    static let name = "os"
    private static let info = Family(
        "node_os_info", .gauge,
        "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, image_version, "
            + "name, pretty_name, variant, variant_id, version, version_codename, version_id.")
    private static let version = Family(
        "node_os_version", .gauge, "Metric containing the major.minor part of the OS version.")
    private static let names = [
        "build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant", "variant_id", "version",
        "version_codename", "version_id",
    ]

    private let root: String
    private var infoLabels = Labels()
    private var versionSample: (Labels, Double)?
    private var cycle = 0

    init(root: String) { self.root = root }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        if cycle % 360 == 0 {
            guard let text = textFile(root + "/etc/os-release") ?? textFile(root + "/usr/lib/os-release") else {
                throw CollectorError("no os-release file")
            }
            let fields = Self.fields(of: text)
            infoLabels = Self.info.labels(Self.names.map { ($0, fields[$0.uppercased()] ?? "") })
            versionSample = Self.majorMinor(fields["VERSION_ID"] ?? "").map { number in
                (Self.version.labels(["id", "id_like", "name"].map { ($0, fields[$0.uppercased()] ?? "") }), number)
            }
            if cycle == 0 {
                Self.info.declare(in: &batch)
                if versionSample != nil { Self.version.declare(in: &batch) }
            }
        }
        cycle &+= 1
        batch.append(infoLabels, time: time, value: 1)
        if let (labels, value) = versionSample { batch.append(labels, time: time, value: value) }
    }

    /// `NAME=value`, where the value may stand in quotes, with backslashes before what is special in double ones.
    static func fields(of text: String) -> [String: String] {
        var result: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            var value = line[line.index(after: equals)...]
            if let quote = value.first, quote == "\"" || quote == "'", value.count >= 2, value.last == quote {
                value = value.dropFirst().dropLast()
            }
            var plain = ""
            var isEscaped = false
            for character in value {
                if character == "\\" && !isEscaped {
                    isEscaped = true
                } else {
                    plain.append(character)
                    isEscaped = false
                }
            }
            result[String(line[..<equals])] = plain
        }
        return result
    }

    /// The front of a version that is a number: 12, 24.04, 3.19 of 3.19.1.
    static func majorMinor(_ text: String) -> Double? {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        func digits(_ part: Substring) -> Substring { part.prefix { $0.isASCII && $0.isNumber } }
        guard let first = parts.first, !digits(first).isEmpty else { return nil }
        guard parts.count > 1, digits(first).count == first.count else { return Double(digits(first)) }
        return Double(digits(first) + "." + digits(parts[1])) ?? Double(digits(first))
    }
}
