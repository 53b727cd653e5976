/// The wire form of snapshots and events.
///
///     snapshot   {"id","now","gap","name","version","startedAt","ownSelector","layout","rows":[…],"charts":[…],"times":[…],"values":[[…]],"status":{…}}
///     frame      {"t":time,"l":layout,"v":[one value per channel]}        id: EPOCH-LAYOUT-SEQUENCE
///     status     the object `status` of the snapshot, when it changed
///     beat       {"now":time}, when nothing else was sent for 5 s
///
/// `charts[].channels` in order, over all charts in order, are the channels of `values` and `v`. Times are milliseconds.
extension OverviewModel {
    /// A step longer than this is a gap in the line.
    var gapMilliseconds: Int64 { max(35_000, host.intervalMaxMilliseconds * 3) }

    func snapshotJSON(_ state: borrowing State, now: Int64) -> [UInt8] {
        var writer = JSONWriter()
        let ring = state.ring
        let status = state.status
        writer.object { writer in
            writer.key("id")
            writer.string(eventID(ring.layout, ring.lastSequence))
            writer.key("now")
            writer.integer(now)
            writer.key("gap")
            writer.integer(gapMilliseconds)
            writer.key("name")
            writer.string(host.name)
            writer.key("version")
            writer.string(host.version)
            writer.key("startedAt")
            writer.integer(host.startedAt)
            writer.key("ownSelector")
            writer.string(host.ownSelector)
            writer.key("layout")
            writer.integer(Int64(ring.layout.number))
            writer.key("rows")
            writer.array(ChartCatalog.rows) { $0.row($1, cores: status.cores) }
            writer.key("charts")
            writer.array(ChartCatalog.charts) { $0.chart($1, channels: ring.layout.channels(of: $1)) }
            writer.columns(ring)
            writer.key("status")
            status.write(to: &writer)
        }
        return writer.bytes
    }

    func snapshotEvent(_ state: borrowing State, now: Int64) -> [UInt8] {
        ServerSentEvent(id: eventID(state.ring.layout, state.ring.lastSequence), name: "snapshot", data: snapshotJSON(state, now: now)).bytes
    }

    /// The newest frame, and the status when it is another than was last sent.
    func frameEvent(_ state: inout State) -> [UInt8] {
        guard let frame = state.ring.last else { return [] }
        return (statusEvent(&state) ?? []) + frameEvent(frame, state.ring.layout)
    }

    func statusEvent(_ state: inout State) -> [UInt8]? {
        var writer = JSONWriter()
        state.status.write(to: &writer)
        guard writer.bytes != state.sentStatus else { return nil }
        state.sentStatus = writer.bytes
        return ServerSentEvent(name: "status", data: writer.bytes).bytes
    }

    /// What a viewer that saw `id` has not seen: the frames since, or, when those are too many or not known, a snapshot.
    func missedEvents(_ state: borrowing State, after id: String?, now: Int64) -> [UInt8] {
        let ring = state.ring
        guard let sequence = id.flatMap({ self.sequence(of: $0, layout: ring.layout) }), sequence <= ring.lastSequence,
            ring.lastSequence - sequence <= 120, let first = ring.frames.first(where: { $0.sequence > 0 }),
            sequence + 1 >= first.sequence
        else { return snapshotEvent(state, now: now) }
        var writer = JSONWriter()
        state.status.write(to: &writer)
        var result = ServerSentEvent(name: "status", data: writer.bytes).bytes
        for frame in ring.frames where frame.sequence > sequence {
            result += frameEvent(frame, ring.layout)
        }
        return result
    }

