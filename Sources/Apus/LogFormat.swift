internal import ApusPlatform
internal import FoundationEssentials
public import Logging

/// Makes loggers that write one line an event to standard error.
public enum LogFormat {
    /// - Parameter isJSON: One JSON object a line rather than text.
    public static func logger(level: String, isJSON: Bool) -> Logger {
        var logger = Logger(label: "apus") { _ in LineHandler(isJSON: isJSON) }
        logger.logLevel = Logger.Level(rawValue: level) ?? .info
        return logger
    }

    /// The same logger for groups of services, whose debug lines print whole services and tell an operator nothing.
    static func lifecycle(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .notice)
        return logger
    }
}

/// `2026-11-21T10:00:00Z info  listening  address=http://127.0.0.1:9090`, or the same as JSON.
private struct LineHandler: LogHandler {
    let isJSON: Bool
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Date().formatted(.iso8601)
        let line: String
        if isJSON {
            let pairs = [("time", time), ("level", event.level.rawValue), ("message", "\(event.message)")] + fields.map { ($0.key, "\($0.value)") }
            line = "{" + pairs.map { "\(Self.quoted($0.0)):\(Self.quoted($0.1))" }.joined(separator: ",") + "}\n"
        } else {
            let shown = fields.map { " \($0.key)=\(Self.plain("\($0.value)"))" }.joined()
            line = "\(time) \(event.level.rawValue) \(Self.plain("\(event.message)", spaces: true))\(shown)\n"
        }
        StandardStream.error.write(line)
    }

    /// One line whatever comes: control characters are escaped.
    private static func plain(_ text: String, spaces: Bool = false) -> String {
        let clean = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && (spaces || ($0 != " " && $0 != "\"")) }
        return clean && !text.isEmpty ? text : quoted(text)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case let c where c.value < 0x20 || c.value == 0x7f:
                let hex = String(c.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
