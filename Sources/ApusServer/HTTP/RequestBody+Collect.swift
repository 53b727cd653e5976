internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

extension Request {
    /// The whole body. One that arrived in one piece is not copied, one in several pieces once.
    ///
    /// - Throws: `BodyTooLarge` before memory is taken for what a client only announces, `BodyCut` when it does not end as it should.
    func collectBody(upTo byteCountMax: Int) async throws -> ByteBuffer {
        let announced = headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > byteCountMax { throw BodyTooLarge(byteCountMax: byteCountMax) }
        var collected = ByteBuffer()
        var iterator = body.makeAsyncIterator()
        do {
            while let more = try await iterator.next() {
                if collected.readableBytes == 0 {
                    collected = more
                } else {
                    if let announced, collected.writableBytes < more.readableBytes {
                        collected.reserveCapacity(
                            minimumWritableBytes: max(more.readableBytes, announced - collected.readableBytes))
                    }
                    collected.writeImmutableBuffer(more)
                }
                guard collected.readableBytes <= byteCountMax else { throw BodyTooLarge(byteCountMax: byteCountMax) }
            }
        } catch let error as BodyTooLarge {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw BodyCut()
        }
        if let announced, collected.readableBytes < announced { throw BodyCut() }
        return collected
    }
}

/// The body passes its limit.
struct BodyTooLarge: Error {
    let byteCountMax: Int
}

/// The client went before its request was complete, or sent what is not HTTP in its middle.
struct BodyCut: Error {}
