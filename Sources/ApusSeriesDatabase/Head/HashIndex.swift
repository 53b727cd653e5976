/// An open-addressing table from a hash to small numbers (of series, label pairs, names). The bytes that were hashed lie
/// elsewhere; the caller compares them. Eight bytes a place, at most three quarters full; nothing is ever removed.
struct HashIndex {
    /// Hash in the high half, number + 1 in the low one; 0 is a free place.
    private var places: [UInt64]
    private(set) var count = 0

    init() { places = [UInt64](repeating: 0, count: 64) }

    var byteCount: Int { places.count * 8 }

    /// The number under `hash` for which `isSame` holds.
    @inline(__always)
    func find(_ hash: UInt64, _ isSame: (Int) -> Bool) -> Int? {
        let mask = places.count &- 1
        let tag = hash &>> 32
        var at = Int(truncatingIfNeeded: tag) & mask
        while true {
            let place = places[at]
            if place == 0 { return nil }
            if place &>> 32 == tag {
                let number = Int(place & 0xffff_ffff) &- 1
                if isSame(number) { return number }
            }
            at = (at &+ 1) & mask
        }
    }

    /// Adds a number that `find` did not find.
    mutating func insert(_ hash: UInt64, _ number: Int) {
        if (count + 1) * 4 > places.count * 3 { grow() }
        place((hash & 0xffff_ffff_0000_0000) | UInt64(number + 1))
        count += 1
    }

    private mutating func place(_ entry: UInt64) {
        let mask = places.count &- 1
        var at = Int(truncatingIfNeeded: entry &>> 32) & mask
        while places[at] != 0 { at = (at &+ 1) & mask }
        places[at] = entry
    }

    private mutating func grow() {
        let old = places
        places = [UInt64](repeating: 0, count: old.count * 2)
        for entry in old where entry != 0 { place(entry) }
    }
}
