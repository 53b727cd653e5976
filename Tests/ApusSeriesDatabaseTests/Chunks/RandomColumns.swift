import ApusModel
import ApusTestKit

/// Columns of the many sorts that a monitoring system meets, and of some that it should not.
enum RandomColumns {
    static let oddities: [Double] = [
        StaleMarker.value, .nan, Double(bitPattern: 0xfff8_0000_dead_beef), .infinity, -.infinity, -0.0, 1e-300, 0.1 + 0.2,
    ]

    static func values(count: Int, using random: inout SeededGenerator) -> [Double] {
        let kind = Int.random(in: 0..<12, using: &random)
        var value = Double(Int.random(in: -1000...1_000_000, using: &random))
        let step = Double(Int.random(in: 1...100_000, using: &random))
        let powers: [Double] = [1, 10, 100, 1000, 1e6]
        let power = powers.randomElement(using: &random) ?? 1
        let odd = Int.random(in: 0..<4, using: &random) == 0
        return (0..<count).map { _ in
            if odd && Int.random(in: 0..<10, using: &random) == 0 {
                return oddities.randomElement(using: &random) ?? 0
            }
            switch kind {
            case 0: break
            case 1: value += step
            case 2: value += Double(Int.random(in: 0...Int(step), using: &random))
            case 3: return (value + Double(Int.random(in: 0...1000, using: &random))) / power
            case 4: value = Double.random(in: -1...1, using: &random)
            case 5: value = Double(bitPattern: random.next())
            case 6: value += Double.random(in: -1...1, using: &random)
            case 7: value = Double(Float.random(in: 0...100, using: &random))
            case 8: value = Int.random(in: 0..<50, using: &random) == 0 ? 0 : value + 1
            case 9: value = Double(Int.random(in: 0...1, using: &random))
            case 10: value = Double(Int.random(in: 0...60, using: &random)) * 4096
            default: value = (value * 10 + 1).truncatingRemainder(dividingBy: 1e15)
            }
            return value
        }
    }

    /// Strictly increasing.
    static func times(count: Int, using random: inout SeededGenerator) -> [Int64] {
        let step = Int64.random(in: 1...60_000, using: &random)
        let jitter = Int64.random(in: 0..<step, using: &random)
        let isRare = Bool.random(using: &random)
        let start = 1_700_000_000_000 + Int64.random(in: 0...1_000_000, using: &random)
        return (0..<Int64(count)).map { index in
            let moves = !isRare || Int.random(in: 0..<20, using: &random) == 0
            return start + index * step + (moves && jitter > 0 ? Int64.random(in: 0..<jitter, using: &random) : 0)
        }
    }
}
