internal import Glibc

/// The process's standard output and error, unbuffered; what cannot be written (a closed pipe, a full disk) is dropped.
public enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    public func write(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            // Safe: the system reads `count - done` bytes from inside the array.
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress! + done, bytes.count - done) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            done += written
        }
    }

    /// Whether a person looks at it.
    public var isTerminal: Bool { isatty(rawValue) == 1 }
}
