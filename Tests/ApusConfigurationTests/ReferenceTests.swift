import ApusConfiguration
import Foundation
import Testing

struct ReferenceTests {
    @Test func `the reference page holds every key`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/configuration.md").standardizedFileURL
        let expected = Reference.markdown()
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try expected.write(to: page, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOf: page, encoding: .utf8) == expected, "UPDATE_GOLDEN=1 swift test --filter Reference rewrites it")
    }
}
