internal import ApusBytes
internal import CZlib

/// A gzip stream being written (RFC 1952), by zlib at its fastest level.
///
/// Use one for one answer, from one task at a time.
///
/// `@safe`: the state belongs to this object alone, from `init` to `deinit`.
@safe
final class GzipStream {
    /// At an address of its own, which zlib checks in each call; nil when zlib had no memory.
    private let stream: UnsafeMutablePointer<z_stream>?
    private var buffer = [UInt8](repeating: 0, count: 32 << 10)

    init() {
        // Safe: allocated and initialised here, given back in `deinit`.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        if unsafe czlib_deflate_init_gzip(stream, 1) == Z_OK {
            unsafe self.stream = stream
        } else {
            unsafe stream.deallocate()
            unsafe self.stream = nil
        }
    }

    deinit {
        // Safe: made by `init`, freed once.
        guard let stream = unsafe stream else { return }
        _ = unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Compresses more of the answer.
    ///
    /// - Parameter isLast: Ends the stream; nothing may follow.
    /// - Returns: What is ready, possibly nothing yet; nil when zlib has no memory, so that the answer cannot be ended.
    func compress(_ bytes: borrowing Span<UInt8>, isLast: Bool) -> [UInt8]? {
        guard let stream = unsafe stream, bytes.count <= Int(UInt32.max) else { return nil }
        var output: [UInt8] = []
        // Safe: zlib reads `avail_in` bytes of the span and writes `avail_out` bytes of the buffer, within this call only.
        let isRight = unsafe bytes.withUnsafeBufferPointer { input -> Bool in
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.pointee.avail_in = UInt32(input.count)
            while true {
                let status = unsafe buffer.withUnsafeMutableBufferPointer { target in
                    unsafe stream.pointee.next_out = target.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(target.count)
                    return unsafe deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                }
                let space = Int(unsafe stream.pointee.avail_out)
                output.append(contentsOf: buffer[0..<(buffer.count - space)])
                if status == Z_STREAM_END { return true }
                // Z_BUF_ERROR says no more than that there was nothing left to do.
                guard status == Z_OK || status == Z_BUF_ERROR else { return false }
                if space > 0 { return !isLast }
            }
        }
        return isRight ? output : nil
    }
}

/// The content of a gzip stream, nil when it is not one, is cut, or holds more than `limit` bytes.
func gunzip(_ bytes: borrowing Span<UInt8>, limit: Int) -> [UInt8]? {
    guard bytes.count <= Int(UInt32.max) else { return nil }
    // Safe: allocated, used and freed in this function alone.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    defer { unsafe stream.deallocate() }
    guard unsafe czlib_inflate_init_gzip(stream) == Z_OK else { return nil }
    defer { _ = unsafe inflateEnd(stream) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 32 << 10)
    // Safe: as in `GzipStream.compress`.
    return unsafe bytes.withUnsafeBufferPointer { input -> [UInt8]? in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(input.count)
        while true {
            let status = unsafe buffer.withUnsafeMutableBufferPointer { target in
                unsafe stream.pointee.next_out = target.baseAddress
                unsafe stream.pointee.avail_out = UInt32(target.count)
                return unsafe inflate(stream, Z_NO_FLUSH)
            }
            let count = buffer.count - Int(unsafe stream.pointee.avail_out)
            guard output.count + count <= limit else { return nil }
            output.append(contentsOf: buffer[0..<count])
            if status == Z_STREAM_END { return output }
            // No progress means that the stream is cut.
            let isWaiting = unsafe stream.pointee.avail_in == 0
            guard status == Z_OK, count > 0 || !isWaiting else { return nil }
        }
    }
}
