/// A change of a conversation.
///
/// A part that is nil stays as it is.
package struct SessionUpdate: Sendable {
    /// The model that answers in a conversation.
    package enum Model: Equatable, Sendable {
        /// The configuration's list.
        case any
        /// A model by its name.
        case named(String)
    }

    /// The new title.
    package var title: String?
    /// The new model.
    package var model: Model?
    /// Whether the conversation stands before the others in the list.
    package var isPinned: Bool?
    /// Whether it is kept out of the usual list.
    package var isArchived: Bool?

    /// Makes a change.
    package init(
        title: String? = nil,
        model: Model? = nil,
        isPinned: Bool? = nil,
        isArchived: Bool? = nil
    ) {
        self.title = title
        self.model = model
        self.isPinned = isPinned
        self.isArchived = isArchived
    }
}
