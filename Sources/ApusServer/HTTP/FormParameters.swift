/// The names and values of a query string and of a form body, decoded, in their order.
///
/// As in Go's `Request.Form`, values of the body stand before those of the query string.
struct FormParameters: Sendable, Equatable {
    private(set) var pairs: [(name: String, value: String)] = []

    /// More are refused: nobody means them.
    static let countMax = 10_000

    init() {}

    /// - Throws: `.badData` when an escape is not one, a text is not UTF-8, or there are too many.
    init(query: some Sequence<UInt8>, body: some Sequence<UInt8> = EmptyCollection()) throws(APIError) {
        try add(body)
        try add(query)
    }

    static func == (a: FormParameters, b: FormParameters) -> Bool {
        a.pairs.elementsEqual(b.pairs) { $0 == $1 }
    }

    /// The first value of a name; nil when there is none or it is empty.
    subscript(name: String) -> String? {
        guard let value = pairs.first(where: { $0.name == name })?.value, !value.isEmpty else { return nil }
        return value
    }

    func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    private mutating func add(_ text: some Sequence<UInt8>) throws(APIError) {
        for part in Array(text).split(separator: UInt8(ascii: "&")) {
            guard pairs.count < Self.countMax else { throw .badData("error parsing form values: too many parameters") }
            let equals = part.firstIndex(of: UInt8(ascii: "="))
            let name = try Self.decoded(part[..<(equals ?? part.endIndex)])
            let value = try equals.map { (at) throws(APIError) in try Self.decoded(part[part.index(after: at)...]) } ?? ""
            pairs.append((name, value))
        }
    }

    private static func decoded(_ text: ArraySlice<UInt8>) throws(APIError) -> String {
        guard let bytes = percentDecoded(text, plusIsSpace: true) else {
            let at = text.firstIndex { $0 == UInt8(ascii: "%") } ?? text.startIndex
            let escape = String(decoding: text[at..<min(text.endIndex, at + 3)], as: UTF8.self)
            throw .badData("error parsing form values: invalid URL escape \(goQuoted(escape))")
        }
        guard let result = String(validating: bytes, as: UTF8.self) else {
            throw .badData("error parsing form values: a parameter is not valid UTF-8")
        }
        return result
    }
}

/// Undoes percent-encoding; nil when a `%` is not followed by two hexadecimal digits.
func percentDecoded(_ text: some Collection<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var iterator = text.makeIterator()
    while let byte = iterator.next() {
        switch byte {
        case UInt8(ascii: "%"):
            guard let high = iterator.next().flatMap(hexadecimalDigit), let low = iterator.next().flatMap(hexadecimalDigit)
            else { return nil }
            result.append(high << 4 | low)
        case UInt8(ascii: "+") where plusIsSpace: result.append(UInt8(ascii: " "))
        default: result.append(byte)
        }
    }
    return result
}

func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
