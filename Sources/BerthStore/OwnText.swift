/// A text that a person has written for later use.
package struct OwnText: Equatable, Sendable {
    /// Its name, or "" for the person's instructions.
    package let name: String
    /// Its words.
    package let text: String

    /// Makes a text.
    package init(name: String, text: String) { (self.name, self.text) = (name, text) }
}

/// The instructions that a person gives for every conversation, and those for one conversation.
package struct OwnInstructions: Equatable, Sendable {
    /// The instructions for every conversation of the person, or "".
    package internal(set) var general = ""
    /// The instructions for one conversation, or "".
    package internal(set) var special = ""
    /// Their length in UTF-8.
    package var bytes: Int { general.utf8.count + special.utf8.count }
}
