import BerthText

/// A source that an answer cites, as clients see it.
package struct SourceInfo: Codable, Equatable, Sendable {
    /// An address with http or https.
    package let url: String
    /// The title of the page, or "" if it is not known.
    package let title: String

    /// Reads a turn's stored sources, which are a JSON list or "".
    package static func list(_ json: String) -> [SourceInfo] {
        json.isEmpty ? [] : (try? JSON.decode([SourceInfo].self, from: json.utf8)) ?? []
    }
}
