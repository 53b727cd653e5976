import ApusModel
import ApusPromQL
import ApusTestKit
import Testing

@testable import ApusServer

struct AnswerWriterTests {
    private static func whole(_ answer: Answer) -> [UInt8] {
        var answer = answer
        var output: [UInt8] = []
        #expect(answer.write(to: &output, upTo: .max))
        return output
    }

    private static func answers() -> [Answer] {
        let series = (0..<7).map { row in
            Matrix.Series(
                labels: ["__name__": "m", "row": "\(row)"],
                samples: columns((0..<Int64(row)).map { $0 * 1500 }, (0..<row).map { Double($0) / 8 }))
        }
        let rows: [(labels: Labels, value: Double)] = (0..<9).map { (["i": "\($0)"], Double($0)) }
        return [
            Answer(QueryResultData(.matrix(Matrix(series: series)), time: 0), warnings: ["w"], infos: ["i", "j"]),
            Answer(QueryResultData(.vector(rows), time: 1234)),
            Answer(QueryResultData(.vector([]), time: 0)),
            Answer(ListData((0..<20).map { "value \($0)" })),
            Answer(ListData(rows.map(\.labels)), warnings: ["truncated"]),
        ]
    }

    @Test(arguments: [1, 2, 7, 50, 64, 100, 1000])
    func `an answer is the same in pieces of any size`(_ byteCountMax: Int) {
        for answer in Self.answers() {
            var (parts, pieceCount) = ([UInt8](), 0)
            var writer = answer
            while true {
                var piece: [UInt8] = []
                let isComplete = writer.write(to: &piece, upTo: byteCountMax)
                // A piece passes the bound by one row's head at most.
                #expect(piece.count < byteCountMax + 200)
                parts += piece
                pieceCount += 1
                if isComplete { break }
            }
            #expect(parts == Self.whole(answer))
            #expect(pieceCount <= parts.count / byteCountMax + 1)
        }
    }

    @Test
    func `an error is told in Prometheus's form`() {
        let text = String(decoding: Answer.error(.invalid("a\"b", "<\n>")), as: UTF8.self)
        #expect(
            text == #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"a\\\"b\": \u003c\n\u003e"}"#)
    }

    @Test(arguments: [0, 1, 1000, 40_000, 200_000])
    func `gzip gives back what went in, in one piece or many`(_ count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 60...70, using: &generator) }
        let whole = GzipStream().compress(bytes.span, isLast: true)
        #expect(whole.flatMap { gunzip($0.span, limit: count) } == bytes)
        #expect(count == 0 || whole.flatMap { gunzip($0.span, limit: count - 1) } == nil)
        let stream = GzipStream()
        var parts: [UInt8] = []
        for start in stride(from: 0, to: count, by: 999) {
            let part = Array(bytes[start..<min(count, start + 999)])
            parts += stream.compress(part.span, isLast: false) ?? []
        }
        parts += stream.compress([UInt8]().span, isLast: true) ?? []
        #expect(gunzip(parts.span, limit: count) == bytes)
    }

    @Test
    func `gunzip refuses what is not gzip`() {
        var generator = SeededGenerator(seed: 3)
        let text = Array(repeating: Array("abcdefgh".utf8), count: 100).flatMap { $0 }
        let whole = GzipStream().compress(text.span, isLast: true) ?? []
        for end in 0..<whole.count {
            let cut = Array(whole[..<end])
            #expect(gunzip(cut.span, limit: 10_000) == nil)
        }
        for _ in 0..<5000 {
            let bytes = generator.mutated(whole)
            if let result = gunzip(bytes.span, limit: 10_000) { #expect(result.count <= 10_000) }
        }
    }
}
