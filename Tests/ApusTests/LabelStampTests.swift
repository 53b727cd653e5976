import ApusModel
import Testing

@testable import Apus

struct LabelStampTests {
    private func batch(_ labels: [Labels], time: Int64) -> WriteBatch {
        var batch = WriteBatch()
        for (position, labels) in labels.enumerated() { batch.append(labels, time: time, value: Double(position)) }
        return batch
    }

    private func stamped(_ stamp: inout LabelStamp, _ labels: [Labels], time: Int64) throws -> [Labels] {
        var target = WriteBatch()
        stamp.append(batch(labels, time: time), to: &target)
        #expect(target.times == labels.map { _ in time })
        return try target.entries.map { try Labels(validating: target.bytes.span, $0.labels) }
    }

    @Test func `each cycle's series get the labels, also when series come, go and change places`() throws {
        var stamp = LabelStamp([("job", "node"), ("instance", "here")])
        let (a, b, c): (Labels, Labels, Labels) = (["__name__": "a"], ["__name__": "b", "zone": "z"], ["__name__": "c", "instance": "own"])
        for (time, cycle) in [[a, b], [a, b], [b, a, c], [c], [a, b, c]].enumerated() {
            let expected = cycle.map { labels -> Labels in
                var builder = LabelsBuilder(labels)
                builder.set("job", "node")
                if labels["instance"] == nil { builder.set("instance", "here") }
                return builder.build()
            }
            #expect(try stamped(&stamp, cycle, time: Int64(time)) == expected)
        }
    }
}
