import BerthText

/// The message that another one answers or quotes.
struct TelegramReply {
    /// Its words.
    let context: TelegramContext
    /// Its attachment, if a person has sent it.
    let attachments: [TelegramAttachment]

    /// Reads the reply of a message, or returns nil if it answers none.
    init?(_ object: JSONObject, to me: TelegramMe) {
        let quote = object.object("quote")?.string("text")
        if let answered = object.object("reply_to_message") {
            // Each message of a topic answers the one that has opened the topic.
            guard !answered.has("forum_topic_created") else { return nil }
            let sender = TelegramUser(answered.object("from"))
            let isOwn = sender?.id == me.id
            let text = quote ?? answered.string("text") ?? answered.string("caption") ?? ""
            context = TelegramContext(
                id: answered.telegramNumber("message_id"),
                name: sender?.name ?? Self.title(of: answered.object("sender_chat")),
                isOwn: isOwn,
                text: text.shortened(toBytes: TelegramContext.mostText),
                isQuote: quote != nil
            )
            attachments = isOwn ? [] : Self.attachments(of: answered)
        } else if let other = object.object("external_reply") {
            context = TelegramContext(
                name: other.object("origin").flatMap { Self.name(of: $0) },
                isOwn: false,
                text: (quote ?? "").shortened(toBytes: TelegramContext.mostText),
                isQuote: quote != nil
            )
            attachments = Self.attachments(of: other)
        } else {
            return nil
        }
    }

    private static func attachments(of object: JSONObject) -> [TelegramAttachment] {
        TelegramContent(object).attachment.map { [$0] } ?? []
    }

    /// The name of the person or the chat that a forwarded or quoted message came from.
    static func name(of origin: JSONObject) -> String? {
        if let user = TelegramUser(origin.object("sender_user")) { return user.name }
        let hidden = origin.word("sender_user_name", most: 8_192)?.cut(toBytes: 256)
        return hidden ?? title(of: origin.object("sender_chat") ?? origin.object("chat"))
    }

    private static func title(of chat: JSONObject?) -> String? { TelegramChat(chat)?.title }
}
