/// The place that a message is sent to.
package struct TelegramTarget: Hashable, Sendable {
    /// The chat's id, which is negative for groups.
    package var chat: Int
    /// The topic within the chat, or nil if it has none.
    package var topic: Int?
    /// The message that is answered, or nil.
    ///
    /// If it is gone, the message is sent without it.
    package var replyTo: Int?

    /// Makes a place.
    package init(chat: Int, topic: Int? = nil, replyTo: Int? = nil) {
        (self.chat, self.topic, self.replyTo) = (chat, topic, replyTo)
    }

    /// Whether the chat is a group or a channel.
    package var isGroup: Bool { chat < 0 }
}

/// A button under a message.
package struct TelegramButton: Equatable, Sendable {
    /// The label.
    package var text: String
    /// The data that a press returns, of 1 to ``mostData`` bytes.
    package var data: String

    /// The most bytes of ``data``.
    package static let mostData = 64

    /// Makes a button.
    package init(text: String, data: String) { (self.text, self.data) = (text, data) }
}

/// A sign that the bot works, which a client shows for at most 5 s.
package enum TelegramAction: String, Sendable {
    case typing
    case uploadPhoto = "upload_photo"
    case uploadDocument = "upload_document"
    case recordVoice = "record_voice"
}

/// A command that clients offer.
package struct TelegramCommand: Equatable, Sendable {
    /// The name, of 1 to 32 letters, digits and `_`.
    package var name: String
    /// The description, of 1 to 256 characters.
    package var says: String

    /// Makes a command.
    package init(name: String, says: String) { (self.name, self.says) = (name, says) }
}

/// The kinds of updates that Berth asks for.
package enum TelegramUpdateKind: String, CaseIterable, Sendable {
    case message
    case editedMessage = "edited_message"
    case callbackQuery = "callback_query"
    case myChatMember = "my_chat_member"
    case stoppedGeneration = "stopped_message_generation"
}
