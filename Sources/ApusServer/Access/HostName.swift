/// The host of a `Host` header, an `Origin` or an address to listen on: lower case, without brackets and port.
struct HostName: Equatable {
    let text: String

    /// - Parameter authority: `name`, `name:port`, `1.2.3.4:80`, `[::1]:80` or a bare `::1`.
    init(_ authority: String) {
        let authority = authority.lowercased()
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            text = String(authority[authority.index(after: authority.startIndex)..<end])
        } else if authority.filter({ $0 == ":" }).count == 1, let colon = authority.firstIndex(of: ":") {
            text = String(authority[..<colon])
        } else {
            text = authority
        }
    }

    /// `localhost`, 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        if text == "localhost" || text == "::1" || text.hasSuffix(".localhost") { return true }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
