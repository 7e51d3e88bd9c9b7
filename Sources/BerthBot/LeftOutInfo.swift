/// The newest turn that a prompt had no room for, as clients see it.
package struct LeftOutInfo: Encodable, Sendable {
    /// The turn's public name.
    package let turn: String
    /// The words for the line behind it.
    package let text: String

    /// Makes the form for a reader of `language`, or nil if the prompt had room for all turns.
    package init?(_ turn: String?, isSummarized: Bool, in language: Language) {
        guard let turn else { return nil }
        self.turn = turn
        let key: PlainKey = isSummarized ? .modelReadsSummary : .modelSeesFromHere
        text = Phrase(key).text(in: language)
    }
}
