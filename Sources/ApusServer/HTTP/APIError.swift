internal import ApusModel
internal import ApusPromQL
internal import HTTPTypes

/// An answer that is not the one asked for, in the words and status codes of Prometheus's API.
struct APIError: Error, Equatable {
    /// The `errorType` that clients branch on.
    enum Kind: String {
        case badData = "bad_data"
        case execution
        case canceled
        case timeout
        case `internal`
        case notFound = "not_found"
        case notAcceptable = "not_acceptable"
        case unavailable
    }

    var kind: Kind
    var message: String
    /// When it is not what Prometheus gives for the kind.
    var status: HTTPResponse.Status
    /// Seconds after which to ask again.
    var retryAfterSeconds: Int?

    init(_ kind: Kind, _ message: String, status: HTTPResponse.Status? = nil, retryAfterSeconds: Int? = nil) {
        self.kind = kind
        self.message = message
        self.status = status ?? kind.status
        self.retryAfterSeconds = retryAfterSeconds
    }

    static func badData(_ message: String) -> APIError { APIError(.badData, message) }

    static func invalid(_ parameter: String, _ reason: String) -> APIError {
        .badData("invalid parameter \(goQuoted(parameter)): \(reason)")
    }

    static func unavailable(_ message: String) -> APIError { APIError(.unavailable, message, retryAfterSeconds: 1) }
}

extension APIError.Kind {
    var status: HTTPResponse.Status {
        switch self {
        case .badData: .badRequest
        case .execution: .unprocessableContent
        // nginx's number for a client that closed its request.
        case .canceled: HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
        case .timeout, .unavailable: .serviceUnavailable
        case .internal: .internalServerError
        case .notFound: .notFound
        case .notAcceptable: .notAcceptable
        }
    }
}

extension APIError {
    /// What stopped a query.
    init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as QueryError:
            switch error {
            case .parse: self = .invalid("query", error.description)
            case .execution, .limit: self.init(.execution, error.description)
            case .canceled: self.init(.canceled, error.description)
            case .timeout: self.init(.timeout, error.description)
            case .storage: self.init(.internal, error.description)
            }
        case let error as ParseError: self = .invalid("query", error.description)
        case let error as SampleStoreError:
            switch error.code {
            case .noSpace, .unavailable: self = .unavailable(error.message)
            case .invalid: self = .badData(error.message)
            case .failed: self.init(.internal, error.message)
            }
        case is CancellationError: self.init(.canceled, "query was canceled")
        default: self.init(.internal, String(describing: error))
        }
    }
}

/// An answer in plain text, for routes whose clients are not those of the API.
struct TextError: Error {
    var status: HTTPResponse.Status
    var message: String
    var retryAfterSeconds: Int?
}

/// In double quotes, as Go's `%q` writes it.
func goQuoted(_ text: some StringProtocol) -> String { LabelName.quoted(text) }
