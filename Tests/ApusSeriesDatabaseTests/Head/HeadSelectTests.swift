import ApusModel
import ApusSelection
import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

@Suite struct HeadSelectTests {
    /// Which values a matcher takes out is found before the series are chosen; a series with a value that came in between must
    /// not slip through.
    @Test func `a series that comes while a selection is made passes all its matchers or is not there`() async throws {
        let clock = SimulatedClock()
        let database = try SeriesDatabase.open(options(FaultyDisk(), clock))
        let matchers = [try Matcher("__name__", .equal, "m"), try Matcher("job", .doesNotMatch, "j.*")]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for i in 0..<10_000 {
                    var batch = WriteBatch()
                    batch.append(["__name__": "m", "job": "j\(i)"], time: clock.nowMilliseconds, value: 1)
                    _ = try await database.append(batch)
                }
            }
            group.addTask {
                for _ in 0..<200 {
                    let found = try await database.series([matchers], in: .min ... .max, limit: nil)
                    #expect(found.isEmpty)
                }
            }
            try await group.waitForAll()
        }
    }
}
