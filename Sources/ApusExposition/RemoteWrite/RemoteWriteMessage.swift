internal import ApusModel

/// Which message a remote write request carries, told by its content type.
public enum RemoteWriteMessage: Sendable, Equatable {
    /// prometheus.WriteRequest, remote write 1.0.
    case version1
    /// io.prometheus.write.v2.Request; known so that a server can answer 415 and the sender fall back to 1.0.
    case version2

    /// - Parameter contentType: The header's value; `application/x-protobuf` without a `proto` parameter means 1.0.
    /// - Returns: nil for anything that is not remote write.
    public init?(contentType: String) {
        let parts = contentType.split(separator: ";").map { $0.trimmingSpaces().lowercased() }
        guard parts.first == "application/x-protobuf" else { return nil }
        self = .version1
        for parameter in parts.dropFirst() where parameter.hasPrefix("proto=") {
            switch parameter.dropFirst(6) {
            case "prometheus.writerequest": self = .version1
            case "io.prometheus.write.v2.request": self = .version2
            default: return nil
            }
        }
    }
}

extension MetricMetadata.Kind {
    /// prometheus.MetricMetadata.MetricType; numbers that are not known are `unknown`.
    init(remoteWriteNumber number: UInt64) {
        self =
            switch number {
            case 1: .counter
            case 2: .gauge
            case 3: .histogram
            case 4: .gaugehistogram
            case 5: .summary
            case 6: .info
            case 7: .stateset
            default: .unknown
            }
    }

    var remoteWriteNumber: UInt64 {
        switch self {
        case .unknown: 0
        case .counter: 1
        case .gauge: 2
        case .histogram: 3
        case .gaugehistogram: 4
        case .summary: 5
        case .info: 6
        case .stateset: 7
        }
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    func trimmingSpaces() -> SubSequence {
        let isSpace = { (c: Character) in c == " " || c == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return self[startIndex..<startIndex]
        }
        return self[first...last]
    }
}
