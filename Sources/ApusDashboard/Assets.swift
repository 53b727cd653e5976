internal import ApusBytes

/// A file of the page as it is served.
public struct Asset: Sendable {
    public var bytes: [UInt8]
    public var contentType: String
    /// With its quotes.
    public var etag: String
    public var cacheControl: String
}

/// Scripts and styles, compiled into the program.
///
/// In the sources each idea has a module of its own; here they are put together to one script and one style sheet, since
/// each request costs more than the bytes in it. Names carry a hash of the content, so browsers may keep them forever.
public enum Assets {
    /// - Parameter path: The request's path without its query: `/assets/…`.
    public static func lookup(_ path: String) -> Asset? { all[path] }

    static var scriptPath: String { "/assets/apus-\(script.hash).js" }
    static var stylePath: String { "/assets/apus-\(style.hash).css" }

    /// Modules in an order in which each stands behind those that it imports from.
    static let modules: [(name: String, bytes: [UInt8])] = [
        ("format.js", PackageResources.format_js), ("view.js", PackageResources.view_js), ("data.js", PackageResources.data_js),
        ("history.js", PackageResources.history_js), ("stream.js", PackageResources.stream_js),
        ("scale.js", PackageResources.scale_js), ("plot.js", PackageResources.plot_js), ("chart.js", PackageResources.chart_js),
        ("filesystems.js", PackageResources.filesystems_js), ("verdict.js", PackageResources.verdict_js),
        ("vitals.js", PackageResources.vitals_js), ("changes.js", PackageResources.changes_js),
        ("bar.js", PackageResources.bar_js), ("keys.js", PackageResources.keys_js), ("app.js", PackageResources.app_js),
    ]

    static let styles: [[UInt8]] = [
        PackageResources.base_css, PackageResources.chart_css, PackageResources.verdict_css, PackageResources.bar_css,
    ]

    private static let script = Bundle(modules.map { linked($0.bytes) })
    private static let style = Bundle(styles)

    private struct Bundle: Sendable {
        var bytes: [UInt8]
        var hash: String

        init(_ parts: [[UInt8]]) {
            let bytes = Array(parts.joined(separator: [UInt8(ascii: "\n")]))
            self.bytes = bytes
            hash = String(hash64(bytes.span, 0..<bytes.count, seed: 1), radix: 36)
        }
    }

    private static let all: [String: Asset] = [
        scriptPath: asset(script, "text/javascript; charset=utf-8"),
        stylePath: asset(style, "text/css; charset=utf-8"),
    ]

    private static func asset(_ bundle: Bundle, _ contentType: String) -> Asset {
        Asset(
            bytes: bundle.bytes, contentType: contentType, etag: "\"\(bundle.hash)\"",
            cacheControl: "public, max-age=31536000, immutable")
    }

    /// A module's text without what only tells modules apart: its imports, the word `export`, and lines that are comments.
    private static func linked(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = line.drop { $0 == UInt8(ascii: " ") }
            if text.starts(with: "//".utf8) || line.starts(with: "import ".utf8) { continue }
            let exported = line.starts(with: "export ".utf8)
            result += exported ? line.dropFirst("export ".utf8.count) : line
            result.append(UInt8(ascii: "\n"))
        }
        return result
    }
}
