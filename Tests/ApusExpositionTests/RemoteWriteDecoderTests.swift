import ApusBytes
import ApusExposition
import ApusModel
import ApusTestKit
import Testing

@Suite struct RemoteWriteDecoderTests {
    private let labels: Labels = ["__name__": "up", "job": "node", "instance": "a:9100"]

    private func decode(
        _ message: [UInt8], limits: RemoteWriteLimits = RemoteWriteLimits()
    ) throws(RemoteWriteError) -> (batch: WriteBatch, summary: RemoteWriteSummary) {
        var decoder = RemoteWriteDecoder(limits: limits)
        var body: [UInt8] = []
        Snappy.compress(message.span, into: &body)
        var batch = WriteBatch()
        let summary = try decoder.decode(compressed: body, into: &batch)
        return (batch, summary)
    }

    @Test func `takes what the encoder writes, without copying a label`() throws {
        var encoder = RemoteWriteEncoder()
        let samples = [Sample(time: 1_700_000_000_000, value: 1.5), Sample(time: -1, value: -.infinity)]
        encoder.append(labels, samples)
        encoder.append(["__name__": "long", "value": String(repeating: "x", count: 5000)], [Sample(time: 0, value: 0)])
        let metadata = MetricMetadata(kind: .gauge, help: "Is it up?", unit: "ratio")
        encoder.append(metadata: metadata, of: "up")

        let (batch, summary) = try decode(encoder.bytes)
        #expect(batch.bytes == encoder.bytes)
        #expect(summary.rewrittenSeriesCount == 0)
        #expect(summary.sampleCount == 3)
        #expect(batch.series.map(\.labels).first == labels)
        #expect(batch.series.map(\.samples) == [samples, [Sample(time: 0, value: 0)]])
        #expect(batch.series[1].labels?["value"]?.count == 5000)
        #expect(batch.metadata.map(\.metric) == ["up"])
        #expect(batch.metadata.map(\.1) == [metadata])
    }

    @Test(arguments: 0..<66)
    func `reads times of every length`(bit: Int) throws {
        for time in [
            Int64(truncatingIfNeeded: 1 &<< bit) &- 1, Int64(truncatingIfNeeded: 1 &<< bit), -Int64(bit), .min, .max,
        ] {
            var encoder = RemoteWriteEncoder()
            encoder.append(
                labels, [Sample(time: time, value: 3), Sample(time: time, value: 4), Sample(time: 1, value: 5)])
            let (batch, _) = try decode(encoder.bytes)
            #expect(batch.times == [time, time, 1])
            #expect(batch.values == [3, 4, 5])
        }
    }

    @Test func `keeps the bits of every NaN`() throws {
        var encoder = RemoteWriteEncoder()
        encoder.append(labels, [Sample(time: 1, value: StaleMarker.value), Sample(time: 2, value: -.nan)])
        let (batch, _) = try decode(encoder.bytes)
        #expect(batch.values.map(\.bitPattern) == [StaleMarker.bits, (-Double.nan).bitPattern])
    }

    @Test(arguments: UnusualForm.all)
    func `brings any legal form of a series to the canonical one`(_ form: UnusualForm) throws {
        let (batch, summary) = try decode(Proto.field(1, form.series))
        #expect(summary.rewrittenSeriesCount == 1)
        #expect(batch.series.map(\.labels) == [["__name__": "up", "job": "node"]])
        #expect(batch.series.map(\.samples) == [[Sample(time: 7, value: 2)]])
    }

    @Test func `rewrites one series among usual ones`() throws {
        var encoder = RemoteWriteEncoder()
        encoder.append(labels, [Sample(time: 1, value: 1)])
        let tail = encoder.bytes
        let message = encoder.bytes + Proto.field(1, UnusualForm.all[0].series) + tail
        let (batch, summary) = try decode(message)
        #expect(summary.rewrittenSeriesCount == 1)
        #expect(batch.series.map(\.labels) == [labels, ["__name__": "up", "job": "node"], labels])
        #expect(batch.times == [1, 7, 1])
    }

    @Test func `leaves order, duplicates and empty names for the store to refuse`() throws {
        for run in [
            Proto.label("job", "a") + Proto.label("__name__", "b"), Proto.label("job", "a") + Proto.label("job", "b"),
            Proto.label("", "x"), [],
        ] {
            let (batch, _) = try decode(Proto.field(1, run + Proto.sample(2, 7)))
            #expect(batch.entries.count == 1)
            #expect(Array(batch.bytes[batch.entries[0].labels]) == run)
            #expect(batch.series[0].labels == nil)
        }
    }

