package import BerthLoop
import BerthStore

/// A conversation as clients see it.
package struct SessionInfo: Encodable, Sendable {
    /// The conversation's public name.
    package let id: String
    /// The title that the user gave it, or the first words of its first message, or "" if it is
    /// new.
    package let title: String
    /// The model chosen for it, or nil for `berth`.
    package let model: String?
    /// The time of its last message.
    package let updated: Timestamp
    /// Whether it stands before the others in the list.
    package let isPinned: Bool
    /// Whether it is kept out of the usual list.
    package let isArchived: Bool

    private enum CodingKeys: String, CodingKey {
        case id
        case title
        case model
        case updated = "updated_ms"
        case isPinned = "pinned"
        case isArchived = "archived"
    }

    init(_ session: Session) {
        id = session.publicID
        title = session.title
        model = session.model
        updated = session.updated
        isPinned = session.isPinned
        isArchived = session.isArchived
    }
}
