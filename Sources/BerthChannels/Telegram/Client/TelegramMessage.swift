import BerthText

/// A message, of which only what Berth uses is read.
package struct TelegramMessage: Equatable, Sendable {
    /// The id within the chat; 0 for a message that cannot be answered.
    package let id: Int
    /// The time at which it was sent, in seconds since 1970.
    package let date: Int
    /// The chat.
    package let chat: TelegramChat
    /// The sender, or nil for a message of a channel or an anonymous administrator.
    package let from: TelegramUser?
    /// The topic, or nil if the chat has none.
    package let topic: Int?
    /// The text and what is attached.
    package let content: TelegramContent
    /// The message that this one answers, or nil.
    package let replyTo: TelegramReply?
    /// The part of that message that the sender quotes, or nil.
    package let quote: String?
    /// The name that the messages of one album share, or nil.
    package let album: String?
    /// The id of the supergroup that the group has become, or nil.
    package let migratedTo: Int?
    /// The id of the group that this supergroup was, or nil.
    package let migratedFrom: Int?

    init?(_ object: JSONObject) {
        guard let id = object.integer("message_id"),
            let chat = TelegramChat(object.object("chat"))
        else { return nil }
        (self.id, self.chat) = (id, chat)
        date = object.integer("date") ?? 0
        from = TelegramUser(object.object("from"))
        topic = Self.topic(of: object)
        content = TelegramContent(object)
        replyTo = object.object("reply_to_message").flatMap { TelegramReply($0) }
        quote = object.object("quote")?.string("text")
        album = object.word("media_group_id")
        migratedTo = object.integer("migrate_to_chat_id")
        migratedFrom = object.integer("migrate_from_chat_id")
    }

    /// The topic of a message, or nil if its thread is only a chain of replies.
    static func topic(of object: JSONObject) -> Int? {
        object.boolean("is_topic_message") == true ? object.integer("message_thread_id") : nil
    }
}

/// A message that another one answers.
package struct TelegramReply: Equatable, Sendable {
    /// The id within the chat.
    package let id: Int
    /// The sender.
    package let from: TelegramUser?
    /// The text and what is attached.
    package let content: TelegramContent

    init?(_ object: JSONObject) {
        guard let id = object.integer("message_id") else { return nil }
        self.id = id
        from = TelegramUser(object.object("from"))
        content = TelegramContent(object)
    }
}

/// The text of a message and what is attached to it.
package struct TelegramContent: Equatable, Sendable {
    /// The attachment of a message.
    package enum Attachment: Equatable, Sendable {
        /// The sizes of one picture.
        case photo([TelegramPhoto])
        case document(TelegramMedia)
        /// A voice message, in OGG with Opus.
        case voice(TelegramMedia)
        /// A piece of music.
        case audio(TelegramMedia)
        /// Another kind of message, such as `sticker` or `location`.
        case other(String)
    }

    /// The text or the caption; empty if there is none.
    package let text: String
    /// The formats of ``text``.
    package let marks: [TelegramMark]
    /// The attachment, or nil for a text and for a service message.
    package let attachment: Attachment?

    /// The kinds of messages that are only named.
    private static let others = [
        "sticker", "video", "animation", "video_note", "location", "venue", "contact", "poll",
        "dice", "story", "game", "invoice", "checklist", "paid_media", "rich_message",
    ]
    /// The most formats that are read.
    private static let mostMarks = 256

    init(_ object: JSONObject) {
        let isText = object.has("text")
        text = object.string(isText ? "text" : "caption") ?? ""
        let elements = object.elements(isText ? "entities" : "caption_entities") ?? []
        marks = elements.prefix(Self.mostMarks).compactMap {
            object.object(at: $0).flatMap { TelegramMark($0) }
        }
        attachment = Self.attachment(of: object)
    }

    private static func attachment(of object: JSONObject) -> Attachment? {
        if let elements = object.elements("photo") {
            let photos = elements.prefix(16).compactMap {
                object.object(at: $0).flatMap { TelegramPhoto($0) }
            }
            return photos.isEmpty ? .other("photo") : .photo(photos)
        }
        // An animation is also a document, for older clients.
        if let kind = others.first(where: { object.has($0) }) { return .other(kind) }
        func file(_ name: String) -> TelegramMedia? {
            object.object(name).flatMap { TelegramMedia($0) }
        }
        if let document = file("document") { return .document(document) }
        if let voice = file("voice") { return .voice(voice) }
        return file("audio").map { .audio($0) }
    }
}

/// A size of a picture.
package struct TelegramPhoto: Equatable, Sendable {
    /// The file.
    package let file: TelegramMedia
    /// The width in pixels.
    package let width: Int
    /// The height in pixels.
    package let height: Int

    init?(_ object: JSONObject) {
        guard let file = TelegramMedia(object), let width = object.integer("width"),
            let height = object.integer("height"), 1...100_000 ~= width, 1...100_000 ~= height
        else { return nil }
        (self.file, self.width, self.height) = (file, width, height)
    }
}

/// A file of a message.
///
/// Its name, type and size are the sender's words.
package struct TelegramMedia: Equatable, Sendable {
    /// The id for this bot's calls.
    package let id: String
    /// The id by which two copies of a file are recognized.
    package let unique: String
    /// The size in bytes, or nil if it is unknown.
    ///
    /// It may be more than 2 GiB.
    package let size: Int?
    /// The file's name, in at most 256 bytes.
    package let name: String?
    /// The type, such as `text/plain`.
    package let type: String?
    /// The length in seconds.
    package let seconds: Int?

    /// The largest file that Telegram's own server hands out.
    package static let mostBytes = 20 << 20

    init?(_ object: JSONObject) {
        guard let id = object.word("file_id", most: 512) else { return nil }
        self.id = id
        unique = object.word("file_unique_id") ?? ""
        size = object.integer("file_size").flatMap { $0 >= 0 ? $0 : nil }
        name = object.word("file_name", most: 8_192)?.cut(toBytes: 256)
        type = object.word("mime_type")
        seconds = object.integer("duration").flatMap { $0 >= 0 ? $0 : nil }
    }
}

/// A format of an incoming text, such as a command or a mention.
package struct TelegramMark: Equatable, Sendable {
    /// The kind, such as `bot_command`, `mention` or `text_mention`.
    package let kind: String
    /// The first UTF-16 unit.
    package let offset: Int
    /// The number of UTF-16 units, at least 1.
    package let length: Int
    /// The user that a `text_mention` names.
    package let user: Int?

    init?(_ object: JSONObject) {
        guard let kind = object.word("type"), let offset = object.integer("offset"),
            let length = object.integer("length"), 0...1_000_000 ~= offset,
            1...1_000_000 ~= length
        else { return nil }
        (self.kind, self.offset, self.length) = (kind, offset, length)
        user = object.object("user")?.integer("id")
    }

    /// The marked part of `text`, or nil if it has no such part.
    package func slice(of text: String) -> String? {
        let units = text.utf16
        guard
            let start = units.index(units.startIndex, offsetBy: offset, limitedBy: units.endIndex),
            let end = units.index(start, offsetBy: length, limitedBy: units.endIndex)
        else { return nil }
        return String(units[start..<end])
    }
}
