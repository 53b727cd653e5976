internal import ApusBytes

/// Strings in JSON, as Prometheus's HTTP API writes them.
public enum JSONText {
    /// A string literal with its quotes.
    ///
    /// Quote and backslash are escaped, and control characters as `\n`, `\r`, `\t` or `\u00XX`; all else, UTF-8 included,
    /// stands as it is. Runs without escapes are copied at once.
    /// - Parameters:
    ///   - range: Where in `bytes` the text stands; valid UTF-8.
    ///   - escapesHTML: Also `<`, `>` and `&` as `\u00XX`, for JSON inside of a page.
    public static func append(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, escapesHTML: Bool = false, to output: inout [UInt8]
    ) {
        output.append(UInt8(ascii: "\""))
        var start = range.lowerBound
        for at in range {
            let byte = bytes[at]
            if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
                guard escapesHTML, byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "&")
                else {
                    continue
                }
            }
            ApusBytes.append(bytes, start..<at, to: &output)
            start = at + 1
            output.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
            case UInt8(ascii: "\n"): output.append(UInt8(ascii: "n"))
            case UInt8(ascii: "\r"): output.append(UInt8(ascii: "r"))
            case UInt8(ascii: "\t"): output.append(UInt8(ascii: "t"))
            default:
                output.append(contentsOf: "u00".utf8)
                output.append(hexadecimal(byte >> 4))
                output.append(hexadecimal(byte & 15))
            }
        }
        ApusBytes.append(bytes, start..<range.upperBound, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// The same for a string.
    public static func append(_ text: String, escapesHTML: Bool = false, to output: inout [UInt8]) {
        var text = text
        text.makeContiguousUTF8()
        let span = text.utf8Span.span
        append(span, 0..<span.count, escapesHTML: escapesHTML, to: &output)
    }

    private static func hexadecimal(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}
