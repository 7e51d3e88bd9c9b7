/// A client's change of a conversation, in which nil leaves a value unchanged.
package struct SessionChange: Decodable, Sendable {
    /// The new title, which is cut to 200 Unicode scalars.
    package var title: String?
    /// The model's name, or "" or `berth` for the configuration's list.
    package var model: String?

    /// Makes a change.
    package init(title: String? = nil, model: String? = nil) {
        self.title = title
        self.model = model
    }
}
