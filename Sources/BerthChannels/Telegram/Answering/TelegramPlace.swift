import BerthStore

/// A chat or a topic of a bot, as a place of Berth.
///
/// The place names the bot, because two bots may talk to one person.
struct TelegramPlace: Hashable, Sendable {
    /// The bot's id.
    let bot: Int
    /// The chat's id.
    let chat: Int
    /// The topic, or nil.
    let topic: Int?

    init(bot: Int, chat: Int, topic: Int? = nil) {
        (self.bot, self.chat, self.topic) = (bot, chat, topic)
    }

    /// Reads a place, or returns nil if it is not one of Telegram.
    init?(_ place: Place) {
        let ids = place.chat.split(separator: "/", omittingEmptySubsequences: false)
        guard place.channel == .telegram, ids.count == 2, let bot = Int(ids[0]),
            let chat = Int(ids[1])
        else { return nil }
        self.init(bot: bot, chat: chat, topic: Int(place.topic))
    }

    /// The chat's name in places.
    var chatName: String { "\(bot)/\(chat)" }

    /// The place.
    var place: Place {
        Place(channel: .telegram, chat: chatName, topic: topic.map { "\($0)" } ?? "")
    }

    /// The place of a message that is sent there, and that may quote another one.
    func target(answering message: Int? = nil) -> TelegramTarget {
        TelegramTarget(chat: chat, topic: topic, replyTo: message)
    }

    /// Whether the chat is a group.
    var isGroup: Bool { chat < 0 }
}
