/// One event of a `text/event-stream`, as browsers' `EventSource` reads it.
public struct ServerSentEvent: Sendable {
    public static let contentType = "text/event-stream; charset=utf-8"

    /// What a reconnecting browser sends back as `Last-Event-ID`; nil leaves the browser's as it was.
    public var id: String?
    public var name: String
    /// One line: no line breaks.
    public var data: [UInt8]

    public init(id: String? = nil, name: String, data: [UInt8]) {
        self.id = id
        self.name = name
        self.data = data
    }

    /// On the wire, with the blank line that ends it.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(data.count + 64)
        if let id { result.append(contentsOf: "id: \(id)\n".utf8) }
        result.append(contentsOf: "event: \(name)\ndata: ".utf8)
        result.append(contentsOf: data)
        result.append(contentsOf: "\n\n".utf8)
        return result
    }
}
