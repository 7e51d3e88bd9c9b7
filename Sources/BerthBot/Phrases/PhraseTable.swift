/// The words of all phrases in one language.
package struct PhraseTable: Sendable {
    /// The language.
    package let language: Language
    /// Whether it has words for every phrase. A test holds that.
    package let isComplete: Bool
    /// The words of a phrase, or nil if they are not translated.
    package let words: @Sendable (Phrase) -> String?

    /// All tables, by language.
    package static let all = [
        PhraseTable(language: .english, isComplete: true, words: PhraseTable.english)
    ]

    /// The table of a language, or nil if there is none.
    static func of(_ language: Language) -> PhraseTable? {
        all.first { $0.language == language }
    }
}
