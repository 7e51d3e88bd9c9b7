/// A conversation, or a turn in it, that a search has found.
package struct SearchHit: Equatable, Sendable {
    /// The conversation's public id.
    package let session: String
    /// Its title.
    package let title: String
    /// Whether it is archived.
    package let isArchived: Bool
    /// The turn's public id, or nil if the title was found.
    package let turn: String?
    /// A part of the message or of the answer around the first word, or "" for a title.
    package let excerpt: String
}

/// One step of a search.
package struct SearchStep: Sendable {
    /// The most that a step does.
    package struct Limits: Sendable {
        /// The most hits.
        package var hits: Int
        /// No further turn is read after this many bytes.
        package var bytes: Int

        /// Makes limits.
        package init(hits: Int, bytes: Int) {
            self.hits = hits
            self.bytes = bytes
        }
    }

    /// Newest first.
    package internal(set) var hits: [SearchHit] = []
    /// The turn before which the search goes on, or nil if there are no older ones.
    package internal(set) var next: String?
    /// The bytes that were read.
    package internal(set) var bytes = 0
    /// The turn that was read last.
    var last: String?
}
