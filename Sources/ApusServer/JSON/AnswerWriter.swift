internal import ApusExposition
internal import ApusModel

/// The data of an answer, written piece by piece, so that an answer of any size passes through a small buffer.
protocol AnswerData: Sendable {
    /// Appends more of the JSON value, and stops at the first good place past `byteCountMax` bytes in `output`.
    ///
    /// - Returns: Whether the value is complete now.
    mutating func write(to output: inout [UInt8], upTo byteCountMax: Int) -> Bool
}

/// An answer of the API as a whole: `{"status":"success","data":…,"warnings":[…],"infos":[…]}`.
struct Answer: Sendable {
    private var data: any AnswerData
    private let warnings: [String]
    private let infos: [String]
    private var hasStarted = false

    init(_ data: any AnswerData, warnings: [String] = [], infos: [String] = []) {
        self.data = data
        self.warnings = warnings
        self.infos = infos
    }

    /// As `AnswerData.write`.
    mutating func write(to output: inout [UInt8], upTo byteCountMax: Int) -> Bool {
        if !hasStarted {
            hasStarted = true
            output.append(contentsOf: #"{"status":"success","data":"#.utf8)
        }
        guard data.write(to: &output, upTo: byteCountMax) else { return false }
        for (name, list) in [("warnings", warnings), ("infos", infos)] where !list.isEmpty {
            output.append(contentsOf: ",\"\(name)\":".utf8)
            output.appendJSONList(list) { text, output in output.appendJSONString(text) }
        }
        output.append(UInt8(ascii: "}"))
        return true
    }

    /// `{"status":"error","errorType":…,"error":…}`
    static func error(_ error: APIError) -> [UInt8] {
        var output = Array(#"{"status":"error","errorType":""#.utf8)
        output.append(contentsOf: error.kind.rawValue.utf8)
        output.append(contentsOf: #"","error":"#.utf8)
        output.appendJSONString(error.message)
        output.append(UInt8(ascii: "}"))
        return output
    }
}

/// Data that is small enough to be there already.
struct SmallData: AnswerData {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(_ json: String) { bytes = Array(json.utf8) }

    mutating func write(to output: inout [UInt8], upTo byteCountMax: Int) -> Bool {
        output.append(contentsOf: bytes)
        return true
    }
}

/// A JSON array, row by row.
struct ListData<Row: Sendable>: AnswerData {
    private let rows: [Row]
    private let writeRow: @Sendable (Row, inout [UInt8]) -> Void
    private var hasStarted = false
    private var next = 0

    init(_ rows: [Row], _ writeRow: @escaping @Sendable (Row, inout [UInt8]) -> Void) {
        self.rows = rows
        self.writeRow = writeRow
    }

    mutating func write(to output: inout [UInt8], upTo byteCountMax: Int) -> Bool {
        if !hasStarted {
            hasStarted = true
            output.append(UInt8(ascii: "["))
        }
        while next < rows.count {
            guard output.count < byteCountMax else { return false }
            if next > 0 { output.append(UInt8(ascii: ",")) }
            writeRow(rows[next], &output)
            next += 1
        }
        output.append(UInt8(ascii: "]"))
        return true
    }
}

extension ListData<String> {
    init(_ rows: [String]) { self.init(rows) { $1.appendJSONString($0) } }
}

extension ListData<Labels> {
    init(_ rows: [Labels]) { self.init(rows) { $1.appendJSON($0) } }
}

extension [UInt8] {
    /// A string in the form of Go's `encoding/json`, which Prometheus uses outside of label sets: `<`, `>` and `&` escaped.
    mutating func appendJSONString(_ text: String) { JSONText.append(text, escapesHTML: true, to: &self) }

    /// A label set as a JSON object.
    mutating func appendJSON(_ labels: Labels) {
        append(UInt8(ascii: "{"))
        let bytes = labels.bytes
        let span = bytes.span
        var cursor = LabelCursor(end: bytes.count)
        var isFirst = true
        while let label = cursor.next(span) {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            JSONText.append(span, label.name, to: &self)
            append(UInt8(ascii: ":"))
            JSONText.append(span, label.value, to: &self)
        }
        append(UInt8(ascii: "}"))
    }

    mutating func appendJSONList<Row>(_ rows: some Sequence<Row>, _ writeRow: (Row, inout [UInt8]) -> Void) {
        append(UInt8(ascii: "["))
        var isFirst = true
        for row in rows {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            writeRow(row, &self)
        }
        append(UInt8(ascii: "]"))
    }

    /// An object of values that are JSON already, in the order given.
    mutating func appendJSONObject(_ members: [(name: String, json: [UInt8])]) {
        append(UInt8(ascii: "{"))
        for (at, member) in members.enumerated() {
            if at > 0 { append(UInt8(ascii: ",")) }
            appendJSONString(member.name)
            append(UInt8(ascii: ":"))
            append(contentsOf: member.json)
        }
        append(UInt8(ascii: "}"))
    }
}

/// A string as JSON bytes.
func jsonString(_ text: String) -> [UInt8] {
    var output: [UInt8] = []
    output.appendJSONString(text)
    return output
}
