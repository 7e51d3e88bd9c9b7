import BerthText

/// The rest of the command `/lang [language]`.
enum LanguageChoice: Equatable {
    /// Nothing, which asks for the list.
    case none
    /// The language of the person's device.
    case automatic
    case language(Language)
    case unknown(String)

    /// The most bytes of a language's name.
    private static let longest = 64

    /// Reads a language by a name that `/translate` takes, its code, or a tag such as `zh-CN`.
    ///
    /// Two codes of countries that are often taken for those of their languages count too.
    init(_ text: String) {
        guard text.utf8.count <= LanguageChoice.longest else {
            self = .unknown(String(text.cut(toBytes: LanguageChoice.longest)))
            return
        }
        let word = text.lowercased()
        guard !word.isEmpty else {
            self = .none
            return
        }
        guard !["auto", "авто", "自动"].contains(word) else {
            self = .automatic
            return
        }
        let named = Language(word).flatMap { Language.spoken.contains($0) ? $0 : nil }
        let country = ["ua": Language.ukrainian, "cn": .chinese][word]
        self = (named ?? country ?? Language(tag: word)).map { .language($0) } ?? .unknown(text)
    }

    /// The languages as a list in Markdown.
    static var list: String {
        Language.spoken.map { "- `/lang \($0.code)` \($0.own)" }.joined(separator: "\n")
    }
}

extension Phrase {
    /// The language of a person, and the languages that there are.
    static func language(_ language: Language, isChosen: Bool) -> Phrase {
        Phrase(
            isChosen ? .language : .languageAutomatic,
            ["language": .text(language.own), "list": .text(LanguageChoice.list)]
        )
    }

    /// The new language of a person.
    static func languageChanged(_ language: Language, isChosen: Bool) -> Phrase {
        Phrase(isChosen ? .languageChosen : .languageReset, ["language": .text(language.own)])
    }

    /// There is no such language.
    static func languageUnknown(_ word: String) -> Phrase {
        Phrase(.languageUnknown, ["word": .text(word), "list": .text(LanguageChoice.list)])
    }
}
