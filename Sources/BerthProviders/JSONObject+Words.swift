import BerthText

extension JSONObject {
    /// Whether a part of an answer says anything: a text with a visible character, at any depth.
    ///
    /// Roles, ids, types and names label a part, so alone they say nothing. A provider that keeps a
    /// stream open sends such parts.
    var hasWords: Bool {
        names.contains { name in
            guard !JSONObject.labels.contains(name) else { return false }
            if let text = string(name) { return text.isVisible }
            if let part = object(name) { return part.hasWords }
            return (elements(name) ?? []).contains { object(at: $0)?.hasWords ?? false }
        }
    }

    private static let labels: Set<String> = ["role", "id", "type", "name", "format", "status"]
}

extension String {
    /// Whether the text has a character that a reader sees.
    var isVisible: Bool {
        utf8.contains { (0x21...0x7E).contains($0) }
            || unicodeScalars.contains { scalar in
                scalar.value >= 0x80 && !scalar.properties.isWhitespace
                    && !scalar.properties.isDefaultIgnorableCodePoint
            }
    }
}
