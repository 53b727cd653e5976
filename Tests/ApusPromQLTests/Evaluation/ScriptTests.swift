import ApusModel
import ApusPromQL
import ApusTestKit
import Foundation
import Testing

/// Runs the scripts in `Scripts/`, each query against a fresh view of what was loaded before it.
struct ScriptTests {
    static let scripts: [URL] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Scripts")
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "promql" }.sorted { $0.path < $1.path }
    }()

    @Test func `there are scripts`() { #expect(Self.scripts.count >= 8) }

    @Test(arguments: scripts)
    func script(_ file: URL) async throws {
        let script = try QueryScript(String(contentsOf: file, encoding: .utf8))
        let source = MemorySource()
        for command in script.commands {
            switch command {
            case .clear: source.removeAll()
            case .load(let step, let series):
                for one in series {
                    var samples = SampleColumns()
                    for (index, value) in one.values.enumerated() {
                        if let value { samples.append(time: Int64(index) * step, value: value) }
                    }
                    source.set(one.labels, samples)
                }
            case .query(let query): try await check(query, source, file.lastPathComponent)
            }
        }
    }

    private func check(_ query: QueryScript.Query, _ source: MemorySource, _ file: String) async throws {
        let place: Comment = "\(file) \(query)"
        let result: QueryResult
        do {
            result = try await Evaluation(source).run(query.text, query.start, query.end, query.step)
        } catch {
            #expect(query.mustFail, "\(place): \(error)")
            if let part = query.expectedFailure { #expect("\(error)".contains(part), place) }
            return
        }
        #expect(!query.mustFail, place)
        let remarks = result.warnings + result.infos
        #expect(remarks.count == query.expectedRemarks.count, "\(place): \(remarks)")
        for part in query.expectedRemarks { #expect(remarks.contains { $0.contains(part) }, "\(place): \(remarks)") }
        let got = result.value.series(start: query.start, step: max(1, query.step))
        if let scalar = query.expectedScalar {
            #expect(got.count == 1 && got[0].values.count == 1, place)
            if let value = got.first?.values.first ?? nil { #expect(isClose(value, scalar), "\(place): \(value)") }
            return
        }
        #expect(got.count == query.expected.count, "\(place): \(got)")
        let expected = query.isOrdered ? query.expected : query.expected.sorted { $0.labels < $1.labels }
        let found = query.isOrdered ? got : got.sorted { $0.labels < $1.labels }
        for (want, have) in zip(expected, found) {
            #expect(want.labels == have.labels, place)
            for index in 0..<max(want.values.count, have.values.count) {
                let (a, b) = (
                    index < want.values.count ? want.values[index] : nil, index < have.values.count ? have.values[index] : nil
                )
                #expect(isClose(a, b), "\(place): step \(index) of \(have.labels): \(b as Any), want \(a as Any)")
            }
        }
    }
}
