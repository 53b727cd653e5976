internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

extension Request {
    /// The whole body. One that arrived in one piece is not copied, one in several pieces once.
    ///
    /// - Throws: `TooLarge` before memory is taken for what a client only announces.
    func collectBody(upTo byteCountMax: Int) async throws -> ByteBuffer {
        let announced = headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > byteCountMax { throw BodyTooLarge(byteCountMax: byteCountMax) }
        var iterator = body.makeAsyncIterator()
        guard var collected = try await next(&iterator) else {
            if let announced, announced > 0 { throw BodyCut() }
            return ByteBuffer()
        }
        while let more = try await next(&iterator) {
            guard collected.readableBytes + more.readableBytes <= byteCountMax else {
                throw BodyTooLarge(byteCountMax: byteCountMax)
            }
            if let announced, collected.writableBytes < more.readableBytes {
                collected.reserveCapacity(minimumWritableBytes: max(more.readableBytes, announced - collected.readableBytes))
            }
            collected.writeImmutableBuffer(more)
        }
        guard collected.readableBytes <= byteCountMax else { throw BodyTooLarge(byteCountMax: byteCountMax) }
        if let announced, collected.readableBytes < announced { throw BodyCut() }
        return collected
    }

    private func next(_ iterator: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await iterator.next()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw BodyCut()
        }
    }
}

/// The body passes its limit.
struct BodyTooLarge: Error {
    let byteCountMax: Int
}

/// The client went before its request was complete, or sent what is not HTTP in its middle.
struct BodyCut: Error {}
