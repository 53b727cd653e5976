import Testing

/// A request with the status and the body that Prometheus 3.5 answers it with.
struct Example: Sendable, CustomTestStringConvertible {
    var request: String
    var status: Int
    var body: String
    var testDescription: String { request }

    static func success(_ request: String, _ data: String, _ rest: String = "") -> Example {
        Example(request: request, status: 200, body: #"{"status":"success","data":\#(data)\#(rest)}"#)
    }

    static func error(_ request: String, _ error: String, _ status: Int = 400, _ type: String = "bad_data") -> Example {
        Example(
            request: request, status: status, body: #"{"status":"error","errorType":"\#(type)","error":"\#(error)"}"#)
    }
}
