/// A growing list of series (or label pair) numbers inside a `PostingsStore`: the first in place, so that a label value of
/// one series costs nothing more.
struct PostingsList {
    var count: UInt32 = 0
    fileprivate var first: UInt32 = 0
    /// Where the newest piece starts in the store, and how many numbers it holds and has room for.
    fileprivate var piece: UInt32 = .max
    fileprivate var used: UInt32 = 0
    fileprivate var room: UInt32 = 0
}

/// Many append-only lists of numbers in one array, each a chain of pieces that double in size.
struct PostingsStore {
    private var numbers: [UInt32] = []

    var byteCount: Int { numbers.capacity * 4 }

    mutating func append(_ number: UInt32, to list: inout PostingsList) {
        defer { list.count += 1 }
        if list.count == 0 {
            list.first = number
            return
        }
        if list.used == list.room {
            let room = min(max(3, list.room * 2), 4096)
            let start = UInt32(numbers.count)
            numbers.reserveMore(Int(room) + 2)
            // A piece: where the one before starts, how full that one is (always to its end), then the numbers.
            numbers.append(list.piece)
            numbers.append(list.used)
            for _ in 0..<room { numbers.append(0) }
            (list.piece, list.used, list.room) = (start, 0, room)
        }
        numbers[Int(list.piece) + 2 + Int(list.used)] = number
        list.used += 1
    }

    /// Calls `body` with each number, in no promised order.
    @inline(__always)
    func forEach(_ list: PostingsList, _ body: (Int) -> Void) {
        guard list.count > 0 else { return }
        body(Int(list.first))
        var (piece, used) = (list.piece, Int(list.used))
        while piece != .max {
            let start = Int(piece)
            for i in (start + 2)..<(start + 2 + used) { body(Int(numbers[i])) }
            used = Int(numbers[start + 1])
            piece = numbers[start]
        }
    }
}
