import ApusInstruments
import ApusTestKit
import Glibc
import Testing

@Suite struct PercentileTests {
    @Test(arguments: UInt64(0)..<40)
    func `percentiles are within one percent of the value of that rank`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let summary = InstrumentRegistry().summary("values").with()
        let count = Int.random(in: 1...5000, using: &random)
        let shape = seed % 5
        var values = (0..<count).map { _ -> Double in
            let unit = Double.random(in: 0..<1, using: &random)
            return switch shape {
            case 0: unit
            case 1: 1e-9 * pow(10, 20 * unit)
            case 2: 0.001 / (1.0001 - unit)
            case 3: Double(Int.random(in: 0...20, using: &random))
            default: unit < 0.9 ? 0.02 : 3 + unit
            }
        }
        for value in values { summary.observe(value) }
        values.sort()
        let distribution = summary.read()
        #expect(distribution.count == UInt64(count))
        for quantile in [0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1] {
            let exact = values[Int(quantile * Double(count - 1))]
            let estimate = distribution.quantile(quantile)
            #expect(abs(estimate - exact) <= 0.01 * exact, "seed \(seed), quantile \(quantile)")
        }
    }

    @Test(arguments: 0...6)
    func `each value lies in the bucket that counts it`(resolution: Int) {
        var random = SeededGenerator(seed: UInt64(resolution))
        for i in 0..<3000 {
            let value = i < 60 ? pow(2, Double(i - 30)) : pow(2, Double.random(in: -39.9..<86, using: &random))
            let series = InstrumentRegistry().exponentialHistogram("x", resolution: resolution).with()
            series.observe(value)
            let distribution = series.read()
            #expect(distribution.buckets.count == 1 && distribution.zeroCount == 0)
            let index = distribution.buckets[0].index
            // Powers of two are exact; elsewhere the last bits of a bound may differ from the logarithm's.
            #expect(value <= distribution.upperBound(index) * (1 + 1e-15))
            #expect(value > distribution.upperBound(index - 1) * (1 - 1e-15))
        }
    }

    @Test(arguments: [0, -0.0, -1, -.infinity, 1e-300, .leastNonzeroMagnitude] as [Double])
    func `what is too small counts as zero`(value: Double) {
        let series = InstrumentRegistry().summary("x").with()
        series.observe(value)
        #expect(series.read().zeroCount == 1)
        #expect(series.read().quantile(0.5) == 0)
    }

    @Test func `not a number is ignored and infinity is large`() {
        let series = InstrumentRegistry().summary("x").with()
        series.observe(.nan)
        #expect(series.read().count == 0)
        #expect(series.read().quantile(0.5).isNaN)
        series.observe(.infinity)
        series.observe(.greatestFiniteMagnitude)
        #expect(series.read().count == 2)
        #expect(series.read().quantile(0.5) > 1e25)
    }

    @Test func `the difference of two readings holds what came between`() {
        let series = InstrumentRegistry().summary("x").with()
        for i in 1...1000 { series.observe(Double(i)) }
        let before = series.read()
        for i in 1...1000 { series.observe(Double(i) * 1000) }
        let window = series.read().subtracting(before)
        #expect(window.count == 1000)
        #expect(abs(window.quantile(0.5) - 500_000) < 5_000)
        #expect(window.sum == 500_500_000)
    }
}
