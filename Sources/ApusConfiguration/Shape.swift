/// What a value in the configuration may be.
public indirect enum Shape: Sendable {
    case text
    /// Text that no page, log or answer ever shows.
    case secret
    /// `10s`, `1h30m`, `2w`; 0 is no time.
    case duration
    /// A duration, or `unlimited`.
    case retention
    /// `512MB`, `10GB` (powers of 1024); a bare number counts bytes.
    case byteCount
    case integer(ClosedRange<Int>)
    case number
    case boolean
    /// One of these words.
    case choice([String])
    case list(Shape)
    /// A mapping with keys of the user's own (label sets, headers).
    case dictionary(Shape)
    case section(Section)
    /// Checked by nobody: the part belongs to something this version hands on or leaves alone.
    case anything
}

/// A mapping with known keys.
public final class Section: Sendable {
    public let keys: [Key]

    public init(_ keys: [Key]) { self.keys = keys }

    public func key(_ name: String) -> Key? { keys.first { $0.name == name } }
}

/// One key of a section.
public struct Key: Sendable {
    public let name: String
    public let shape: Shape
    /// One sentence for the reference page.
    public let meaning: String
    /// The value when the key is absent, as it would be written; nil when there is none.
    public let standard: String?

    public init(_ name: String, _ shape: Shape, _ meaning: String, standard: String? = nil) {
        self.name = name
        self.shape = shape
        self.meaning = meaning
        self.standard = standard
    }
}

extension Shape {
    /// What to say when a value is of another kind.
    var expectation: String {
        switch self {
        case .text, .secret: "text"
        case .duration: "a duration such as 30s, 5m or 1h30m"
        case .retention: "a duration such as 30d, or unlimited"
        case .byteCount: "a size such as 512MB or 10GB"
        case .integer(let range):
            range.upperBound == .max ? "a whole number from \(range.lowerBound)" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number: "a number"
        case .boolean: "true or false"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .list: "a list"
        case .dictionary, .section: "a mapping"
        case .anything: "a value"
        }
    }
}
