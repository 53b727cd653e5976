internal import ApusBytes

/// What becomes of names that Prometheus does not know.
///
/// - Metric names: letters, digits, `_` and `:` of ASCII stay, each other character (Unicode scalar) becomes `_`; one that begins with a digit
///   gets a `_` in front, and an empty one is `_`.
/// - Label names: the same without `:`. Leading underscores beyond one are taken off (`__name__` is `_name__`), since two
///   of them are reserved; names that the kind of the metric needs (`le`, `quantile`) are put behind `exported_`.
/// - Names that become equal to one before them in the same set get `_` at their end until they differ; of two that were equal as given, the later counts.
/// - Values stay as they are; a label with an empty value is left out, which is what it means to Prometheus.
/// - Nothing here fails: what a program measures must not stop it.
enum MetricNames {
    static func metric(_ name: String) -> String { cleaned(name, allowsColon: true) }

    static func label(_ name: String, reserved: [String] = []) -> String {
        var name = cleaned(name, allowsColon: false)
        while name.hasPrefix("__") { name.removeFirst() }
        return reserved.contains(name) ? "exported_" + name : name
    }

    /// Sorted by name, names valid and unique, no value empty.
    static func canonical(_ pairs: [(String, String)], reserved: [String]) -> [(String, String)] {
        if areCanonicalButForOrder(pairs, reserved) { return sorted(pairs) }
        var values: [String: String] = [:]
        for (name, value) in pairs { values[name] = value }
        var result: [(String, String)] = []
        // In the order of the given names, so that the outcome does not depend on who writes which label first.
        for (name, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) where !value.isEmpty {
            var clean = label(name, reserved: reserved)
            while result.contains(where: { $0.0 == clean }) { clean += "_" }
            result.append((clean, value))
        }
        return sorted(result)
    }

    private static func areCanonicalButForOrder(_ pairs: [(String, String)], _ reserved: [String]) -> Bool {
        for i in pairs.indices {
            let name = pairs[i].0
            guard isLabel(name), !pairs[i].1.isEmpty, !reserved.contains(name) else { return false }
            for j in 0..<i where pairs[j].0 == name { return false }
        }
        return true
    }

    private static func isLabel(_ name: String) -> Bool {
        var previous: UInt8 = 0
        var index = 0
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): break
            case UInt8(ascii: "0")...UInt8(ascii: "9") where index > 0: break
            case UInt8(ascii: "_") where !(index == 1 && previous == byte): break
            default: return false
            }
            previous = byte
            index += 1
        }
        return index > 0
    }

    private static func sorted(_ pairs: [(String, String)]) -> [(String, String)] {
        for i in pairs.indices.dropFirst() where pairs[i].0 < pairs[i - 1].0 { return pairs.sorted { $0.0 < $1.0 } }
        return pairs
    }

    /// `a="b",c="d"` of canonical pairs: backslash, quote and newline are escaped.
    static func text(_ pairs: [(String, String)]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(pairs.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 4 })
        for (name, value) in pairs {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text.append(contentsOf: name.utf8)
            text.append(contentsOf: "=\"".utf8)
            appendEscaped(value, to: &text)
            text.append(UInt8(ascii: "\""))
        }
        return text
    }

    static func appendEscaped(_ value: String, quotes: Bool = true, to text: inout [UInt8]) {
        let bytes = value.utf8Span.span
        var start = 0
        for i in 0..<bytes.count {
            let byte = bytes[i]
            guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\\") || (quotes && byte == UInt8(ascii: "\"")) else { continue }
            ApusBytes.append(bytes, start..<i, to: &text)
            text.append(UInt8(ascii: "\\"))
            text.append(byte == UInt8(ascii: "\n") ? UInt8(ascii: "n") : byte)
            start = i + 1
        }
        ApusBytes.append(bytes, start..<bytes.count, to: &text)
    }

    private static func cleaned(_ name: String, allowsColon: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
            case ":" where allowsColon: result.unicodeScalars.append(scalar)
            case "0"..."9":
                if result.isEmpty { result = "_" }
                result.unicodeScalars.append(scalar)
            default: result += "_"
            }
        }
        return result.isEmpty ? "_" : result
    }
}
