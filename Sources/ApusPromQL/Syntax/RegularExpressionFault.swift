internal import ApusRegex

extension RegularExpression.SyntaxError {
    /// The reason in the words of Go's `regexp`, which differ from those of RE2 that Go took them from.
    var reasonInGo: String {
        let separator = reason.firstRange(of: ": ")
        let code = separator.map { String(reason[..<$0.lowerBound]) } ?? reason
        let argument = separator.map { String(reason[$0.upperBound...]) } ?? ""
        let words =
            switch code {
            case "missing )": "missing closing )"
            case "missing ]": "missing closing ]"
            case "no argument for repetition operator": "missing argument to repetition operator"
            case "bad repetition operator": "invalid nested repetition operator"
            case "invalid repetition size": "invalid repeat count"
            case "invalid perl operator": "invalid or unsupported Perl syntax"
            case "invalid named capture group": "invalid named capture"
            case "trailing \\": "trailing backslash at end of expression"
            default: code
            }
        return "error parsing regexp: \(words): `\(argument)`"
    }
}
