public import ApusPlatform

/// Why the series database could not do what it was asked.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// What a caller can branch on.
    public enum Code: Sendable, Equatable {
        /// Bytes on disk are not what was written.
        case corruption
        case io
        case noSpace
        case readOnly
        /// Another process holds the data directory.
        case locked
        /// The database is closed or closing.
        case closed
        /// Not now; the same call may succeed later.
        case unavailable
        /// The call itself is wrong.
        case invalid
    }

    public let code: Code
    /// A sentence for the operator.
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// What a failed disk operation means to the database.
    public init(_ error: DiskError) {
        let code: Code =
            switch error.code {
            case .noSpace: .noSpace
            case .readOnly, .permission: .readOnly
            case .locked: .locked
            case .closed: .closed
            case .notFound, .exists, .io: .io
            }
        self.init(code, error.description, cause: error)
    }

    public var description: String { message }
}
