internal import Foundation

/// The answer of `/api/v1/query` and `/api/v1/query_range`, as sent.
struct QueryAnswer: Decodable {
    var status: String
    var error: String?
    var errorType: String?
    var warnings: [String]?
    var infos: [String]?
    var data: Payload?

    struct Payload: Decodable {
        var resultType: String
        var result: Result

        enum Keys: CodingKey { case resultType, result }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            resultType = try container.decode(String.self, forKey: .resultType)
            result =
                switch resultType {
                case "scalar", "string": .single(try container.decode(Point.self, forKey: .result))
                default: .series(try container.decode([Series].self, forKey: .result))
                }
        }
    }

    enum Result {
        case single(Point)
        case series([Series])
    }

    struct Series: Decodable {
        var metric: [String: String]
        var value: Point?
        var values: [Point]?
    }

    /// `[seconds, "value"]`
    struct Point: Decodable {
        var seconds: Double
        var text: String

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            seconds = try container.decode(Double.self)
            text = try container.decode(String.self)
        }

        var number: Double {
            switch text {
            case "+Inf": .infinity
            case "-Inf": -.infinity
            default: Double(text) ?? .nan
            }
        }
    }
}
