import ApusCollectors
import ApusModel
import Foundation
import FoundationNetworking
import Testing

/// Holds our names against those of a node_exporter that runs beside us, where one is installed.
struct NodeExporterComparisonTests {
    /// What versions after 1.5 have and Debian's 1.5 lacks, and what is ours.
    private static let newerFamilies: Set<String> = ["node_filesystem_mount_info", "node_pressure_irq_stalled_seconds_total"]
    private static let newerLabels: Set<String> = ["rotational", "adminstate", "device_error"]

    private static let program = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .flatMap { ["\($0)/prometheus-node-exporter", "\($0)/node_exporter"] }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: program != nil, "no node_exporter on PATH"))
    func `every family we give is node_exporter's, with its type, help and label names`() async throws {
        let theirs = Families(exposition: try await Self.scrape(program: #require(Self.program)))
        var collector = HostCollector()
        var batch = WriteBatch()
        collector.collect(into: &batch, at: Int64(Date().timeIntervalSince1970 * 1000))
        var labelNames: [String: Set<String>] = [:]
        for entry in batch.entries {
            let pairs = batch.labels(of: entry).pairs
            let name = pairs.first { $0.name == "__name__" }?.value ?? ""
            labelNames[name, default: []].formUnion(pairs.map(\.name).filter { $0 != "__name__" })
        }
        #expect(batch.metadata.count > 100)
        for (name, metadata) in batch.metadata where !name.hasPrefix("cgroup_") && !Self.newerFamilies.contains(name) {
            let known = try #require(theirs.byName[name] ?? theirs.absent(labelNames[name]), "node_exporter has no \(name)")
            let kind = metadata.kind == .unknown ? "untyped" : metadata.kind.rawValue
            guard let known = known.kind.isEmpty ? nil : known else { continue }
            #expect(kind == known.kind, "\(name)")
            #expect(metadata.help == known.help, "\(name)")
            #expect((labelNames[name] ?? []).subtracting(Self.newerLabels) == known.labels.subtracting(Self.newerLabels), "\(name)")
        }
    }

    /// Starts it on a port of the system's choice, reads its page once and ends it.
    private static func scrape(program: String) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--web.listen-address=127.0.0.1:0", "--collector.netdev.device-exclude=^$"]
        let log = Pipe()
        process.standardError = log
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        defer { process.terminate() }
        var text = ""
        var port: Substring?
        while port == nil {
            let data = log.fileHandleForReading.availableData
            try #require(!data.isEmpty, "it ended early: \(text)")
            text += String(decoding: data, as: UTF8.self)
            port = text.split(separator: "\n").first { $0.contains("Listening on") }?
                .split(separator: "address=127.0.0.1:").dropFirst().first?.prefix { $0.isNumber }
        }
        let address = try #require(URL(string: "http://127.0.0.1:\(port ?? "")/metrics"))
        return String(decoding: try await URLSession.shared.data(from: address).0, as: UTF8.self)
    }

    private struct Families {
        struct Family {
            var kind = ""
            var help = ""
            /// Names of labels that have a value in some series.
            var labels: Set<String> = []
        }
        var byName: [String: Family] = [:]

        init(exposition: String) {
            for line in exposition.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 3).map(String.init)
                if line.hasPrefix("# TYPE ") {
                    byName[words[2], default: Family()].kind = words[3]
                } else if line.hasPrefix("# HELP ") {
                    byName[words[2], default: Family()].help = words.count > 3 ? words[3] : ""
                } else if let name = line.split(whereSeparator: { $0 == "{" || $0 == " " }).first {
                    let labels = line.matches(of: /([a-z_]+)="([^"]*)"/).filter { !$0.output.2.isEmpty }.map { String($0.output.1) }
                    byName[String(name), default: Family()].labels.formUnion(labels)
                }
            }
        }

        /// A family of which we gave no series either.
        func absent(_ labels: Set<String>?) -> Family? { labels == nil ? Family() : nil }
    }
}
