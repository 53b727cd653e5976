/// How the samples of one head are divided into blocks: by windows of time aligned to multiples of their length, so that
/// blocks of different heads have common borders and whole blocks fall out of the retention.
struct FlushWindows: Equatable {
    static let countMax = 32

    /// Milliseconds.
    private(set) var length: Int64
    /// Starts, ascending, of the windows that hold samples.
    private(set) var starts: [Int64]

    /// - Parameters:
    ///   - base: The smallest length, milliseconds; others are four times the one before.
    ///   - indexes: Multiples of `base` at which windows with samples start.
    init(base: Int64, indexes: Set<Int64>) {
        var indexes = indexes
        var length = base
        while indexes.count > Self.countMax {
            length *= 4
            indexes = Set(indexes.map { Self.floorDivide($0, 4) })
        }
        self.length = length
        starts = indexes.sorted().map { $0 * length }
    }

    func range(at index: Int) -> ClosedRange<Int64> { starts[index]...(starts[index] + length - 1) }

    static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }
}
