import Foundation
import Testing

/// Holds the sources against what `docs/ARCHITECTURE.md` promises of them. SwiftPM itself lets an undeclared import of a sibling through.
struct RepositoryTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

    static func files(_ folder: String, _ extensions: Set<String>) -> [URL] {
        let found = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
        return (found?.compactMap { $0 as? URL } ?? []).filter { extensions.contains($0.pathExtension) }.sorted { $0.path < $1.path }
    }

    static func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }

    /// Module and the modules it may import, in the order of the page: top of the page imports nothing of what stands below it.
    static let diagram: [(module: String, imports: Set<String>)] = {
        text(root.appending(path: "docs/ARCHITECTURE.md")).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("| `"), cells.count == 3 else { return nil }
            let names = cells[2].split(whereSeparator: { $0 == "," || $0 == " " || $0 == "`" }).map(String.init)
            return (cells[0].trimmingCharacters(in: ["`"]), Set(names))
        }
    }()

    static let modules = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path).sorted()) ?? []

    @Test func `the diagram names every module once`() {
        #expect(Self.diagram.map(\.module).sorted() == Self.modules)
    }

    @Test func `the diagram's imports point one way`() {
        var above: Set<String> = []
        for (module, imports) in Self.diagram {
            #expect(imports.isSubset(of: above), "\(module) imports what stands below it: \(imports.subtracting(above).sorted())")
            above.insert(module)
        }
    }

    @Test(arguments: modules)
    func `a module imports only what the diagram says`(_ module: String) throws {
        let allowed = try #require(Self.diagram.first { $0.module == module }).imports
        var imported: Set<String> = []
        for file in Self.files("Sources/\(module)", ["swift"]) {
            for line in Self.text(file).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let at = words.firstIndex(of: "import"), at <= 2, words.count > at + 1 else { continue }
                let name = String(words[at + 1])
                if Self.modules.contains(name) { imported.insert(name) }
            }
        }
        #expect(imported.isSubset(of: allowed), "not in the diagram: \(imported.subtracting(allowed).sorted())")
        #expect(allowed.isSubset(of: imported), "in the diagram, not imported: \(allowed.subtracting(imported).sorted())")
    }

    @Test func `unsafe code stands only in files that say so`() {
        for file in Self.files("Sources", ["swift"]) where !file.lastPathComponent.contains("+Unsafe") {
            let hit = Self.text(file).split(separator: "\n").first { line in
                let code = line.components(separatedBy: "//")[0]
                return code.contains("unsafe ") || code.contains("(unsafe)")
            }
            #expect(hit == nil, "\(file.lastPathComponent): \(hit ?? "")")
        }
    }

    @Test func `libraries neither trap on purpose nor print`() {
        for file in Self.files("Sources", ["swift"]) {
            let text = Self.text(file)
            for word in ["try!", "fatalError(", "TODO", "FIXME"] { #expect(!text.contains(word), "\(file.lastPathComponent): \(word)") }
            let prints = text.split(separator: "\n").contains { $0.trimmingCharacters(in: .whitespaces).hasPrefix("print(") }
            #expect(!prints, "\(file.lastPathComponent) prints")
        }
    }

    @Test func `files stay short`() {
        for file in Self.files("Sources", ["swift", "js", "css", "c", "cpp"]) {
            let lines = Self.text(file).split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 500, "\(file.lastPathComponent) has \(lines) lines: which second idea wants out?")
        }
    }

    @Test func `every requirement in the table names a test that exists`() {
        let rows = Self.text(Self.root.appending(path: "docs/requirements.md")).split(separator: "\n").filter { $0.hasPrefix("| S") }
        #expect(!rows.isEmpty)
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard let test = cells.last?.trimmingCharacters(in: ["`"]), test.contains("Tests/") else {
                Issue.record("\(row): no test")
                continue
            }
            #expect(FileManager.default.fileExists(atPath: Self.root.appending(path: test).path), "\(test) is not there")
        }
    }
}
