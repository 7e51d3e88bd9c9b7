import BerthBot
import BerthText
import BerthWork

/// A web page in every language that the bot speaks.
///
/// In its source, `{{name}}` stands for a value or for the text of a ``PageKey``, `{{lang}}` for the
/// language's code, and `{{words}}` for all texts as JSON, which the page's scripts read.
struct PageTemplate {
    private let source: [UInt8]

    /// The most bytes of a value that a page shows.
    private static let mostOfValue = 1000

    init(_ source: [UInt8]) { self.source = source }

    /// The page in a language, with `values` in the places of their names.
    func page(in language: Language, _ values: [String: String] = [:]) -> [UInt8] {
        let table = PhraseTable.of(language)
        let values = values.mapValues { String($0.cut(toBytes: PageTemplate.mostOfValue)) }
        var (page, at) = ([UInt8](), 0)
        while let open = source.offset(of: "{{", from: at),
            let close = source.offset(of: "}}", from: open)
        {
            page += source[at..<open]
            let name = String(decoding: source[open + 2..<close], as: UTF8.self)
            page += PageTemplate.field(name, in: table, values)
            at = close + 2
        }
        return page + source[at...]
    }

    private static func field(
        _ name: String,
        in table: PhraseTable,
        _ values: [String: String]
    ) -> [UInt8] {
        switch name {
        case "lang": return Array(table.language.code.utf8)
        case "words": return words(table)
        default: break
        }
        if let value = values[name] { return escaped(value.utf8) }
        return PageKey(rawValue: name).map { html($0, in: table, values) } ?? []
    }

    /// A text as HTML, in which the parts between backticks are code.
    private static func html(
        _ key: PageKey,
        in table: PhraseTable,
        _ values: [String: String]
    ) -> [UInt8] {
        var html: [UInt8] = []
        // The values are filled in last, so that a backtick in one of them is text.
        let parts = table.text(key).split(separator: "`", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index > 0 { html += (index % 2 == 0 ? "</code>" : "<code>").utf8 }
            html += escaped(table.fill(part, values).utf8)
        }
        return html
    }

    /// All texts as JSON, in which quotes stand for themselves.
    private static func words(_ table: PhraseTable) -> [UInt8] {
        var json = Array("{".utf8)
        for key in PageKey.allCases {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json += "\"\(key.rawValue)\":".utf8
            JSON.quote(table.text(key), onto: &json)
        }
        return escaped(json + "}".utf8, quotes: false)
    }

    /// Text as HTML, for an element or a quoted attribute.
    private static func escaped(_ text: some Sequence<UInt8>, quotes: Bool = true) -> [UInt8] {
        var html: [UInt8] = []
        for byte in text {
            switch byte {
            case UInt8(ascii: "&"): html += "&amp;".utf8
            case UInt8(ascii: "<"): html += "&lt;".utf8
            case UInt8(ascii: ">"): html += "&gt;".utf8
            case UInt8(ascii: "\"") where quotes: html += "&quot;".utf8
            case UInt8(ascii: "'") where quotes: html += "&#39;".utf8
            default: html.append(byte)
            }
        }
        return html
    }
}