    private func frameEvent(_ frame: FrameRing.Frame, _ layout: Layout) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("t")
            writer.integer(frame.time)
            writer.key("l")
            writer.integer(Int64(layout.number))
            writer.key("v")
            writer.array(frame.values) { $0.number($1) }
        }
        return ServerSentEvent(id: eventID(layout, frame.sequence), name: "frame", data: writer.bytes).bytes
    }

    private func eventID(_ layout: Layout, _ sequence: Int64) -> String { "\(epoch)-\(layout.number)-\(sequence)" }

    /// - Returns: Nil for an id of another run of the program or another layout: its columns are not ours.
    private func sequence(of id: String, layout: Layout) -> Int64? {
        let prefix = "\(epoch)-\(layout.number)-"
        guard id.hasPrefix(prefix) else { return nil }
        return Int64(id.dropFirst(prefix.count)).flatMap { $0 >= 0 ? $0 : nil }
    }
}

extension JSONWriter {
    fileprivate mutating func row(_ row: ChartCatalog.Row, cores: Int) {
        object { writer in
            writer.key("id")
            writer.string(row.id)
            writer.key("title")
            writer.string(row.title)
            writer.key("sentence")
            let parts = row.sentence.split(separator: "$cores", omittingEmptySubsequences: false)
            writer.string(parts.joined(separator: cores == 1 ? "one core" : cores > 1 ? "\(cores) cores" : "cores"))
        }
    }

    fileprivate mutating func chart(_ chart: Chart, channels: [Layout.Channel]) {
        object { writer in
            for (key, text) in [
                ("id", chart.id), ("row", chart.row), ("title", chart.title), ("unit", chart.unit.rawValue),
                ("kind", chart.kind.rawValue), ("lead", chart.lead), ("hint", chart.hint),
            ] {
                writer.key(key)
                writer.string(text)
            }
            writer.key("ceiling")
            switch chart.ceiling {
            case .fixed(let value): writer.number(value)
            case .data: writer.null()
            case .memory: writer.string("memory")
            }
            writer.key("wide")
            writer.boolean(chart.wide)
            writer.key("headline")
            writer.array(chart.headline) { $0.string($1) }
            writer.key("lines")
            writer.array(chart.lines) { writer, line in
                writer.array([line.id, line.label]) { $0.string($1) }
            }
            writer.key("channels")
            writer.array(channels) { writer, channel in
                writer.array([channel.id, channel.label]) { $0.string($1) }
            }
            writer.key("queries")
            writer.array(chart.queries) { $0.query($1) }
        }
    }

    private mutating func query(_ query: Chart.Query) {
        object { writer in
            writer.key("q")
            writer.string(query.text)
            writer.key("channel")
            writer.string(query.channel)
            guard let label = query.by else { return }
            writer.key("by")
            writer.string(label)
            guard !query.map.isEmpty else { return }
            writer.key("map")
            writer.object { writer in
                for (value, channel) in query.map.sorted(by: { $0.key < $1.key }) {
                    writer.key(value)
                    writer.string(channel)
                }
            }
        }
    }

    /// Every frame of the last minute; before that the means of five seconds, a third of the bytes for what no eye can tell.
    fileprivate mutating func columns(_ ring: FrameRing) {
        let newest = ring.lastTime ?? 0
        var groups: [[FrameRing.Frame]] = []
        var bucket: Int64?
        for frame in ring.frames where newest - frame.time <= FrameRing.spanMilliseconds {
            let current: Int64? = newest - frame.time <= 60_000 ? nil : frame.time / 5000
            if current != nil && current == bucket { groups[groups.count - 1].append(frame) } else { groups.append([frame]) }
            bucket = current
        }
        key("times")
        array(groups) { $0.integer($1.last?.time ?? 0) }
        key("values")
        array(ring.layout.channels.indices) { writer, channel in
            writer.array(groups) { $0.number(Self.mean($1, channel)) }
        }
    }

    private static func mean(_ frames: [FrameRing.Frame], _ channel: Int) -> Double? {
        var sum = 0.0
        var count = 0.0
        for frame in frames where frame.values[channel].isFinite {
            sum += frame.values[channel]
            count += 1
        }
        return count > 0 ? sum / count : nil
    }
}
