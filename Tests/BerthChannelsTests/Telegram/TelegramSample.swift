import BerthChannels
import BerthText

/// Updates for tests, as Telegram sends them to the bot `@helper_bot`.
enum TelegramSample {
    /// The bot, in privacy mode unless `seesGroups`.
    static func me(seesGroups: Bool = false) throws -> TelegramMe {
        let text =
            #"{"id":42,"username":"helper_bot","can_read_all_group_messages":\#(seesGroups)}"#
        return try TelegramMe(JSONObject(Array(text.utf8)))
    }

    static let ann = #"{"id":5,"is_bot":false,"first_name":"Ann","language_code":"ru"}"#
    static let bob = #"{"id":6,"is_bot":false,"first_name":"Bob","last_name":"B"}"#
    static let own = #"{"id":42,"is_bot":true,"first_name":"Helper","username":"helper_bot"}"#
    static let privateChat = #"{"id":5,"type":"private","first_name":"Ann"}"#
    static let group = #"{"id":-1001234567890,"type":"supergroup","title":"Friends"}"#

    /// A message of Ann with further members.
    static func message(
        _ members: String,
        in chat: String = privateChat,
        from: String? = ann,
        id: Int = 17
    ) -> String {
        let sender = from.map { #","from":\#($0)"# } ?? ""
        return #"{"message_id":\#(id),"date":1700000000,"chat":\#(chat)\#(sender),\#(members)}"#
    }

    /// The members of a text in which `marked` is marked as `kind`.
    static func text(_ text: String, _ kind: String? = nil, _ marked: String = "") -> String {
        let json = String(decoding: JSON.quote(text), as: UTF8.self)
        guard let kind, let range = text.firstRange(of: marked) else { return #""text":\#(json)"# }
        let offset = text[..<range.lowerBound].utf16.count
        return #""text":\#(json),"entities":[{"type":"\#(kind)","offset":\#(offset),"#
            + #""length":\#(marked.utf16.count)}]"#
    }

    /// Reads an update of one member.
    static func event(
        _ members: String,
        seesGroups: Bool = false
    ) throws -> TelegramEvent? {
        let update = TelegramUpdate(json: Array(#"{"update_id":900001,\#(members)}"#.utf8))
        return try update.map { TelegramReader(try me(seesGroups: seesGroups)).event(of: $0) }
    }

    /// Reads an update with a message of Ann in a private chat.
    static func read(_ members: String, in chat: String = privateChat) throws -> TelegramEvent? {
        try event(#""message":"# + message(members, in: chat))
    }
}

extension TelegramEvent {
    /// The message of any kind of event that has one.
    var heard: TelegramMessage? {
        switch self {
        case .message(let message), .command(let message, _, _), .edited(let message): message
        default: nil
        }
    }

    /// The reason for which it is ignored.
    var reason: TelegramIgnored? { if case .ignored(let reason) = self { reason } else { nil } }
}
