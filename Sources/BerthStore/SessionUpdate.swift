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

    /// Makes a change.
    package init(title: String? = nil, model: Model? = nil) {
        self.title = title
        self.model = model
    }
}
