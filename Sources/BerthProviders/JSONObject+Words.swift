import BerthText

extension JSONObject {
    /// Whether a part of an answer says anything: a text with a visible character, at any depth.
    ///
    /// Roles, ids, types and names label a part, so alone they say nothing. A provider that keeps a
    /// stream open sends such parts.
    var hasWords: Bool {
        do throws(Seen) {
            try walk(in: text.indices) { (found) throws(Seen) in
                guard case .string(let value, let name) = found,
                    !JSONObject.labels.contains(where: { name.elementsEqual($0) })
                else { return }
                if JSONObject.text(value).isVisible { throw Seen() }
            }
            return false
        } catch { return true }
    }

    /// Ends the walk.
    private struct Seen: Error {}

    /// The names with their quotes.
    private static let labels = ["role", "id", "type", "name", "format", "status"].map {
        JSON.quote($0)
    }
}

extension String {
    /// Whether the text has a character that a reader sees.
    var isVisible: Bool {
        utf8.contains { (0x21...0x7E).contains($0) }
            || unicodeScalars.contains { scalar in
                scalar.value >= 0x80 && !scalar.isSpace
                    && !scalar.properties.isDefaultIgnorableCodePoint
            }
    }
}
