internal import ApusBytes
internal import ApusPlatform
internal import Synchronization

/// The columns of times of a block, decoded on demand; those lately used are kept, since many series share one.
final class TimeColumns: Sendable {
    private struct State {
        var decoded: [Int: [Int64]] = [:]
        var timeCount = 0
    }

    let mapped: MappedBytes
    private let state = Mutex(State())
    /// 4 MiB.
    private static let timeCountMax = 1 << 19

    init(_ mapped: MappedBytes) { self.mapped = mapped }

    /// The times of a column, strictly increasing.
    func times(_ number: Int, _ column: BlockIndex.Column) throws(StorageError) -> [Int64] {
        if let known = state.withLock({ $0.decoded[number] }) { return known }
        let times = try decode(column)
        state.withLock { state in
            if state.timeCount + times.count > Self.timeCountMax {
                state.decoded.removeAll(keepingCapacity: true)
                state.timeCount = 0
            }
            if state.decoded.updateValue(times, forKey: number) == nil { state.timeCount += times.count }
        }
        return times
    }

    private func decode(_ column: BlockIndex.Column) throws(StorageError) -> [Int64] {
        let mapped = mapped
        let bytes = mapped.span
        let range = try Self.checkedRange(bytes, column.offset, column.byteCount, "column of times")
        var times: [Int64] = []
        times.reserveCapacity(column.count)
        try ChunkCodec.decodeTimes(bytes, range, count: column.count, into: &times)
        guard times[0] == column.minTime, times[times.count - 1] == column.maxTime,
            (1..<times.count).allSatisfy({ times[$0 - 1] < times[$0] })
        else { throw StorageError(.corruption, "column of times at \(column.offset): not the times that the index promises") }
        return times
    }

    /// The range of a run of bytes that a checksum follows, checked against it.
    static func checkedRange(
        _ bytes: borrowing Span<UInt8>, _ offset: UInt64, _ byteCount: Int, _ what: StaticString
    ) throws(StorageError) -> Range<Int> {
        guard bytes.count >= 4, byteCount <= bytes.count - 4, offset <= UInt64(bytes.count - 4 - byteCount) else {
            throw StorageError(.corruption, "\(what) at \(offset) lies outside its file")
        }
        let range = Int(offset)..<(Int(offset) + byteCount)
        let computed = crc32c(bytes.extracting(range))
        let stored = load32(bytes, range.upperBound)
        guard computed == stored else {
            throw StorageError(
                .corruption, "\(what) at \(offset): checksum 0x\(String(computed, radix: 16)), stored 0x\(String(stored, radix: 16))")
        }
        return range
    }
}
