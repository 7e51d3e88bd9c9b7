/// A client's change of a conversation, in which nil leaves a value unchanged.
package struct SessionChange: Decodable, Sendable {
    /// The new title, which is cut to 200 Unicode scalars.
    package var title: String?
    /// The model's name, or "" or `berth` for the configuration's list.
    package var model: String?
    /// Whether the conversation stands before the others in the list.
    package var isPinned: Bool?
    /// Whether it is kept out of the usual list.
    package var isArchived: Bool?

    private enum CodingKeys: String, CodingKey {
        case title
        case model
        case isPinned = "pinned"
        case isArchived = "archived"
    }

    /// Makes a change.
    package init(title: String? = nil, model: String? = nil) {
        self.title = title
        self.model = model
    }
}
