import BerthText

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
    /// Whether the chat is a group of people.
    package var isGroup: Bool { kind == .group || kind == .supergroup }

    init?(_ object: JSONObject?) {
        guard let object, let id = object.telegramID("id") else { return nil }
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
        guard let object, let id = object.telegramID("id"), id > 0 else { return nil }
        self.id = id
        isBot = object.boolean("is_bot") ?? false
        let names = ["first_name", "last_name"].compactMap { object.word($0, most: 8_192) }
        name = names.filter { !$0.isEmpty }.joined(separator: " ").cut(toBytes: 256)
        username = object.word("username")
        language = object.word("language_code", most: 35)
    }
}

extension JSONObject {
    /// The value of a member that is an id of a chat or a user, or nil if it is missing or is none.
    ///
    /// Such an id has at most 52 significant bits and is not 0.
    ///
    /// Source: <https://core.telegram.org/bots/api#chat>.
    func telegramID(_ name: String) -> Int? {
        guard let id = integer(name), id != 0, -(1 << 52)...(1 << 52) ~= id else { return nil }
        return id
    }

    /// The value of a member that is an id of a message or a topic, or nil if it is missing or is
    /// none.
    func telegramNumber(_ name: String) -> Int? {
        guard let number = integer(name), 0...Int(Int32.max) ~= number else { return nil }
        return number
    }
}
