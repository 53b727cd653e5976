import ApusModel
import Testing

@testable import ApusDashboard

struct PageTests {
    private func page(name: String = "here", nonce: String = "bm9uY2U=") -> String {
        let model = OverviewModel(host: HostFacts(name: name, version: "0", startedAt: 0))
        return String(decoding: Page.render(model.snapshot(now: 0), nonce: nonce), as: UTF8.self)
    }

    @Test func `holds the snapshot, the verdict and the nonce, and no placeholder`() {
        let page = page()
        #expect(page.contains("<h1>Collecting the first figures</h1>"))
        #expect(page.contains("nonce=\"bm9uY2U=\">{\"id\":"))
        #expect(!page.contains("{{"))
        #expect(page.contains(Assets.scriptPath) && page.contains(Assets.stylePath))
    }

    @Test func `a name cannot break out of the data block`() {
        let page = page(name: "</script><script>alert(1)</script>&<!--")
        #expect(!page.contains("<script>alert"))
        #expect(!page.contains("&<!--"))
    }

    @Test func `a nonce cannot break out of its attribute or its header`() {
        #expect(!page(nonce: "a\"><b>").contains("<b>\""))
        #expect(Page.contentSecurityPolicy(nonce: "a'; script-src *\r\n").contains("'nonce-ascript-src'"))
    }

    @Test func `nothing but our own files may load`() {
        let policy = Page.contentSecurityPolicy(nonce: "n")
        #expect(policy.hasPrefix("default-src 'none';"))
        #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("http"))
    }

    @Test func `script and style are found by the names in the page, others are not`() throws {
        let script = try #require(Assets.lookup(Assets.scriptPath))
        #expect(script.contentType.hasPrefix("text/javascript"))
        #expect(script.etag.hasPrefix("\"") && script.bytes.count > 10_000)
        #expect(Assets.lookup(Assets.stylePath)?.contentType.hasPrefix("text/css") == true)
        for path in ["/assets/", "/assets/app.js", "/", "", "/assets/../index.html"] { #expect(Assets.lookup(path) == nil) }
    }

    @Test func `modules stand behind those they import from, and share no name`() throws {
        var seen: Set<String> = []
        var names: Set<String> = []
        for module in Assets.modules {
            for line in String(decoding: module.bytes, as: UTF8.self).split(separator: "\n") {
                if line.hasPrefix("import ") {
                    let source = try #require(line.split(separator: "'").dropFirst().first?.dropFirst(2))
                    #expect(seen.contains(String(source)), "\(module.name) imports \(source)")
                    #expect(line.contains("{") && !line.contains(" as "), "\(module.name): only plain names can be linked")
                }
                guard !line.hasPrefix(" ") else { continue }
                let plain = line.hasPrefix("export ") ? line.dropFirst(7) : line
                let words = plain.split { " (=".contains($0) }.filter { $0 != "async" }
                guard words.count > 1, ["function", "class", "const", "let"].contains(String(words[0])), !words[1].hasPrefix("[") else { continue }
                #expect(names.insert(String(words[1])).inserted, "\(words[1]) of \(module.name) is defined twice")
            }
            seen.insert(module.name)
        }
        let script = String(decoding: try #require(Assets.lookup(Assets.scriptPath)).bytes, as: UTF8.self)
        #expect(!script.contains("\nimport ") && !script.contains("\nexport "))
    }

    @Test(arguments: [
        (0.0, "0"), (1, "1"), (-1.5, "-1.5"), (12.3456, "12.346"), (0.123456, "0.12346"), (123456.7, "123457"), (1e14, "100000000000000"),
        (1e-9, "0"), (99.9999, "100"), (1.7e308, "1.7e+308"),
    ])
    func `numbers are short`(_ value: Double, text: String) {
        #expect(JSONWriter.short(value) == text || abs((Double(JSONWriter.short(value)) ?? .nan) - value) <= 1e-3 * abs(value))
        #expect(JSONWriter.short(value).count <= max(8, text.count))
    }

    @Test func `what is not a number is null, and text is escaped`() {
        var writer = JSONWriter()
        writer.array { writer in
            writer.number(.nan)
            writer.number(nil)
            writer.number(.infinity)
            writer.string("a\"\\\n<é\u{7f}")
        }
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"[null,null,null,"a\"\\\u000a\u003cé\u007f"]"#)
    }
}