    @Test func `counts exemplars and native histograms, and gives no entry to a series without samples`() throws {
        let run = Proto.label("__name__", "up")
        let first =
            run + Proto.sample(1, 1) + Proto.field(3, [0x11] + [UInt8](repeating: 0, count: 8)) + Proto.sample(2, 2)
        let second = run + Proto.field(4, [0x08, 0x01]) + Proto.field(4, [])
        let (batch, summary) = try decode(Proto.field(1, first) + Proto.field(1, second))
        #expect(summary.exemplarCount == 1)
        #expect(summary.histogramCount == 2)
        #expect(batch.series.map(\.samples) == [[Sample(time: 1, value: 1), Sample(time: 2, value: 2)]])
    }

    @Test func `an empty request is an empty batch`() throws {
        let (batch, summary) = try decode([])
        #expect(batch.entries.isEmpty && batch.bytes.isEmpty)
        #expect(summary == RemoteWriteSummary())
    }

    @Test(arguments: [
        [UInt8](), [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x05, 0x00], Array("ping".utf8),
        // Eight mebibytes announced in six bytes: more than the format can hold, though below the limit.
        [0x80, 0x80, 0x80, 0x04, 0x00, 0x00], [0x00, 0x00],
    ])
    func `refuses what is not Snappy`(body: [UInt8]) {
        var decoder = RemoteWriteDecoder()
        var batch = WriteBatch()
        #expect(throws: RemoteWriteError.notSnappy) { try decoder.decode(compressed: body, into: &batch) }
    }

    @Test func `checks every limit, and empties the batch`() throws {
        var limits = RemoteWriteLimits()
        limits.uncompressedByteCountMax = 1000
        limits.seriesCountMax = 2
        limits.sampleCountMax = 5
        limits.metadataCountMax = 1
        #expect(throws: RemoteWriteError.tooLarge(byteCount: 1001, limit: 1000)) {
            try decode([UInt8](repeating: 0, count: 1001), limits: limits)
        }
        var encoder = RemoteWriteEncoder()
        for _ in 0..<3 { encoder.append(labels, [Sample(time: 1, value: 1)]) }
        #expect(throws: RemoteWriteError.tooManySeries(limit: 2)) { try decode(encoder.bytes, limits: limits) }
        encoder.removeAll()
        encoder.append(labels, (0..<6).map { Sample(time: $0, value: 1) })
        #expect(throws: RemoteWriteError.tooManySamples(limit: 5)) { try decode(encoder.bytes, limits: limits) }
        encoder.removeAll()
        for _ in 0..<2 { encoder.append(metadata: MetricMetadata(kind: .info), of: "a") }
        #expect(throws: RemoteWriteError.tooManyMetadata(limit: 1)) { try decode(encoder.bytes, limits: limits) }

        var decoder = RemoteWriteDecoder(limits: limits)
        var batch = WriteBatch()
        batch.append(labels, time: 1, value: 1)
        _ = try? decoder.decode(compressed: encoder.compressed(), into: &batch)
        #expect(batch.entries.isEmpty && batch.bytes.isEmpty && batch.metadata.isEmpty)
    }

    @Test(arguments: [
        ([UInt8]([0x0a]), 1), ([0x0a, 0x05, 0x0a], 1), ([0x0b], 1), ([0x0c], 1), ([0x00], 0), ([0x0f], 0),
        ([0x08, 0x01], 1), ([0x0a, 0x02, 0x12, 0x07], 3), ([0x0a, 0x04, 0x12, 0x02, 0x08, 0x01], 5),
        ([0x1a, 0x03, 0x12, 0x01, 0xff], 4), ([UInt8](repeating: 0xff, count: 11), 0),
    ])
    func `says where a message is malformed`(message: [UInt8], offset: Int) throws {
        let error = try #require(throws: RemoteWriteError.self) { try decode(message) }
        guard case .malformed(let fault) = error else { throw error }
        #expect(fault.offset == offset)
    }

    @Test func `a batch is reused without what was in it`() throws {
        var decoder = RemoteWriteDecoder()
        var batch = WriteBatch()
        for round in 1...3 {
            var encoder = RemoteWriteEncoder()
            encoder.append(labels, [Sample(time: Int64(round), value: 1)])
            _ = try decoder.decode(compressed: encoder.compressed(), into: &batch)
            #expect(batch.series.map(\.samples) == [[Sample(time: Int64(round), value: 1)]])
        }
    }

    @Test(arguments: UInt64(0)..<16)
    func `damaged messages give an error or a sound batch`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var encoder = RemoteWriteEncoder()
        for i in 0..<4 { encoder.append(labels, (0..<i).map { Sample(time: Int64($0) << 40, value: Double(i)) }) }
        encoder.append(metadata: MetricMetadata(kind: .counter, help: "h", unit: "u"), of: "up")
        let seeds = [encoder.bytes] + UnusualForm.all.map { Proto.field(1, $0.series) }
        var decoder = RemoteWriteDecoder()
        var batch = WriteBatch()
        for round in 0..<4000 {
            let message = random.mutated(seeds[round % seeds.count])
            batch.removeAll()
            batch.bytes = message
            do {
                _ = try decoder.decodeMessage(in: &batch)
            } catch {
                #expect(batch.entries.isEmpty && batch.bytes.isEmpty)
                continue
            }
            #expect(batch.times.count == batch.values.count)
            for entry in batch.entries {
                #expect(entry.sampleCount > 0 && entry.samples.upperBound <= batch.times.count)
                var cursor = LabelCursor(offset: entry.labels.lowerBound, end: entry.labels.upperBound)
                let span = batch.bytes.span
                while let label = cursor.next(span) {
                    #expect(label.value.upperBound == cursor.offset && !label.value.isEmpty)
                }
                #expect(cursor.offset == entry.labels.upperBound)
            }
        }
    }

    @Test(arguments: UInt64(0)..<4)
    func `damaged bodies give an error or a batch`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var encoder = RemoteWriteEncoder()
        for i in 0..<8 { encoder.append(labels, [Sample(time: Int64(i), value: 1)]) }
        let body = encoder.compressed()
        var limits = RemoteWriteLimits()
        limits.uncompressedByteCountMax = 1 << 16
        var decoder = RemoteWriteDecoder(limits: limits)
        var batch = WriteBatch()
        for _ in 0..<4000 { _ = try? decoder.decode(compressed: random.mutated(body), into: &batch) }
    }

    @Test func `knows the messages by their content type`() {
        #expect(RemoteWriteMessage(contentType: "application/x-protobuf") == .version1)
        #expect(RemoteWriteMessage(contentType: "application/x-protobuf; proto=prometheus.WriteRequest") == .version1)
        #expect(
            RemoteWriteMessage(contentType: "Application/X-Protobuf;proto=io.prometheus.write.v2.Request") == .version2)
        #expect(RemoteWriteMessage(contentType: "application/x-protobuf;proto=other.Message") == nil)
        #expect(RemoteWriteMessage(contentType: "application/json") == nil)
        #expect(RemoteWriteMessage(contentType: "") == nil)
    }
}

