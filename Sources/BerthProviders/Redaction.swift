import BerthConfig

/// Removal of secrets from a provider's words.
enum Redaction {
    /// The most bytes of a provider's words that are passed on.
    static let longest = 1000

    /// Returns the words in one line, without keys and cut to ``longest``.
    ///
    /// The configured key is removed wherever it stands, and so is every word that looks like the
    /// key of a known vendor, because a provider may repeat a part of it.
    static func clean(_ text: String, of key: Secret?) -> String {
        var text = text
        if let key = key?.reveal(), !key.isEmpty { text = text.replacing(key, with: "***") }
        let words = text.split(whereSeparator: { $0.isWhitespace || isControl($0) })
        let line = words.map { hidden($0) }.joined(separator: " ")
        return line.utf8.count <= longest ? line : String(line.unicodeScalars.prefix(250)) + "…"
    }

    private static let prefixes = [
        "sk-", "sk_", "gsk_", "xai-", "AIza", "hf_", "pplx-", "tgp_", "fw_", "nvapi-", "key-",
    ]

    private static func hidden(_ word: Substring) -> Substring {
        guard word.utf8.count >= 8 else { return word }
        for prefix in prefixes {
            guard let range = word.firstRange(of: prefix) else { continue }
            // A prefix within a longer word, such as `risk-`, is none.
            if range.lowerBound > word.startIndex,
                word[word.index(before: range.lowerBound)].isLetter
            {
                continue
            }
            return word[..<range.lowerBound] + "***"
        }
        return word
    }

    private static func isControl(_ character: Character) -> Bool {
        character.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
