/// The frames of the last minutes: at each time one value per channel, in the layout's order; NaN where there is none.
///
/// Times increase strictly. At most `countMax` frames and `spanMilliseconds`; older ones fall out.
struct FrameRing {
    struct Frame {
        /// Counts up by one; frames put in from the store have no number of their own (zero).
        var sequence: Int64
        var time: Int64
        var values: [Double]
    }

    static let countMax = 1000
    static let spanMilliseconds: Int64 = 15 * 60_000

    private(set) var frames: [Frame] = []
    private(set) var layout = Layout()
    private(set) var lastSequence: Int64 = 0

    var firstTime: Int64? { frames.first?.time }
    var lastTime: Int64? { frames.last?.time }
    var last: Frame? { frames.last }

    /// Adds a frame behind the others; an older time is the caller's mistake and is ignored.
    ///
    /// - Returns: Whether the layout grew by a channel.
    mutating func append(time: Int64, values: [String: Double]) -> Bool {
        guard time > lastTime ?? .min else { return false }
        let grew = grow(for: values.keys)
        lastSequence += 1
        frames.append(Frame(sequence: lastSequence, time: time, values: row(values)))
        trim()
        return grew
    }

    /// Puts frames from the store before the first one; those that are not older are left out.
    mutating func prepend(_ older: [(time: Int64, values: [String: Double])]) {
        let limit = firstTime ?? .max
        var accepted: [(time: Int64, values: [String: Double])] = []
        for frame in older where frame.time < limit && frame.time > accepted.last?.time ?? .min { accepted.append(frame) }
        _ = grow(for: accepted.reduce(into: Set<String>()) { $0.formUnion($1.values.keys) })
        frames.insert(contentsOf: accepted.map { Frame(sequence: 0, time: $0.time, values: row($0.values)) }, at: 0)
        trim()
    }

    /// A channel's value in the newest frame.
    func latest(_ channel: String) -> Double? {
        guard let index = layout.index[channel], let value = frames.last?.values[index], value.isFinite else { return nil }
        return value
    }

    /// The channels whose name starts with `prefix`, with their newest values.
    func latest(prefix: String) -> [(channel: String, value: Double)] {
        layout.channels.compactMap { channel in
            channel.id.hasPrefix(prefix) ? latest(channel.id).map { (channel.id, $0) } : nil
        }
    }

    private func row(_ values: [String: Double]) -> [Double] { layout.channels.map { values[$0.id] ?? .nan } }

    private mutating func grow(for ids: some Sequence<String>) -> Bool {
        let old = layout
        guard layout.add(ids) else { return false }
        for i in frames.indices {
            let before = frames[i].values
            frames[i].values = layout.channels.map { channel in
                // A device that was idle until now moved nothing.
                old.index[channel.id].map { before[$0] } ?? (channel.isDevice ? 0 : .nan)
            }
        }
        return true
    }

    private mutating func trim() {
        guard let newest = lastTime else { return }
        let kept = frames.firstIndex { newest - $0.time <= Self.spanMilliseconds } ?? 0
        let surplus = max(kept, frames.count - Self.countMax)
        // In runs, so that a frame costs no move of all others.
        if surplus >= 50 || surplus > 0 && frames.count > Self.countMax + 50 { frames.removeFirst(surplus) }
    }
}
