/// The lengths that the messages of one answer may have, in UTF-16 units.
///
/// Telegram counts scalars, of which there are never more than units.
package struct TelegramLimits: Equatable, Sendable {
    /// The longest text of a message.
    package static let text = 4_096
    /// The longest caption of a picture or document.
    package static let caption = 1_024
    /// The least limit, below which words could not be kept whole.
    package static let least = 32

    /// The limit of the first message.
    package let first: Int
    /// The limit of each further message.
    package let rest: Int

    /// Limits of at least ``least``.
    package init(first: Int, rest: Int = TelegramLimits.text) {
        self.first = max(Self.least, first)
        self.rest = max(Self.least, rest)
    }

    /// Messages without a picture.
    package static let messages = TelegramLimits(first: text)
    /// A caption, and messages for the rest of its text.
    package static let captioned = TelegramLimits(first: caption)
}
