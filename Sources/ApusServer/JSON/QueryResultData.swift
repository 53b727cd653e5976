internal import ApusExposition
internal import ApusModel
internal import ApusPromQL

/// The result of a query: `{"resultType":…,"result":…}` in Prometheus's form.
///
/// It can stop between two samples, so its buffer stays small whatever a series holds.
struct QueryResultData: AnswerData {
    private let value: QueryResult.Value
    private let time: Int64
    private var hasStarted = false
    /// Whether the next series' labels are written.
    private var hasRowStarted = false
    /// The next series and the next sample in it.
    private var row = 0
    private var sample = 0

    /// - Parameter time: Of an instant query, milliseconds since 1970 UTC: the time of each row of a vector.
    init(_ value: QueryResult.Value, time: Int64) {
        self.value = value
        self.time = time
    }

    mutating func write(to output: inout [UInt8], upTo byteCountMax: Int) -> Bool {
        switch value {
        case .scalar(let sample): writeScalar(sample, to: &output)
        case .string(let time, let text): writeText(text, time: time, to: &output)
        case .vector(let rows): return write(rows, to: &output, upTo: byteCountMax)
        case .matrix(let matrix): return write(matrix, to: &output, upTo: byteCountMax)
        }
        return true
    }

    private func writeScalar(_ sample: Sample, to output: inout [UInt8]) {
        output.append(contentsOf: #"{"resultType":"scalar","result":["#.utf8)
        FloatText.appendJSON(Double(sample.time) / 1000, to: &output)
        output.append(contentsOf: ",\"".utf8)
        FloatText.appendPlain(sample.value, to: &output)
        output.append(contentsOf: "\"]}".utf8)
    }

    private func writeText(_ text: String, time: Int64, to output: inout [UInt8]) {
        output.append(contentsOf: #"{"resultType":"string","result":["#.utf8)
        FloatText.appendJSON(Double(time) / 1000, to: &output)
        output.append(UInt8(ascii: ","))
        output.appendJSONString(text)
        output.append(contentsOf: "]}".utf8)
    }

    private mutating func write(
        _ vector: [(labels: Labels, value: Double)], to output: inout [UInt8], upTo byteCountMax: Int
    ) -> Bool {
        if !hasStarted {
            hasStarted = true
            output.append(contentsOf: #"{"resultType":"vector","result":["#.utf8)
        }
        while row < vector.count {
            guard output.count < byteCountMax else { return false }
            let next = vector[row]
            if row > 0 { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: #"{"metric":"#.utf8)
            output.appendJSON(next.labels)
            output.append(contentsOf: #","value":"#.utf8)
            Self.write(time: time, value: next.value, to: &output)
            output.append(UInt8(ascii: "}"))
            row += 1
        }
        output.append(contentsOf: "]}".utf8)
        return true
    }

    private mutating func write(_ matrix: Matrix, to output: inout [UInt8], upTo byteCountMax: Int) -> Bool {
        if !hasStarted {
            hasStarted = true
            output.append(contentsOf: #"{"resultType":"matrix","result":["#.utf8)
        }
        while row < matrix.series.count {
            let series = matrix.series[row]
            if !hasRowStarted {
                guard output.count < byteCountMax else { return false }
                hasRowStarted = true
                if row > 0 { output.append(UInt8(ascii: ",")) }
                output.append(contentsOf: #"{"metric":"#.utf8)
                output.appendJSON(series.labels)
                output.append(contentsOf: #","values":["#.utf8)
            }
            let samples = series.samples
            while sample < samples.count {
                guard output.count < byteCountMax else { return false }
                if sample > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(time: samples.times[sample], value: samples.values[sample], to: &output)
                sample += 1
            }
            output.append(contentsOf: "]}".utf8)
            row += 1
            sample = 0
            hasRowStarted = false
        }
        output.append(contentsOf: "]}".utf8)
        return true
    }

    /// `[1435781451.781,"1.5"]`
    private static func write(time: Int64, value: Double, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "["))
        FloatText.appendSeconds(milliseconds: time, to: &output)
        output.append(UInt8(ascii: ","))
        output.append(UInt8(ascii: "\""))
        FloatText.appendJSON(value, to: &output)
        output.append(UInt8(ascii: "\""))
        output.append(UInt8(ascii: "]"))
    }
}
