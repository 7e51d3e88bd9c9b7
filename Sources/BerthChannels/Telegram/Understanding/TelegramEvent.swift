import BerthText

/// The thing that one update asks of Berth.
package enum TelegramEvent: Equatable, Sendable {
    /// A message for the bot, or a part of an album that may be for it.
    ///
    /// A message with ``TelegramMessage/album`` goes through `TelegramAlbums` first.
    case message(TelegramMessage)
    /// A command for the bot.
    ///
    /// The text of its message is `/name arguments`, without the bot's user name. The name is in
    /// small letters, and the arguments are trimmed.
    case command(TelegramMessage, name: String, arguments: String)
    /// The new text of a message for the bot, which may also have become one for the bot by this.
    case edited(TelegramMessage)
    /// A press of a button.
    case button(TelegramPress)
    /// A change of the bot's own standing in a chat.
    case membership(TelegramMembership)
    /// A group has become a supergroup with another id.
    ///
    /// It comes twice, from the old chat and from the new one.
    case migrated(from: Int, to: Int)
    /// The user has stopped a draft.
    case stopped(TelegramChat, draft: Int)
    /// Nothing that Berth acts on.
    case ignored(TelegramIgnored)

    /// The event's name in `TelegramMetrics/kinds`.
    package var name: String {
        switch self {
        case .message: "message"
        case .command: "command"
        case .edited: "edited"
        case .button: "button"
        case .membership: "membership"
        case .migrated: "migrated"
        case .stopped: "stopped"
        case .ignored: "ignored"
        }
    }
}

/// The reason for which an update is ignored.
package enum TelegramIgnored: Hashable, Sendable {
    /// A kind that Berth does not read, such as `poll`.
    case kind(String)
    /// A message about the chat itself, such as `new_chat_members`.
    case service(String)
    /// A message in a group that is for others.
    case notForBot
    /// A message of another bot or of a channel, which is never answered.
    case notFromPerson
    /// A member that is missing or has a wrong type, such as `chat`.
    case malformed(String)
}

extension TelegramIgnored: CustomStringConvertible {
    /// The reason in words for the log, without anything that a person has written.
    package var description: String {
        switch self {
        case .kind(let name): "Berth does not read updates of the kind \(Self.word(name))"
        case .service(let name): "the message is about the chat itself (\(Self.word(name)))"
        case .notForBot: "the message of a group is not for the bot"
        case .notFromPerson: "the message is not from a person"
        case .malformed(let name): "the member \(Self.word(name)) is missing or malformed"
        }
    }

    private static func word(_ name: String) -> String {
        "'" + HarmlessText.line(name).shortened(toBytes: 64) + "'"
    }
}
