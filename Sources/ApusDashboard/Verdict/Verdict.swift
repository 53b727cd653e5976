/// How bad it is, from "nothing known yet" to "act now".
public enum Severity: String, Sendable, Comparable, CaseIterable {
    case waiting, ok, warn, bad

    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// One thing that is wrong, in words.
struct Finding: Sendable, Equatable {
    var level: Severity
    /// "CPU saturated".
    var text: String
    /// "97 % busy".
    var detail: String
    /// When it began, milliseconds since 1970 UTC; nil when that was before anybody looked.
    var since: Int64?
    /// The chart that shows it.
    var chart: String
    /// The value that was passed, in the chart's unit.
    var threshold: Double?
    /// Who it might be: "python 11091, 96 %".
    var suspects: [String] = []
    /// What to do, when there is something.
    var advice = ""
}

/// What is wrong, worst first, or that nothing is, with what was looked at.
struct Verdict: Sendable, Equatable {
    var findings: [Finding] = []
    /// What was looked at: "CPU", "2 file systems"
    var checked: [String] = []
    var isCollecting = false

    var level: Severity { findings.map(\.level).max() ?? (isCollecting ? .waiting : .ok) }

    /// "CPU saturated for 4 min: python 11091, 96 %".
    func headline(now: Int64) -> String {
        guard let worst = findings.first else {
            if isCollecting { return "Collecting the first figures" }
            return "All fine"
        }
        var text = worst.text
        if let since = worst.since { text += " for \(Self.span(now - since))" }
        if let suspect = worst.suspects.first { text += ": \(suspect)" } else { text += ": \(worst.detail)" }
        return findings.count > 1 ? "\(text) (and \(findings.count - 1) more)" : text
    }

    /// "12 s", "4 min", "3 h", "2 d".
    static func span(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds / 1000)
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3600) h"
        default: return "\(seconds / 86_400) d"
        }
    }
}
