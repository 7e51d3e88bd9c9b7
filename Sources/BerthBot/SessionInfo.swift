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

    private enum CodingKeys: String, CodingKey {
        case id
        case title
        case model
        case updated = "updated_ms"
    }

    init(_ session: Session) {
        id = session.publicID
        title = session.title
        model = session.model
        updated = session.updated
    }
}
