internal import CSnappy

/// Why bytes are not a Snappy block.
public enum SnappyError: Error, Equatable, Sendable {
    case malformed
    /// The block announces more bytes than the caller allows.
    case tooLarge(byteCount: Int, limit: Int)
}

/// The Snappy block format (not the framed one), as remote write uses it; through the system's libsnappy.
public enum Snappy {
    /// Appends what a block holds to `output`.
    ///
    /// The announced length is checked before anything is allocated: against `limit`, and against what the format can
    /// hold at all, which is less than 22 bytes for each compressed one.
    /// - Throws: Then `output` is as it was.
    public static func decompress(
        _ input: borrowing Span<UInt8>, limit: Int, into output: inout [UInt8]
    ) throws(SnappyError) {
        // Safe: C reads `count` bytes of the span, writes one number, and keeps no pointer.
        let announced: UInt? = unsafe input.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var length = 0
            let status = unsafe base.withMemoryRebound(to: CChar.self, capacity: buffer.count) {
                unsafe snappy_uncompressed_length($0, buffer.count, &length)
            }
            return status == SNAPPY_OK ? UInt(bitPattern: length) : nil
        }
        guard let announced else { throw .malformed }
        guard announced <= UInt(max(0, limit)) else {
            throw .tooLarge(byteCount: Int(clamping: announced), limit: limit)
        }
        let byteCount = Int(announced)
        guard byteCount / 22 <= input.count else { throw .malformed }
        guard byteCount > 0 else {
            // An empty block is its length alone; libsnappy need not be asked, and an empty buffer has no address.
            guard input.count == 1 else { throw .malformed }
            return
        }
        var isValid = false
        output.append(addingCapacity: byteCount) { target in
            // Safe: C reads `count` bytes of the span and writes at most `length`, the announced bytes, for which there
            // is room (`addingCapacity`); on SNAPPY_OK all of them are initialized, and only then are they counted.
            unsafe input.withUnsafeBufferPointer { source in
                unsafe target.withUnsafeMutableBufferPointer { free, initializedCount in
                    guard let from = source.baseAddress, let to = free.baseAddress else { return }
                    var length = byteCount
                    let status = unsafe from.withMemoryRebound(to: CChar.self, capacity: source.count) { from in
                        unsafe UnsafeMutableRawPointer(to).withMemoryRebound(to: CChar.self, capacity: byteCount) {
                            unsafe snappy_uncompress(from, source.count, $0, &length)
                        }
                    }
                    guard status == SNAPPY_OK && length == byteCount else { return }
                    initializedCount = byteCount
                    isValid = true
                }
            }
        }
        guard isValid else { throw .malformed }
    }

    /// Appends `input` as one block to `output`.
    public static func compress(_ input: borrowing Span<UInt8>, into output: inout [UInt8]) {
        guard input.count > 0 else { return output.append(0) }
        let capacity = snappy_max_compressed_length(input.count)
        output.append(addingCapacity: capacity) { target in
            // Safe: C reads `count` bytes of the span and writes at most `capacity`, for which there is room; it sets
            // `length` to what it wrote, so exactly initialized bytes are counted.
            unsafe input.withUnsafeBufferPointer { source in
                unsafe target.withUnsafeMutableBufferPointer { free, initializedCount in
                    guard let from = source.baseAddress, let to = free.baseAddress else { return }
                    var length = capacity
                    let status = unsafe from.withMemoryRebound(to: CChar.self, capacity: source.count) { from in
                        unsafe UnsafeMutableRawPointer(to).withMemoryRebound(to: CChar.self, capacity: capacity) {
                            unsafe snappy_compress(from, source.count, $0, &length)
                        }
                    }
                    precondition(status == SNAPPY_OK, "the output has the size that libsnappy asked for")
                    initializedCount = length
                }
            }
        }
    }
}