/// A legal encoding of one sample (2 at 7 ms) of `up{job="node"}` that is not the canonical one.
struct UnusualForm: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var series: [UInt8]

    static let all: [UnusualForm] = {
        let name = Proto.label("__name__", "up")
        let job = Proto.label("job", "node")
        let sample = Proto.sample(2, 7)
        let jobBackwards = Proto.field(1, Proto.field(2, Array("node".utf8)) + Proto.field(1, Array("job".utf8)))
        let jobWithMore = Proto.field(1, Array(job.dropFirst(2)) + [0x18, 0x2a])
        let jobTwice = Proto.field(1, Proto.field(2, Array("old".utf8)) + Array(job.dropFirst(2)))
        return [
            .init(testDescription: "sample before the labels", series: sample + name + job),
            .init(testDescription: "sample between the labels", series: name + sample + job),
            .init(
                testDescription: "padded length of a label",
                series: name + [0x0a, 0x8b, 0x00] + job.dropFirst(2) + sample),
            .init(testDescription: "padded tag", series: name + [0x8a, 0x00] + job.dropFirst() + sample),
            .init(
                testDescription: "padded length of a name",
                series: name + [0x0a, 12, 0x0a, 0x83, 0] + job.dropFirst(4) + sample),
            .init(testDescription: "value before the name", series: name + jobBackwards + sample),
            .init(testDescription: "unknown field in a label", series: name + jobWithMore + sample),
            .init(testDescription: "value twice, the last counts", series: name + jobTwice + sample),
            .init(testDescription: "label with an empty value", series: name + Proto.label("empty", "") + job + sample),
            .init(testDescription: "label without a value", series: name + [0x0a, 3, 0x0a, 1, 0x61] + job + sample),
            .init(testDescription: "empty label", series: name + [0x0a, 0] + job + sample),
            .init(testDescription: "unknown field first", series: [0x3d, 1, 2, 3, 4] + name + job + sample),
            .init(testDescription: "a group", series: [0x4b, 0x08, 1, 0x53, 0x54, 0x4c] + name + job + sample),
        ]
    }()
}

/// Protobuf by hand.
enum Proto {
    static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var result = [number << 3 | 2]
        result.appendRun(bytes)
        return result
    }

    static func label(_ name: String, _ value: String) -> [UInt8] {
        field(1, field(1, Array(name.utf8)) + field(2, Array(value.utf8)))
    }

    static func sample(_ value: Double, _ time: Int64) -> [UInt8] {
        var message: [UInt8] = [0x09]
        message.appendFixed64(value.bitPattern)
        message.append(0x10)
        message.appendVarint(UInt64(bitPattern: time))
        return field(2, message)
    }
}

extension WriteBatch {
    /// The batch as a reader sees it; labels are nil where they do not validate.
    var series: [(labels: Labels?, samples: [Sample])] {
        entries.map { entry in
            let span = bytes.span
            let labels = try? Labels(validating: span, entry.labels)
            return (labels, entry.samples.map { Sample(time: times[$0], value: values[$0]) })
        }
    }
}
