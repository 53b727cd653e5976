import ApusBytes
import ApusModel
import ApusTestKit
import Testing

struct LabelsTests {
    @Test func `labels are sorted, unique and without empty values`() {
        let labels = Labels([("job", "a"), ("__name__", "up"), ("empty", ""), ("job", "b")])
        #expect(labels.pairs.map(\.name) == ["__name__", "job"])
        #expect(labels["job"] == "b")
        #expect(labels["empty"] == nil)
        #expect(labels.count == 2)
        #expect(labels == ["job": "b", "__name__": "up"])
    }

    @Test(
        arguments: [
            (["__name__": "up"], "up"), (["__name__": "up", "job": "a\"b"], "up{job=\"a\\\"b\"}"), ([:], "{}"),
            (["a": "1", "b": "2"], "{a=\"1\", b=\"2\"}"), (["__name__": "my.metric"], "{__name__=\"my.metric\"}"),
            (["l.b": "x", "__name__": "up"], "up{\"l.b\"=\"x\"}"),
        ] as [(Labels, String)])
    func `labels read as PromQL writes them`(_ labels: Labels, _ text: String) {
        #expect(labels.description == text)
    }

    @Test(arguments: UInt64(0)..<50)
    func `order, keeping and dropping agree with dictionaries`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func some() -> [String: String] {
            var result: [String: String] = [:]
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                result[["a", "ab", "b", "le", "z"].randomElement(using: &random)!] = ["", "x", "xy", String(repeating: "v", count: 200)].randomElement(
                    using: &random)!
            }
            return result
        }
        let (p, q) = (some(), some())
        let (a, b) = (Labels(p.map { ($0, $1) }), Labels(q.map { ($0, $1) }))
        func key(_ d: [String: String]) -> [String] { d.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] } }
        #expect((a < b) == key(p).lexicographicallyPrecedes(key(q)))
        #expect((a == b) == (key(p) == key(q)))
        let names = LabelNames(["a", "le"])
        #expect(a.keeping(names) == Labels(p.filter { $0.key == "a" || $0.key == "le" }.map { ($0, $1) }))
        #expect(a.dropping(names) == Labels(p.filter { $0.key != "a" && $0.key != "le" }.map { ($0, $1) }))
        var builder = LabelsBuilder(a)
        builder.set("ab", "new")
        builder.remove("b")
        #expect(builder.build() == Labels(p.merging(["ab": "new", "b": ""]) { $1 }.map { ($0, $1) }))
    }

    static let good: Labels = ["__name__": "up", "instance": "localhost:9100", "job": "ü"]

    @Test func `valid bytes are taken as they are`() throws {
        let bytes = [9] + Self.good.bytes + [9]
        #expect(try Labels(validating: bytes.span, 1..<(bytes.count - 1)) == Self.good)
    }

    static func raw(_ pairs: [(String, String)]) -> [UInt8] {
        pairs.flatMap { Labels([($0.0.isEmpty ? "x" : $0.0, $0.1)]).bytes }
    }

    @Test(
        arguments: [
            (raw([("a", "1")]), LabelsError.nameMissing), (raw([("__name__", "u"), ("b", "1"), ("a", "2")]), .outOfOrder("a")),
            (raw([("__name__", "u"), ("a", "1"), ("a", "2")]), .duplicateName("a")),
            ([0x0a, 5, 0x0a, 0, 0x12, 1, 65], .emptyName), ([0x0a, 6, 0x0a, 1, 65, 0x12, 1, 0xff], .notUTF8),
            ([0x0a, 5, 0x0a, 1, 65, 0x12, 0], .malformed(offset: 7)), ([1, 2, 3], .malformed(offset: 0)),
            (raw([("__name__", String(repeating: "x", count: 20_000))]), .tooLong(limit: 16_384)),
        ] as [([UInt8], LabelsError)])
    func `invalid labels say why`(_ bytes: [UInt8], _ expected: LabelsError) {
        #expect(throws: expected) { try Labels(validating: bytes.span, 0..<bytes.count) }
    }

    @Test(arguments: UInt64(0)..<20)
    func `mutated label bytes never trap, and what passes is canonical`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bytes = random.mutated(Self.good.bytes)
            guard let labels = try? Labels(validating: bytes.span, 0..<bytes.count) else { continue }
            #expect(Labels(labels.pairs.map { ($0.name, $0.value) }).pairs.map(\.value) == labels.pairs.map(\.value))
        }
    }
}
