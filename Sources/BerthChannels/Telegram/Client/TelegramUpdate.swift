package import BerthText

/// An update, of which only what Berth uses is read.
package struct TelegramUpdate: Equatable, Sendable {
    /// The content of an update.
    package enum Content: Equatable, Sendable {
        /// A new message.
        case message(TelegramMessage)
        /// A message whose text, or something else, was changed.
        case edited(TelegramMessage)
        /// A button was pressed.
        case button(TelegramPress)
        /// The bot was added to a chat, removed, blocked or unblocked.
        case membership(TelegramMembership)
        /// The user has stopped a draft.
        case stopped(chat: TelegramChat, draft: Int)
        /// A kind that Berth does not know, or one without a required member.
        case unknown
    }

    /// The id, by which duplicates are recognized.
    ///
    /// Ids grow by one, but may fall after a week without updates.
    package let id: Int
    /// The content.
    package let content: Content
    /// The update's own JSON, from which ``init(_:)`` reads it again.
    package let json: [UInt8]

    /// Reads an update, or returns nil if it has no id.
    package init?(_ object: JSONObject) {
        guard let id = object.integer("update_id") else { return nil }
        self.id = id
        json = Array(object.text)
        content = Self.content(of: object) ?? .unknown
    }

    /// Reads an update's own JSON, or returns nil if it is none.
    package init?(json: [UInt8]) {
        guard let object = try? JSONObject(answer: json) else { return nil }
        self.init(object)
    }

    private static func content(of object: JSONObject) -> Content? {
        if let message = object.object("message") {
            return TelegramMessage(message).map { .message($0) }
        }
        if let message = object.object("edited_message") {
            return TelegramMessage(message).map { .edited($0) }
        }
        if let press = object.object("callback_query") {
            return TelegramPress(press).map { .button($0) }
        }
        if let change = object.object("my_chat_member") {
            return TelegramMembership(change).map { .membership($0) }
        }
        guard let stop = object.object("stopped_message_generation"),
            let chat = TelegramChat(stop.object("chat")), let draft = stop.integer("draft_id")
        else { return nil }
        return .stopped(chat: chat, draft: draft)
    }
}

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
        guard let id = object.word("id"), let from = TelegramUser(object.object("from")) else {
            return nil
        }
        (self.id, self.from) = (id, from)
        let message = object.object("message")
        chat = TelegramChat(message?.object("chat"))
        self.message = message?.integer("message_id")
        topic = message.flatMap { TelegramMessage.topic(of: $0) }
        data = object.word("data", most: 512)
    }
}

/// A change of the bot's own standing in a chat.
package struct TelegramMembership: Equatable, Sendable {
    /// The chat.
    package let chat: TelegramChat
    /// The user who changed it.
    package let from: TelegramUser
    /// Whether the bot is a member now.
    ///
    /// In a private chat: whether it is not blocked.
    package let isMember: Bool

    init?(_ object: JSONObject) {
        guard let chat = TelegramChat(object.object("chat")),
            let from = TelegramUser(object.object("from")),
            let member = object.object("new_chat_member"), let status = member.word("status")
        else { return nil }
        (self.chat, self.from) = (chat, from)
        isMember =
            switch status {
            case "left", "kicked": false
            case "restricted": member.boolean("is_member") ?? true
            default: true
            }
    }
}

/// A chat.
package struct TelegramChat: Equatable, Sendable {
    /// The kinds of chats.
    package enum Kind: String, Sendable {
        case personal = "private"
        case group
        case supergroup
        case channel
    }

    /// The id, which is negative except in a private chat.
    package let id: Int
    /// The kind, or nil for one that Berth does not know.
    package let kind: Kind?
    /// A group's title, in at most 256 bytes.
    package let title: String?

    /// Whether the chat is with one person.
    package var isPrivate: Bool { kind == .personal }

    init?(_ object: JSONObject?) {
        guard let object, let id = object.integer("id") else { return nil }
        self.id = id
        kind = object.word("type").flatMap(Kind.init)
        title = object.word("title", most: 8_192)?.cut(toBytes: 256)
    }
}

/// A user or a bot.
package struct TelegramUser: Equatable, Sendable {
    /// The id.
    package let id: Int
    /// Whether it is a bot.
    package let isBot: Bool
    /// The first and last name, in at most 256 bytes.
    package let name: String
    /// The user name without `@`, or nil if there is none.
    package let username: String?
    /// The language of the user's client, such as `ru` or `zh-hans`, or nil if it is unknown.
    package let language: String?

    init?(_ object: JSONObject?) {
        guard let object, let id = object.integer("id") else { return nil }
        self.id = id
        isBot = object.boolean("is_bot") ?? false
        let names = ["first_name", "last_name"].compactMap { object.word($0, most: 8_192) }
        name = names.joined(separator: " ").cut(toBytes: 256)
        username = object.word("username")
        language = object.word("language_code", most: 35)
    }
}
