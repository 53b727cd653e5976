internal import Synchronization

/// What a route does, and so what a token must allow.
public enum Access: Sendable, Hashable {
    /// Probes and the login: always, for everybody.
    case open
    /// Queries, status, metrics, the page.
    case read
    /// Remote write.
    case write
    /// Deleting, snapshots.
    case administer
}

/// A secret that its holder sends as `Authorization: Bearer …`.
public struct AccessToken: Sendable {
    public enum Role: String, Sendable, CaseIterable {
        case read
        case write
        /// Everything.
        case admin
    }

    let secret: [UInt8]
    public let role: Role

    /// - Parameter secret: Not empty; 32 random characters or more keep guessing hopeless.
    public init(_ secret: String, role: Role = .admin) {
        precondition(!secret.isEmpty, "a token is not empty")
        self.secret = Array(secret.utf8)
        self.role = role
    }

    func allows(_ access: Access) -> Bool {
        switch access {
        case .open: true
        case .read: role != .write
        case .write: role != .read
        case .administer: role == .admin
        }
    }

    /// Takes a time that depends on the length of `candidate` only, so that it tells nothing of the secret.
    func matches(_ candidate: [UInt8]) -> Bool {
        var difference = secret.count ^ candidate.count
        for at in candidate.indices { difference |= Int(candidate[at] ^ secret[at % secret.count]) }
        return difference == 0
    }
}

extension AccessToken: CustomStringConvertible, CustomDebugStringConvertible {
    /// Without the secret, so that it reaches no log.
    public var description: String { "AccessToken(\(role.rawValue))" }
    public var debugDescription: String { description }
}

/// Browsers that logged in: each holds a random cookie instead of the token.
final class SessionTable: Sendable {
    struct Session {
        var role: AccessToken.Role
        /// Milliseconds since 1970 UTC.
        var expiry: Int64
    }

    static let cookieName = "apus_session"
    static let lifetimeSeconds = 7 * 86_400
    /// Beyond it the one that expires first goes.
    static let countMax = 1000

    private let sessions = Mutex<[String: Session]>([:])

    /// - Returns: The cookie's value: 256 random bits.
    func start(_ role: AccessToken.Role, now: Int64) -> String {
        let id = randomHexadecimal(byteCount: 32)
        sessions.withLock { sessions in
            sessions = sessions.filter { $0.value.expiry > now }
            if sessions.count >= Self.countMax, let oldest = sessions.min(by: { $0.value.expiry < $1.value.expiry }) {
                sessions[oldest.key] = nil
            }
            sessions[id] = Session(role: role, expiry: now + Int64(Self.lifetimeSeconds) * 1000)
        }
        return id
    }

    /// Looking up by a secret leaks nothing of use here: the dictionary's hashes are keyed with random bits.
    func role(of id: String, now: Int64) -> AccessToken.Role? {
        sessions.withLock { sessions in sessions[id].flatMap { $0.expiry > now ? $0.role : nil } }
    }

    func end(_ id: String) { sessions.withLock { $0[id] = nil } }
}

/// Random bytes of the system's generator as hexadecimal digits.
func randomHexadecimal(byteCount: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    var result = ""
    for _ in 0..<byteCount {
        let byte = UInt8.random(in: 0...255, using: &generator)
        result += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return result
}

/// Stops guessing at the login: after too many failures in a minute every attempt is refused until the minute is over.
struct FailureLimiter {
    static let failureCountMax = 10
    private var minute: Int64 = 0
    private var failureCount = 0

    /// - Parameter now: Milliseconds since 1970 UTC.
    mutating func allows(now: Int64) -> Bool {
        if now / 60_000 != minute {
            minute = now / 60_000
            failureCount = 0
        }
        return failureCount < Self.failureCountMax
    }

    mutating func fail() { failureCount += 1 }
}
