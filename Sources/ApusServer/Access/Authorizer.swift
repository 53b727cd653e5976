internal import HTTPTypes
internal import Synchronization

/// Decides who may do what. Its decisions depend on the request's head alone.
///
/// With a token configured, everything but the probes wants it: as `Authorization: Bearer`, or as the cookie of a browser
/// that logged in with it. Without one everybody who reaches the address may do everything, so that it guards against
/// those who reach it by way of somebody's browser: a name that was rebound to this machine, and another site's pages.
final class Authorizer: Sendable {
    enum Verdict: Equatable {
        case allowed
        /// 401: show the right token.
        case unauthorized
        /// 403, with the reason.
        case forbidden(String)
    }

    let tokens: [AccessToken]
    let sessions = SessionTable()
    private let checksHost: Bool
    private let allowedHosts: Set<String>
    private let loginFailures = Mutex(FailureLimiter())

    init(_ options: ServerOptions) {
        tokens = options.tokens
        checksHost = options.tokens.isEmpty && options.isLoopback
        allowedHosts = Set(options.allowedHosts.map { HostName($0).text })
    }

    /// - Parameter now: Milliseconds since 1970 UTC.
    func verdict(on request: HTTPRequest, access: Access, now: Int64) -> Verdict {
        if access == .open && request.method != .post { return .allowed }
        if tokens.isEmpty || access == .open {
            if let reason = foreignReason(request) { return .forbidden(reason) }
            return .allowed
        }
        if let header = request.headerFields[.authorization] {
            guard let token = token(bearer: header) else { return .unauthorized }
            return token.allows(access) ? .allowed : .forbidden("this token does not allow it")
        }
        guard let cookie = sessionID(request), let role = sessions.role(of: cookie, now: now) else { return .unauthorized }
        // A cookie comes along whoever made the browser send the request.
        if let reason = foreignReason(request) { return .forbidden(reason) }
        return AccessToken("cookie", role: role).allows(access) ? .allowed : .forbidden("this login does not allow it")
    }

    /// The token that a browser's user typed.
    ///
    /// - Returns: nil when there is none like it; throws when guessing has to stop for a while.
    func login(_ secret: String, now: Int64) throws(APIError) -> AccessToken? {
        guard loginFailures.withLock({ $0.allows(now: now) }) else {
            throw APIError(
                .unavailable, "too many failed logins, try again in a minute", status: .tooManyRequests, retryAfterSeconds: 60)
        }
        if let token = token(secret: Array(secret.utf8)) { return token }
        loginFailures.withLock { $0.fail() }
        return nil
    }

    func sessionID(_ request: HTTPRequest) -> String? {
        for header in request.headerFields[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                if parts.count == 2, parts[0].drop(while: { $0 == " " }) == SessionTable.cookieName { return String(parts[1]) }
            }
        }
        return nil
    }

    private func token(bearer header: String) -> AccessToken? {
        let bytes = Array(header.utf8)
        let scheme = Array("bearer ".utf8)
        guard bytes.count > scheme.count, bytes.prefix(scheme.count).elementsEqual(scheme, by: { $0 | 0x20 == $1 | 0x20 }) else {
            return nil
        }
        return token(secret: Array(bytes.dropFirst(scheme.count).drop(while: { $0 == UInt8(ascii: " ") })))
    }

    private func token(secret: [UInt8]) -> AccessToken? {
        var found: AccessToken?
        // All of them, so that the time does not tell which came near.
        for token in tokens where token.matches(secret) { found = token }
        return found
    }

    /// Why a request looks as if another site's page had made the browser send it.
    private func foreignReason(_ request: HTTPRequest) -> String? {
        if checksHost {
            let host = HostName(request.authority ?? "")
            guard host.isLoopback || allowedHosts.contains(host.text) else {
                return "the host \(goQuoted(host.text)) is not served here without a token; add it to the allowed hosts"
            }
        }
        let changesNothing = request.method == .get || request.method == .head || request.method == .options
        if changesNothing { return nil }
        if let origin = request.headerFields[.origin] {
            let parts = origin.lowercased().split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, let authority = request.authority, parts[2] == authority.lowercased() else {
                return "requests from pages of \(goQuoted(origin)) are refused"
            }
        }
        if let site = request.headerFields[.secFetchSite], site != "same-origin", site != "none" {
            return "requests from other sites' pages are refused"
        }
        return nil
    }
}
