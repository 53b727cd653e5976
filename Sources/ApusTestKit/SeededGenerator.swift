/// A random generator that gives the same numbers for the same seed everywhere (SplitMix64, Steele et al. 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A copy of `bytes` with one to four random faults: a flipped bit, a changed, removed, doubled or inserted run, a cut end.
    public mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            guard !result.isEmpty else {
                result.append(UInt8.random(in: 0...255, using: &self))
                continue
            }
            let at = Int.random(in: 0..<result.count, using: &self)
            let end = min(result.count, at + Int.random(in: 1...16, using: &self))
            switch Int.random(in: 0..<6, using: &self) {
            case 0: result[at] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1: result[at] = UInt8.random(in: 0...255, using: &self)
            case 2: result.removeSubrange(at..<end)
            case 3: result.insert(contentsOf: result[at..<end], at: at)
            case 4: result.insert(contentsOf: (at..<end).map { _ in UInt8.random(in: 0...255, using: &self) }, at: at)
            default: result.removeSubrange(at...)
            }
        }
        return result
    }
}
