internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore

/// Bytes that are written before they are sent.
private let chunkByteCount = 64 << 10

extension Response {
    /// A JSON answer: at once with its length when it fits one chunk, else in chunks as they are written.
    init(_ answer: Answer, to request: HTTPRequest, compressionByteCountMin: Int) {
        var answer = answer
        var first: [UInt8] = []
        first.reserveCapacity(2048)
        let isComplete = answer.write(to: &first, upTo: chunkByteCount)
        if isComplete {
            self.init(bytes: first, contentType: "application/json", to: request, compressionByteCountMin: compressionByteCountMin)
            return
        }
        let compresses = request.acceptsGzip
        let body = ResponseBody { [answer, first] writer in
            var answer = answer
            var chunk = first
            let gzip = compresses ? GzipStream() : nil
            var isComplete = false
            while true {
                if let gzip {
                    guard let compressed = gzip.compress(chunk.span, isLast: isComplete) else { throw CompressionError() }
                    if !compressed.isEmpty { try await writer.write(ByteBuffer(bytes: compressed)) }
                } else {
                    try await writer.write(ByteBuffer(bytes: chunk))
                }
                if isComplete { break }
                chunk.removeAll(keepingCapacity: true)
                isComplete = answer.write(to: &chunk, upTo: chunkByteCount)
            }
            try await writer.finish(nil)
        }
        var headers: HTTPFields = [
            .contentType: "application/json", .vary: "Accept-Encoding", .xContentTypeOptions: "nosniff",
        ]
        if compresses { headers[.contentEncoding] = "gzip" }
        self.init(status: .ok, headers: headers, body: body)
    }

    /// Bytes that are there, compressed when that pays.
    init(
        bytes: [UInt8], contentType: String, status: HTTPResponse.Status = .ok, to request: HTTPRequest, compressionByteCountMin: Int
    ) {
        var bytes = bytes
        var headers: HTTPFields = [.contentType: contentType, .xContentTypeOptions: "nosniff"]
        if bytes.count >= compressionByteCountMin {
            headers[.vary] = "Accept-Encoding"
            if request.acceptsGzip, let compressed = GzipStream().compress(bytes.span, isLast: true) {
                bytes = compressed
                headers[.contentEncoding] = "gzip"
            }
        }
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    init(_ error: APIError) {
        self.init(status: error.status, json: Answer.error(error))
        if let seconds = error.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
    }

    init(_ error: TextError) {
        self.init(status: error.status, text: error.message)
        if let seconds = error.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
    }

    init(status: HTTPResponse.Status = .ok, json: [UInt8]) {
        self.init(
            status: status, headers: [.contentType: "application/json", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }

    /// A line for people.
    init(status: HTTPResponse.Status, text: String) {
        self.init(
            status: status, headers: [.contentType: "text/plain; charset=utf-8", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
    }
}

/// zlib had no memory in the middle of an answer; the connection ends, since the answer cannot.
private struct CompressionError: Error {}
