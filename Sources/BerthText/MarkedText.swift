/// A piece of an excerpt.
package struct MarkedText: Encodable, Equatable, Sendable {
    /// The words.
    package let text: String
    /// Whether they match a word that was searched for.
    package let isMatch: Bool

    private enum CodingKeys: String, CodingKey {
        case text
        case isMatch = "match"
    }

    /// Makes a piece.
    package init(text: String, isMatch: Bool) {
        self.text = text
        self.isMatch = isMatch
    }
}
