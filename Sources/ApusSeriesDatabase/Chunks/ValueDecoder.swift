internal import ApusBytes

/// Reads a column of values back.
enum ValueDecoder {
    /// Decodes `out.count - start` values into `out[start...]`, from all the bytes that the reader has left.
    static func decode(
        _ bytes: borrowing Span<UInt8>, _ reader: ByteReader, into out: inout MutableSpan<Double>, from start: Int
    ) throws(DecodingError) {
        var reader = reader
        let form = try reader.byte(bytes)
        let decimals = Int(form & ChunkCodec.Flag.decimals)
        guard form & ~ChunkCodec.Flag.known == 0, decimals <= ChunkCodec.decimalsMax else {
            throw DecodingError("unknown form of chunk", at: reader.offset)
        }
        var exceptionReader = reader
        let hasExceptions = form & ChunkCodec.Flag.exceptions != 0
        let areEqual = form & ChunkCodec.Flag.exceptionsEqual != 0
        var exceptionCount = 0
        if hasExceptions {
            exceptionCount = try reader.count(bytes)
            guard exceptionCount < out.count - start else { throw DecodingError("more exceptions than values", at: reader.offset) }
            if areEqual { try reader.skip(8) }
            for _ in 0..<exceptionCount {
                _ = try reader.varint(bytes)
                if !areEqual { try reader.skip(8) }
            }
        }
        // The integers fill the end; the exceptions between them are put in from the front.
        let integerStart = start + exceptionCount
        let end = try IntegerColumn.decode(bytes, reader, into: &out, from: integerStart)
        guard end == reader.end else { throw DecodingError("bytes behind the column", at: end) }
        if form & ChunkCodec.Flag.bits != 0 {
            for i in integerStart..<out.count { out[i] = Double(pattern: ChunkCodec.ordered(out[i].pattern)) }
        } else if decimals == 0 {
            for i in integerStart..<out.count { out[i] = Double(out[i].pattern) }
        } else {
            let power = ChunkCodec.powersOfTen[decimals]
            for i in integerStart..<out.count { out[i] = Double(out[i].pattern) / power }
        }
        guard hasExceptions else { return }
        var from = integerStart
        var to = start
        _ = try exceptionReader.count(bytes)
        var pattern = areEqual ? try exceptionReader.fixed64(bytes) : 0
        for _ in 0..<exceptionCount {
            let gap = try exceptionReader.varint(bytes)
            guard gap <= UInt64(out.count - from) else { throw DecodingError("exception passes the end", at: exceptionReader.offset) }
            for _ in 0..<Int(gap) {
                out[to] = out[from]
                to &+= 1
                from &+= 1
            }
            if !areEqual { pattern = try exceptionReader.fixed64(bytes) }
            out[to] = Double(bitPattern: pattern)
            to &+= 1
        }
    }
}
