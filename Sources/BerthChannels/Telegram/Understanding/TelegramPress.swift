import BerthText

/// A press of a button.
package struct TelegramPress: Equatable, Sendable {
    /// The id, which the call that answers it names.
    package let id: String
    /// The user who pressed it.
    package let from: TelegramUser
    /// The chat of the message, or nil if the message is not the bot's own.
    package let chat: TelegramChat?
    /// The id of the message with the button, or nil as for ``chat``.
    package let message: Int?
    /// The topic of the message.
    package let topic: Int?
    /// The button's data, which any client can forge, or nil if there is none.
    package let data: String?

    init?(_ object: JSONObject) {
        guard let id = object.word("id"), !id.isEmpty,
            let from = TelegramUser(object.object("from"))
        else { return nil }
        (self.id, self.from) = (id, from)
        let message = object.object("message")
        chat = TelegramChat(message?.object("chat"))
        self.message = chat == nil ? nil : message?.telegramNumber("message_id")
        topic = message.flatMap { TelegramReader.topic(of: $0) }
        data = object.word("data", most: 512)
    }
}

/// A change of the bot's own standing in a chat.
package struct TelegramMembership: Equatable, Sendable {
    /// The changes.
    package enum Change: String, Sendable {
        /// The bot is in the group now.
        case added
        /// The bot is no longer in the group.
        case removed
        /// The person has blocked the bot.
        case blocked
        /// The person has unblocked the bot.
        case unblocked
    }

    /// The chat, which is never a channel.
    package let chat: TelegramChat
    /// The user who changed it.
    package let from: TelegramUser
    /// The change.
    package let change: Change

    /// Whether the bot can write to the chat after the change.
    package var isMember: Bool { change == .added || change == .unblocked }
}
