import BerthText

/// The languages that the bot speaks, of which each has a ``PhraseTable``.
extension Language {
    /// The languages that the bot speaks, English first.
    package static let spoken = PhraseTable.all.map(\.language)

    /// Finds a language that the bot speaks by the tag of a user's device, such as `uk`, `zh-hans`
    /// or `ru-RU`, or returns nil.
    ///
    /// Only the tag's first part counts.
    package init?(tag: some StringProtocol) {
        let part = tag.prefix { $0 != "-" && $0 != "_" }.lowercased()
        guard let found = Language.spoken.first(where: { $0.code == part }) else { return nil }
        self = found
    }

    /// The language for a device with a tag, or English if the bot does not speak the device's.
    package static func of(tag: String) -> Language { Language(tag: tag) ?? .english }

    /// The language for a browser with the header `Accept-Language`, or nil if that names none.
    ///
    /// It is English if the bot speaks none of the browser's languages. The first 16 languages of the
    /// header are read, and one with a weight of zero is not wanted.
    ///
    /// Source: <https://www.rfc-editor.org/rfc/rfc9110#field.accept-language>.
    package static func preferred(in header: String) -> Language? {
        var best = (language: Language?.none, weight: 0)
        for item in header.split(separator: ",", maxSplits: mostRead).prefix(mostRead) {
            let parts = item.split(separator: ";").map { String($0).trimmed }
            guard let tag = parts.first, tag.first?.isLetter == true else { continue }
            guard let language = Language(tag: tag) else {
                best.language = best.language ?? .english
                continue
            }
            let weight = parts.dropFirst().lazy.compactMap(weight).first ?? 1_000
            if weight > best.weight { best = (language, weight) }
        }
        return best.language
    }

    private static let mostRead = 16

    /// The thousandths of a weight such as `q=0.8`, or nil for another parameter.
    private static func weight(_ parameter: String) -> Int? {
        guard parameter.lowercased().hasPrefix("q="), let value = Double(parameter.dropFirst(2))
        else { return nil }
        return Int(max(0, min(1, value.isNaN ? 0 : value)) * 1_000)
    }
}
