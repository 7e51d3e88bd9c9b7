import BerthText

/// A source that an answer cites.
package struct SourceLink: Equatable, Sendable {
    /// An address with http or https.
    package let url: String
    /// The title of the page, or "" if the provider gave none.
    package let title: String

    /// The most sources of an answer that are kept.
    package static let most = 32
    /// The longest address and the longest title, in bytes.
    private static let longestURL = 2_000
    private static let longestTitle = 300

    /// Makes a source, or returns nil for another kind of address or one that is too long.
    package init?(url: String, title: String?) {
        let small = url.cut(toBytes: 8).lowercased()
        guard small.hasPrefix("https://") || small.hasPrefix("http://"),
            url.utf8.count <= SourceLink.longestURL,
            url.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
        else { return nil }
        self.url = url
        let title = title ?? ""
        self.title = title.utf8.count <= SourceLink.longestTitle ? title : ""
    }

    /// Whether two sources have one address.
    package func leads(to other: SourceLink) -> Bool { url.hasBytes(of: other.url) }

    /// Reads the sources that a chunk or an answer names, beside its first choice's `message`.
    ///
    /// OpenAI, OpenRouter and Berth have `annotations`, Perplexity and xAI `citations` and
    /// `search_results`, Azure a `context`.
    static func all(in object: JSONObject, _ message: JSONObject?) -> [SourceLink] {
        var links: [SourceLink] = []
        for range in message?.elements("annotations")?.prefix(most) ?? [] {
            guard let annotation = message?.object(at: range) else { continue }
            add(annotation.object("url_citation") ?? annotation, to: &links)
        }
        let context = message?.object("context") ?? object
        for (holder, names) in [
            (object, ["search_results", "citations"]), (context, ["citations"]),
        ] {
            for name in names {
                for range in holder.elements(name)?.prefix(most) ?? [] {
                    if let source = holder.object(at: range) {
                        add(source, to: &links)
                    } else if holder.bytes[range].first == UInt8(ascii: "\"") {
                        add(
                            SourceLink(url: JSONObject.text(holder.bytes[range]), title: nil),
                            &links
                        )
                    }
                }
            }
        }
        return links
    }

    private static func add(_ source: JSONObject, to links: inout [SourceLink]) {
        guard let url = source.string("url") ?? source.string("uri") else { return }
        add(SourceLink(url: url, title: source.string("title")), &links)
    }

    private static func add(_ link: SourceLink?, _ links: inout [SourceLink]) {
        guard let link, links.count < most, !links.contains(where: { $0.leads(to: link) }) else {
            return
        }
        links.append(link)
    }
}
