internal import ApusModel

/// The text formats in which metrics are exposed to be scraped.
public enum ExpositionFormat: Sendable, Equatable, CaseIterable {
    /// Prometheus's text format, version 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics

    /// What a server answers as `Content-Type`.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What a scraper sends as `Accept`: OpenMetrics first, then the text format, then anything.
    public static let accept =
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

    /// The format of a page that was answered with this content type.
    ///
    /// - Parameter contentType: The header's value, nil when there was none; that, and `text/plain` of any version, is
    ///   taken for the text format.
    /// - Returns: nil for other types, such as the protobuf format or a page of HTML.
    public init?(contentType: String?) {
        guard let contentType, !contentType.trimmingSpaces().isEmpty else {
            self = .text
            return
        }
        switch MediaRange(contentType).type {
        case "application/openmetrics-text": self = .openMetrics
        case "text/plain": self = .text
        default: return nil
        }
    }

    /// The format to answer with: the one that the client likes best, and of equals OpenMetrics.
    ///
    /// Versions that are not spoken here (of OpenMetrics other than 1.0.0 and 0.0.1, of text other than 0.0.4) and types
    /// with `q=0` are passed over; other parameters, `escaping` for one, are tolerated.
    /// - Parameter accept: The header's value, nil when there was none.
    /// - Returns: The text format when nothing fits, since any client of metrics reads it.
    public static func negotiated(accept: String?) -> ExpositionFormat {
        var best: (format: ExpositionFormat, quality: Double) = (.text, 0)
        for part in (accept ?? "").split(separator: ",") {
            let range = MediaRange(part)
            let version = range.parameters["version"]
            let format: ExpositionFormat
            switch range.type {
            case "application/openmetrics-text" where version == nil || version == "1.0.0" || version == "0.0.1":
                format = .openMetrics
            case "text/plain" where version == nil || version == "0.0.4", "text/*", "*/*": format = .text
            default: continue
            }
            if range.quality > best.quality
                || (range.quality == best.quality && range.quality > 0 && format == .openMetrics)
            {
                best = (format, range.quality)
            }
        }
        return best.format
    }
}

/// One element of an `Accept` header, or the value of a `Content-Type`.
private struct MediaRange {
    var type: String
    var parameters: [String: String] = [:]

    /// From 0 to 1; 1 when it is not given or not a number.
    var quality: Double { min(max(Double(parameters["q"] ?? "1") ?? 1, 0), 1) }

    init(_ text: some StringProtocol) {
        let parts = text.split(separator: ";").map { $0.trimmingSpaces() }
        type = parts.first.map { $0.lowercased() } ?? ""
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces() }
            guard pair.count == 2 else { continue }
            parameters[pair[0].lowercased()] = pair[1].trimmingQuotes().lowercased()
        }
    }
}

extension StringProtocol {
    fileprivate func trimmingQuotes() -> SubSequence {
        guard count >= 2, first == "\"", last == "\"" else { return self[...] }
        return self[index(after: startIndex)..<index(before: endIndex)]
    }
}
