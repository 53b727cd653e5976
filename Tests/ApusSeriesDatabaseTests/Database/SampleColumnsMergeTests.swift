import ApusModel
import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

@Suite struct SampleColumnsMergeTests {
    @Test(arguments: UInt64(0)..<200)
    func `runs in any order of time become one, the later written counting`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var columns = SampleColumns()
        columns.append(time: 1_000_000, value: -1)
        var oracle: [Int64: Double] = [:]
        var runs: [Int] = []
        for run in 0..<Int.random(in: 0...9, using: &random) {
            let mark = columns.count
            var time = Int64.random(in: 0...300, using: &random)
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                columns.append(time: time, value: Double(run))
                oracle[time] = Double(run)
                time += Int64.random(in: 1...9, using: &random)
            }
            columns.noteRun(at: mark, from: 1, in: &runs)
        }
        columns.mergeRuns(runs)
        let expected = oracle.sorted { $0.key < $1.key }
        #expect(columns.times == [1_000_000] + expected.map(\.key))
        #expect(columns.values == [-1] + expected.map(\.value))
    }
}
