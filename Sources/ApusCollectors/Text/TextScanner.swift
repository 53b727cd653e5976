internal import ApusBytes

/// Walks the lines and fields of a small text file of the kernel's. It holds no bytes (each call is given the same span), never
/// traps, and allocates nothing.
struct TextScanner {
    var offset: Int
    let end: Int

    init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next line without its newline; nil at the end.
    mutating func line(_ bytes: borrowing Span<UInt8>) -> Range<Int>? {
        guard offset < end else { return nil }
        let start = offset
        var at = start
        while at < end && bytes[at] != Ascii.newline { at &+= 1 }
        offset = min(at &+ 1, end)
        return start..<at
    }

    /// The next run between spaces and tabs; nil at the end.
    mutating func field(_ bytes: borrowing Span<UInt8>) -> Range<Int>? {
        skipBlanks(bytes)
        guard offset < end else { return nil }
        let start = offset
        while offset < end && !Ascii.isBlank(bytes[offset]) { offset &+= 1 }
        return start..<offset
    }

    /// The next field when it is a whole number below 2^64; the scanner stands behind the field in any case.
    mutating func number(_ bytes: borrowing Span<UInt8>) -> UInt64? {
        skipBlanks(bytes)
        let start = offset
        var value: UInt64 = 0
        var isNumber = true
        while offset < end {
            let c = bytes[offset]
            if Ascii.isBlank(c) { break }
            let digit = c &- Ascii.zero
            if digit > 9 {
                isNumber = false
            } else if value < 1_000_000_000_000_000_000 {
                value = value &* 10 &+ UInt64(digit)
            } else {
                let (product, first) = value.multipliedReportingOverflow(by: 10)
                let (sum, second) = product.addingReportingOverflow(UInt64(digit))
                if first || second { isNumber = false }
                value = sum
            }
            offset &+= 1
        }
        return isNumber && offset > start ? value : nil
    }

    /// The next field when it is a number like `0.58`, exactly as a decimal reader rounds it for up to 15 digits.
    mutating func decimal(_ bytes: borrowing Span<UInt8>) -> Double? {
        guard let range = field(bytes) else { return nil }
        return parseDecimal(bytes, range)
    }

    private mutating func skipBlanks(_ bytes: borrowing Span<UInt8>) {
        while offset < end && Ascii.isBlank(bytes[offset]) { offset &+= 1 }
    }
}

/// The bytes these files are made of.
enum Ascii {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let zero = UInt8(ascii: "0")
    static let colon = UInt8(ascii: ":")

    static func isBlank(_ c: UInt8) -> Bool { c == space || c == UInt8(ascii: "\t") || c == newline }
    static func isDigit(_ c: UInt8) -> Bool { c &- zero < 10 }
}

/// The whole range as an unsigned number; nil when it is none or passes 2^64.
func parseNumber(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> UInt64? {
    var scanner = TextScanner(range)
    let value = scanner.number(bytes)
    return scanner.offset == range.upperBound ? value : nil
}

/// `12`, `0.58` or `-1`; nil for anything else and above 18 digits.
func parseDecimal(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Double? {
    var at = range.lowerBound
    let isNegative = at < range.upperBound && bytes[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    var digits: Int64 = 0
    var digitCount = 0
    var scale = 1.0
    var isFraction = false
    while at < range.upperBound {
        let c = bytes[at]
        if c == UInt8(ascii: ".") && !isFraction {
            isFraction = true
        } else if Ascii.isDigit(c) && digitCount < 18 {
            digits = digits &* 10 &+ Int64(c &- Ascii.zero)
            digitCount += 1
            if isFraction { scale *= 10 }
        } else {
            return nil
        }
        at += 1
    }
    guard digitCount > 0 else { return nil }
    let value = Double(digits) / scale
    return isNegative ? -value : value
}

/// Whether a run is exactly this text.
func isText(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    return hasPrefix(bytes, range, text)
}

/// Whether a run starts with this text.
func hasPrefix(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count >= text.utf8CodeUnitCount else { return false }
    var at = range.lowerBound
    for scalar in text.description.utf8 {
        if bytes[at] != scalar { return false }
        at &+= 1
    }
    return true
}

/// The run as an array, for keys that are kept.
func copy(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    var result: [UInt8] = []
    append(bytes, range, to: &result)
    return result
}

/// The run as text for a label value; what is not UTF-8 is replaced.
func labelText(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> String {
    string(bytes, range) ?? String(decoding: copy(bytes, range), as: UTF8.self)
}
