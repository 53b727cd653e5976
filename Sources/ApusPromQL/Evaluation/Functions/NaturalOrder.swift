/// The order people expect of names with numbers in them: `disk2` before `disk10`.
enum NaturalOrder {
    /// Negative, zero or positive as `a` stands before, at or behind `b`.
    static func compare(_ a: String, _ b: String) -> Int {
        let (p, q) = (Array(a.utf8), Array(b.utf8))
        var (i, j) = (0, 0)
        while i < p.count, j < q.count {
            if isDigit(p[i]), isDigit(q[j]) {
                let (x, y) = (number(p, &i), number(q, &j))
                if x.count != y.count { return x.count < y.count ? -1 : 1 }
                if x != y { return x.lexicographicallyPrecedes(y) ? -1 : 1 }
            } else {
                if p[i] != q[j] { return p[i] < q[j] ? -1 : 1 }
                i += 1
                j += 1
            }
        }
        if i < p.count || j < q.count { return i < p.count ? 1 : -1 }
        // Numbers that differ in leading zeros alone.
        return p.count != q.count ? (p.count < q.count ? -1 : 1) : p.lexicographicallyPrecedes(q) ? -1 : p == q ? 0 : 1
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    /// The digits at `index` without leading zeros; moves it behind them.
    private static func number(_ bytes: [UInt8], _ index: inout Int) -> ArraySlice<UInt8> {
        while index < bytes.count, bytes[index] == UInt8(ascii: "0") { index += 1 }
        let start = index
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        return bytes[start..<index]
    }
}
