import ApusTestKit
import Testing

@testable import ApusSeriesDatabase

@Suite struct LeastElementsTests {
    @Test(arguments: UInt64(0)..<40)
    func `the least are those of the sorted set`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let numbers = (0..<Int.random(in: 0...9000, using: &random)).map { _ in Int.random(in: 0...4000, using: &random) }
        for limit in [nil, 0, 1, 700, 3000, 100_000] as [Int?] {
            var least = LeastElements<Int>(limit: limit, by: <)
            least.insert(contentsOf: numbers)
            #expect(least.sorted() == Array(Set(numbers).sorted().prefix(limit ?? .max)))
        }
    }

    @Test func `texts are in the order of their bytes`() {
        var least = LeastElements<String>(limit: nil)
        least.insert(contentsOf: ["é", "z", "a", "é"])
        #expect(least.sorted() == ["a", "z", "é"])
    }
}
