/// A message of a person.
package struct TelegramMessage: Equatable, Sendable {
    /// The id within the chat; 0 for a message that cannot be answered by its id.
    package var id: Int
    /// The time at which it was sent, in seconds since 1970.
    package var date: Int
    /// The chat, which is never a channel.
    package var chat: TelegramChat
    /// The topic, or nil if the chat has none.
    package var topic: Int?
    /// The sender, who is a person.
    package var sender: TelegramUser
    /// The text or the caption without the bot's user name around it, in at most ``mostText`` bytes.
    package var text: String
    /// The message that this one answers or quotes, or nil.
    package var context: TelegramContext?
    /// The name of the source of a forwarded message, or nil.
    ///
    /// A forwarded message is never a command.
    package var forwardedFrom: String?
    /// The attachments: one, or those of an album in their order.
    ///
    /// A message without one has those of the person's message that it answers.
    package var attachments: [TelegramAttachment]
    /// The kind of an attachment that Berth does not read, such as `sticker`.
    ///
    /// The sender is told so, if there is nothing else to answer.
    package var unread: String?
    /// The name that the messages of one album share, or nil.
    package var album: String?
    /// Whether it is for the bot.
    ///
    /// Only a part of an album is reported that is not, because the caption of another part may
    /// name the bot.
    package var isForBot: Bool

    /// The most bytes of ``text``.
    ///
    /// Telegram's own limit is 4,096 characters.
    package static let mostText = 32 * 1_024

    /// The id of the message if an answer quotes it, or nil.
    ///
    /// In a private chat nobody else writes between a message and its answer.
    package var quoted: Int? { chat.isGroup && id > 0 ? id : nil }
}

/// A message that another one answers.
package struct TelegramContext: Equatable, Sendable {
    /// The id within the chat, or nil if it is in another chat.
    package var id: Int?
    /// The sender's name, or nil if it is unknown.
    package var name: String?
    /// Whether the bot itself has sent it.
    package var isOwn: Bool
    /// The part that is quoted, or else the beginning of its text; empty if it has none.
    package var text: String
    /// Whether ``text`` is the part that the person has quoted.
    package var isQuote = false

    /// The most bytes of ``text``: the longest message in three-byte letters.
    package static let mostText = 12 * 1_024
    /// The most bytes of the bot's own message in a prompt, which has the conversation already.
    package static let mostOwnText = 512
}
