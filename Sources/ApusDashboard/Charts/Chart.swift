/// One chart of the page as data: what it is called, what its lines are, and where their past is to be found.
struct Chart: Sendable {
    enum Unit: String, Sendable { case percent, bytes, bytesPerSecond, count, perSecond, seconds }
    enum Kind: String, Sendable { case stack, lines }

    /// What the vertical axis ends at.
    enum Ceiling: Sendable {
        case fixed(Double)
        /// Grows with the data, and shows the limit as a line when there is one.
        case data
        /// The host's memory.
        case memory
    }

    /// A line. `id` ends with a dot when there is one for each device.
    struct Line: Sendable {
        var id: String
        var label: String
    }

    /// A PromQL query for longer ranges. `$s` stands for the host's matchers, `$o` for the program's own, `$w` for the window of rates.
    struct Query: Sendable {
        var text: String
        /// The channel of the answer, or with `by` its prefix.
        var channel: String
        /// The label that tells the answer's series apart.
        var by: String?
        /// Label values to channels; several may share one and are added up. Without it, the value is appended to `channel`.
        var map: [String: String] = [:]
    }

    var id: String
    var row: String
    var title: String
    var unit: Unit
    var kind: Kind = .lines
    var ceiling: Ceiling = .data
    /// What the large number is: the newest value of these lines, added up; `lead` says what it is called.
    var headline: [String]
    var lead: String
    var wide = false
    var lines: [Line]
    var queries: [Query] = []
    /// What fills the chart, said while it is empty.
    var hint = ""
}

/// The channels of a frame, in order.
struct Layout: Sendable {
    struct Channel: Sendable, Equatable {
        var id: String
        var label: String
        var isDevice: Bool
    }

    /// Counts up with each change.
    private(set) var number = 0
    private(set) var channels: [Channel] = []
    private(set) var index: [String: Int] = [:]

    /// - Returns: Whether there was a new channel among them; ids that no chart knows are ignored.
    mutating func add(_ ids: some Sequence<String>) -> Bool {
        var added = false
        for id in ids where index[id] == nil {
            guard let channel = Self.channel(id) else { continue }
            channels.append(channel)
            index[id] = channels.count - 1
            added = true
        }
        guard added else { return false }
        channels.sort { Self.order($0.id) < Self.order($1.id) }
        index = Dictionary(uniqueKeysWithValues: channels.enumerated().map { ($1.id, $0) })
        number += 1
        return true
    }

    /// The lines of one chart that have data.
    func channels(of chart: Chart) -> [Channel] {
        chart.lines.flatMap { line in
            line.id.hasSuffix(".") ? channels.filter { $0.id.hasPrefix(line.id) } : channels.filter { $0.id == line.id }
        }
    }

    private static func channel(_ id: String) -> Channel? {
        for chart in ChartCatalog.charts {
            for line in chart.lines {
                if line.id == id { return Channel(id: id, label: line.label, isDevice: false) }
                if line.id.hasSuffix("."), id.hasPrefix(line.id), id.count > line.id.count {
                    let device = String(id.dropFirst(line.id.count))
                    return Channel(id: id, label: line.label.isEmpty ? device : "\(device) \(line.label)", isDevice: true)
                }
            }
        }
        return nil
    }

    /// Catalogue order first, then by name, "others" last.
    private static func order(_ id: String) -> (Int, Int, String) {
        var position = 0
        for chart in ChartCatalog.charts {
            for line in chart.lines {
                if line.id == id || line.id.hasSuffix(".") && id.hasPrefix(line.id) {
                    return (position, id.hasSuffix(".others") ? 1 : 0, id)
                }
                position += 1
            }
        }
        return (position, 0, id)
    }
}
