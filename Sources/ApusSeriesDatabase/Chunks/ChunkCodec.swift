internal import ApusBytes

/// Columns of samples as bytes and back, exact for every bit pattern; drawn in `docs/formats/block.md`.
///
/// Values that are decimals with few digits, as nearly all measured ones are, become integers (`v = q / 10^k`, exactly); others are
/// taken by their bits, in the order of the numbers. Stale markers, NaNs and what else does not fit stand aside as exceptions, so that
/// they do not spoil the integers. The bytes do not tell how many samples they hold: the caller keeps the count.
package enum ChunkCodec {
    /// More digits than this behind the point, and a value is taken by its bits.
    static let decimalsMax = 12
    static let powersOfTen: [Double] = (0...decimalsMax).map { (0..<$0).reduce(1.0) { power, _ in power * 10 } }
    /// Integers up to this are doubles, exactly.
    static let integerMax = 9_007_199_254_740_992.0

    enum Flag {
        static let decimals: UInt8 = 0x0f
        static let bits: UInt8 = 0x10
        static let exceptions: UInt8 = 0x20
        static let exceptionsEqual: UInt8 = 0x40
        static let known: UInt8 = 0x7f
    }

    /// Appends a column of values; it may be of any length from 1.
    package static func encodeValues(_ values: borrowing Span<Double>, into bytes: inout [UInt8]) {
        ValueEncoder.encode(values, into: &bytes)
    }

    /// Appends `count` values decoded from `range`.
    ///
    /// - Throws: `.corruption`; what `values` then holds behind its former end is not to be used.
    /// - Complexity: some 1 to 3 ns a value; no allocation when `values` has the capacity.
    package static func decodeValues(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, count: Int, into values: inout [Double]
    ) throws(StorageError) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, count >= 0 else {
            throw StorageError(.corruption, "chunk of values lies outside its file")
        }
        guard count > 0 else { return }
        let start = values.count
        values.append(contentsOf: repeatElement(0, count: count))
        var out = values.mutableSpan
        do throws(DecodingError) {
            try ValueDecoder.decode(bytes, ByteReader(offset: range.lowerBound, end: range.upperBound), into: &out, from: start)
        } catch {
            throw StorageError(.corruption, "chunk of values: \(error)", cause: error)
        }
    }

    /// Appends a column of times; any integers are taken, but nearly even steps are what it is made for.
    package static func encodeTimes(_ times: borrowing Span<Int64>, into bytes: inout [UInt8]) {
        IntegerColumn.encode(times, into: &bytes)
    }

    /// Appends `count` times decoded from `range`. Whether they increase is not checked.
    ///
    /// - Throws: `.corruption`; what `times` then holds behind its former end is not to be used.
    package static func decodeTimes(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, count: Int, into times: inout [Int64]
    ) throws(StorageError) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, count >= 0 else {
            throw StorageError(.corruption, "column of times lies outside its file")
        }
        guard count > 0 else { return }
        let start = times.count
        times.append(contentsOf: repeatElement(0, count: count))
        var out = times.mutableSpan
        do throws(DecodingError) {
            let reader = ByteReader(offset: range.lowerBound, end: range.upperBound)
            guard try IntegerColumn.decode(bytes, reader, into: &out, from: start) == range.upperBound else {
                throw DecodingError("bytes behind the column", at: range.upperBound)
            }
        } catch {
            throw StorageError(.corruption, "column of times: \(error)", cause: error)
        }
    }

    /// The bits of a double as an integer in the order of the numbers, so that near values have small differences; its own inverse.
    @inline(__always)
    static func ordered(_ pattern: Int64) -> Int64 { pattern ^ Int64(bitPattern: UInt64(bitPattern: pattern &>> 63) &>> 1) }
}
