import BerthStore
package import BerthText

/// The results of a search.
package struct SearchPage: Encodable, Sendable {
    /// One result.
    package struct Hit: Encodable, Sendable {
        /// The conversation's public name.
        package let session: String
        /// Its title in pieces, or none if it has no title.
        package let title: [MarkedText]
        /// Whether it is archived.
        package let archived: Bool
        /// The turn's public name, or nil if the title was found.
        package let turn: String?
        /// A part of the message or of the answer in pieces, or none for a title.
        package let excerpt: [MarkedText]

        init(_ hit: SearchHit, _ words: SearchWords) {
            session = hit.session
            title = words.marked(hit.title)
            archived = hit.isArchived
            turn = hit.turn
            excerpt = words.marked(hit.excerpt)
        }
    }

    /// Titles first, then turns from the newest on.
    package internal(set) var hits: [Hit] = []
    /// The turn before which the search goes on, or nil if everything was searched.
    package internal(set) var next: String?
}
