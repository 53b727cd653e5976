internal import ApusModel

/// JSON and CSV of snapshots.
enum StructuredOutput {
    static func appendJSON(_ families: [FamilySnapshot], to page: inout [UInt8]) {
        page.append(contentsOf: "{\"families\":[".utf8)
        for (i, family) in families.enumerated() {
            if i > 0 { page.append(UInt8(ascii: ",")) }
            appendField("{\"name\":", family.name, to: &page)
            appendField(",\"type\":", family.metadata.kind.rawValue, to: &page)
            appendField(",\"help\":", family.metadata.help, to: &page)
            appendField(",\"unit\":", family.metadata.unit, to: &page)
            page.append(contentsOf: ",\"samples\":[".utf8)
            for (j, sample) in family.samples.enumerated() {
                if j > 0 { page.append(UInt8(ascii: ",")) }
                appendField("{\"name\":", family.name + sample.suffix, to: &page)
                page.append(contentsOf: ",\"labels\":".utf8)
                appendLabels(sample.labels.pairs.map { ($0.name, $0.value) }, to: &page)
                page.append(contentsOf: ",\"value\":".utf8)
                appendNumber(sample.value, to: &page)
                if let exemplar = sample.exemplar {
                    page.append(contentsOf: ",\"exemplar\":{\"labels\":".utf8)
                    appendLabels(exemplar.labels, to: &page)
                    page.append(contentsOf: ",\"value\":".utf8)
                    appendNumber(exemplar.value, to: &page)
                    page.append(contentsOf: ",\"time\":\(exemplar.time)}".utf8)
                }
                page.append(UInt8(ascii: "}"))
            }
            page.append(contentsOf: "]}".utf8)
        }
        page.append(contentsOf: "]}\n".utf8)
    }

    static func appendCSV(_ families: [FamilySnapshot], to page: inout [UInt8]) {
        page.append(contentsOf: "name,type,unit,labels,value\r\n".utf8)
        for family in families {
            for sample in family.samples {
                // Names, types and numbers never need quotes; units may.
                page.append(contentsOf: "\(family.name)\(sample.suffix),\(family.metadata.kind.rawValue),".utf8)
                appendCell(Array(family.metadata.unit.utf8), to: &page)
                page.append(UInt8(ascii: ","))
                appendCell(sample.labelText, to: &page)
                page.append(UInt8(ascii: ","))
                NumberText.append(sample.value, to: &page)
                page.append(contentsOf: "\r\n".utf8)
            }
        }
    }

    private static func appendCell(_ bytes: [UInt8], to page: inout [UInt8]) {
        guard bytes.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: ",") || $0 < 0x20 }) else {
            page.append(contentsOf: bytes)
            return
        }
        page.append(UInt8(ascii: "\""))
        for byte in bytes {
            if byte == UInt8(ascii: "\"") { page.append(byte) }
            page.append(byte)
        }
        page.append(UInt8(ascii: "\""))
    }

    private static func appendLabels(_ labels: [(String, String)], to page: inout [UInt8]) {
        page.append(UInt8(ascii: "{"))
        for (i, label) in labels.enumerated() {
            if i > 0 { page.append(UInt8(ascii: ",")) }
            appendText(label.0, to: &page)
            page.append(UInt8(ascii: ":"))
            appendText(label.1, to: &page)
        }
        page.append(UInt8(ascii: "}"))
    }

    private static func appendField(_ opening: String, _ text: String, to page: inout [UInt8]) {
        page.append(contentsOf: opening.utf8)
        appendText(text, to: &page)
    }

    private static func appendNumber(_ value: Double, to page: inout [UInt8]) {
        if value.isFinite {
            NumberText.append(value, to: &page)
        } else {
            appendText(NumberText.string(value), to: &page)
        }
    }

    private static func appendText(_ text: String, to page: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        page.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): page.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case UInt8(ascii: "\n"): page.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\r"): page.append(contentsOf: "\\r".utf8)
            case UInt8(ascii: "\t"): page.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                page.append(contentsOf: "\\u00".utf8)
                page.append(digits[Int(byte >> 4)])
                page.append(digits[Int(byte & 15)])
            default: page.append(byte)
            }
        }
        page.append(UInt8(ascii: "\""))
    }
}
