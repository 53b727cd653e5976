/// Writes JSON into bytes, in the order of the calls; commas are its own business.
///
/// Numbers have at most five significant digits: a chart shows no more, and the page is smaller for it. Times and counts
/// that must be exact go through `integer`.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    mutating func object(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "{"))
        body(&self)
        close(UInt8(ascii: "}"))
    }

    mutating func array(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "["))
        body(&self)
        close(UInt8(ascii: "]"))
    }

    mutating func array<T>(_ items: some Sequence<T>, _ body: (inout JSONWriter, T) -> Void) {
        array { writer in
            for item in items { body(&writer, item) }
        }
    }

    mutating func key(_ name: StaticString) { key(name.description) }

    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func null() { word("null") }

    mutating func boolean(_ value: Bool) { word(value ? "true" : "false") }

    mutating func integer(_ value: Int64) { word(String(value)) }

    /// Infinite and missing values are `null`.
    mutating func number(_ value: Double?) {
        guard let value, value.isFinite else { return null() }
        word(Self.short(value))
    }

    mutating func string(_ text: String) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            // Also what would end a script block.
            case 0..<0x20, 0x7f, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                let hex = String(byte, radix: 16)
                bytes += Array("\\u00\(hex.count < 2 ? "0" : "")\(hex)".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Text that is JSON already.
    mutating func raw(_ json: [UInt8]) {
        comma()
        bytes.append(contentsOf: json)
    }

    private mutating func word(_ text: String) {
        comma()
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func open(_ bracket: UInt8) {
        comma()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Five significant digits at most, without an exponent where it fits.
    static func short(_ value: Double) -> String {
        let size = value.magnitude
        guard size < 1e15 else { return String(value) }
        if size >= 10_000 { return String(Int64(value.rounded())) }
        guard size >= 1e-6 else { return "0" }
        var scale = 1.0
        while size * scale < 1000 && scale < 1e9 { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? String(Int64(rounded)) : String(rounded)
    }
}
