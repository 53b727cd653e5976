/// The overview page: HTML with the first snapshot inside, so that the first paint has charts.
public enum Page {
    public static let contentType = "text/html; charset=utf-8"

    /// Further headers that belong to the page.
    public static let headers: [(name: String, value: String)] = [
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]

    /// The page's policy: nothing from elsewhere, no script but our own file and the data block.
    public static func contentSecurityPolicy(nonce: String) -> String {
        "default-src 'none'; script-src 'self' 'nonce-\(safe(nonce))'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }

    /// - Parameter nonce: Fresh and random for each answer, the same as in the policy; characters other than those of base64 are
    ///   left out.
    public static func render(_ snapshot: OverviewSnapshot, nonce: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(template.count * 16 + snapshot.json.count)
        for part in template {
            switch part {
            case .text(let bytes): result += bytes
            case .place("nonce"): result += safe(nonce).utf8
            case .place("script"): result += Assets.scriptPath.utf8
            case .place("style"): result += Assets.stylePath.utf8
            case .place("headline"): result += escaped(snapshot.headline).utf8
            case .place("level"): result += snapshot.level.rawValue.utf8
            case .place("snapshot"): result += snapshot.json
            case .place: break
            }
        }
        return result
    }

    private enum Part {
        case text([UInt8])
        case place(String)
    }

    /// `index.html`, cut at its `{{places}}`.
    private static let template: [Part] = {
        var parts: [Part] = []
        var rest = Substring(String(decoding: PackageResources.index_html, as: UTF8.self))
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            parts.append(.text(Array(rest[..<open.lowerBound].utf8)))
            parts.append(.place(String(rest[open.upperBound..<close.lowerBound])))
            rest = rest[close.upperBound...]
        }
        return parts + [.text(Array(rest.utf8))]
    }()

    private static func safe(_ nonce: String) -> String {
        nonce.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "+/-_=".contains($0)) }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
