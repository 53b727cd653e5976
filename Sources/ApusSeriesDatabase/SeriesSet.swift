/// A set of series numbers below a bound, one bit each.
struct SeriesSet {
    private var words: [UInt64]
    private let count: Int

    init(count: Int, filled: Bool = false) {
        self.count = count
        words = [UInt64](repeating: filled ? ~0 : 0, count: (count + 63) / 64)
        if filled && count % 64 != 0 { words[words.count - 1] = (1 << UInt64(count % 64)) - 1 }
    }

    /// Numbers at or above the bound (series that came meanwhile) are left out.
    mutating func insert(_ number: Int) {
        if number < count { words[number >> 6] |= 1 << UInt64(number & 63) }
    }

    /// All of them below the bound.
    mutating func insert(_ numbers: Range<Int>) {
        for number in numbers { words[number &>> 6] |= 1 &<< UInt64(number & 63) }
    }

    /// - Parameter number: Below the bound.
    func contains(_ number: UInt32) -> Bool { words[Int(number) &>> 6] &>> UInt64(number & 63) & 1 == 1 }

    mutating func remove(_ number: Int) {
        if number < count { words[number >> 6] &= ~(1 << UInt64(number & 63)) }
    }

    mutating func formIntersection(_ other: SeriesSet) {
        for i in words.indices { words[i] &= other.words[i] }
    }

    /// The members for which `isWanted` holds, ascending.
    func numbers(where isWanted: (Int) -> Bool = { _ in true }) -> [UInt32] {
        var result: [UInt32] = []
        for (i, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                let number = i << 6 | rest.trailingZeroBitCount
                if isWanted(number) { result.append(UInt32(number)) }
                rest &= rest - 1
            }
        }
        return result
    }
}
