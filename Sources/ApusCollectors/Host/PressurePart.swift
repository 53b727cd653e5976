internal import ApusModel
internal import ApusPlatform

/// `/proc/pressure`: how long tasks waited (some of them) or stood still (all of them) for a resource.
struct PressurePart: CollectorPart {
    static let name = "pressure"

    private struct Resource {
        let file: ProcFile
        /// Index of the series for the line `some` and the line `full`.
        let some: Int?
        let full: Int?
        let isOptional: Bool
    }

    private let resources: [Resource]
    private var buffer: [UInt8] = []
    private var series = FixedSeries([
        Family("node_pressure_cpu_waiting_seconds_total", .counter, "Total time in seconds that processes have waited for CPU time"),
        Family("node_pressure_io_waiting_seconds_total", .counter, "Total time in seconds that processes have waited due to IO congestion"),
        Family("node_pressure_io_stalled_seconds_total", .counter, "Total time in seconds no process could make progress due to IO congestion"),
        Family("node_pressure_memory_waiting_seconds_total", .counter, "Total time in seconds that processes have waited for memory"),
        Family("node_pressure_memory_stalled_seconds_total", .counter, "Total time in seconds no process could make progress due to memory congestion"),
        Family("node_pressure_irq_stalled_seconds_total", .counter, "Total time in seconds no process could make progress due to IRQ congestion"),
    ])

    init(root: String) {
        let folder = root + "/proc/pressure/"
        resources = [
            Resource(file: ProcFile(folder + "cpu"), some: 0, full: nil, isOptional: false),
            Resource(file: ProcFile(folder + "io"), some: 1, full: 2, isOptional: false),
            Resource(file: ProcFile(folder + "memory"), some: 3, full: 4, isOptional: false),
            // Only kernels with CONFIG_IRQ_TIME_ACCOUNTING have it.
            Resource(file: ProcFile(folder + "irq"), some: nil, full: 5, isOptional: true),
        ]
    }

    mutating func collect(into batch: inout WriteBatch, at time: Int64) throws {
        for resource in resources {
            do { try resource.file.read(into: &buffer) } catch {
                if resource.isOptional { continue }
                throw error
            }
            let text = buffer
            let span = text.span
            var scanner = TextScanner(0..<span.count)
            while let line = scanner.line(span) {
                let index = hasPrefix(span, line, "some ") ? resource.some : hasPrefix(span, line, "full ") ? resource.full : nil
                guard let index, let total = Self.total(span, line) else { continue }
                series.append(index, Double(total) / 1_000_000, to: &batch, at: time)
            }
        }
    }

    /// Microseconds behind `total=`.
    private static func total(_ bytes: borrowing Span<UInt8>, _ line: Range<Int>) -> UInt64? {
        var fields = TextScanner(line)
        while let field = fields.field(bytes) {
            if hasPrefix(bytes, field, "total=") { return parseNumber(bytes, (field.lowerBound + 6)..<field.upperBound) }
        }
        return nil
    }
}
