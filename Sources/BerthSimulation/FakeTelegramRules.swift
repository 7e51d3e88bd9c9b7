import BerthText

/// The Bot API's rules for texts, formats, buttons and pictures.
///
/// They are stricter than the server's own where the server would mend a fault silently.
package enum FakeTelegramRules {
    /// A format of a text.
    package struct Entity: Equatable, Sendable {
        /// The kind, such as `bold`.
        package var kind: String
        /// The first UTF-16 unit.
        package var offset: Int
        /// The number of UTF-16 units.
        package var length: Int
        /// The address of a `text_link`.
        package var url: String?

        /// Makes a format.
        package init(kind: String, offset: Int, length: Int, url: String? = nil) {
            (self.kind, self.offset, self.length, self.url) = (kind, offset, length, url)
        }

        var end: Int { offset + length }
    }

    private static let kinds: Set = [
        "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold",
        "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote",
        "code", "pre", "text_link", "text_mention", "custom_emoji",
    ]
    /// The most formats that clients show.
    private static let mostEntities = 100

    /// Returns the first fault of a text's formats; nil if they are right.
    package static func fault(_ text: String, _ entities: [Entity]) -> String? {
        let units = Array(text.utf16)
        if entities.count > mostEntities { return "more than \(mostEntities) entities" }
        var open: [Entity] = []
        var last = 0
        for entity in entities {
            let place = "the \(entity.kind) at \(entity.offset)"
            if let fault = fault(of: entity, in: units) { return "\(place): \(fault)" }
            if entity.offset < last { return "\(place): not sorted" }
            last = entity.offset
            open.removeAll { $0.end <= entity.offset }
            for outer in open {
                if outer.end < entity.end { return "\(place): overlaps a \(outer.kind)" }
                if outer.kind == "code" || outer.kind == "pre" { return "\(place): within code" }
                if outer.kind == entity.kind { return "\(place): twice" }
                let quotes = ["blockquote", "expandable_blockquote"]
                if quotes.contains(outer.kind), quotes.contains(entity.kind) {
                    return "\(place): a quote within a quote"
                }
            }
            open.append(entity)
        }
        return nil
    }

    private static func fault(of entity: Entity, in units: [UInt16]) -> String? {
        if !kinds.contains(entity.kind) { return "unknown" }
        if entity.length < 1 { return "empty" }
        if entity.offset < 0 || entity.end > units.count { return "outside of the text" }
        let isCut = [entity.offset, entity.end].contains { edge in
            edge < units.count && UTF16.isTrailSurrogate(units[edge])
        }
        if isCut { return "cuts a surrogate pair" }
        if entity.kind == "text_link", (entity.url ?? "").isEmpty { return "no url" }
        let isBlank = units[entity.offset..<entity.end].allSatisfy { $0 == 0x20 || $0 == 0x0A }
        return isBlank ? "only white space" : nil
    }

    /// Returns the text as the server keeps it, without white space around it.
    ///
    /// - Parameters:
    ///   - text: a text or a caption.
    ///   - most: the most UTF-16 units.
    ///   - what: `message` or `message caption`.
    /// - Returns: the text as it is kept.
    /// - Throws: ``FakeTelegramRefusal``.
    static func text(
        _ text: String,
        most: Int,
        what: String
    ) throws(FakeTelegramRefusal) -> String {
        guard text.utf8.count <= 32_768 else { throw FakeTelegramRefusal(400, "text is too long") }
        guard text.utf16.count <= most else {
            throw FakeTelegramRefusal(400, "\(what) is too long")
        }
        let isSpace = { (character: Character) in character.isWhitespace }
        var trimmed = text.drop(while: isSpace)
        while let last = trimmed.last, isSpace(last) { trimmed = trimmed.dropLast() }
        return String(trimmed)
    }

    /// Checks a keyboard, of which each button has a text and 1 to 64 bytes of data.
    static func check(markup: JSONObject) throws(FakeTelegramRefusal) {
        let rows = markup.elements("inline_keyboard")
        guard let rows else {
            guard markup.has("remove_keyboard") || markup.has("force_reply") else {
                throw FakeTelegramRefusal(400, "object expected as reply markup")
            }
            return
        }
        for row in rows {
            for place in markup.elements(in: row) ?? [] {
                guard let button = markup.object(at: place),
                    button.string("text")?.isEmpty == false
                else { throw FakeTelegramRefusal(400, "inline keyboard button text is empty") }
                let actions = button.count - 1 - (button.has("style") ? 1 : 0)
                guard actions == 1 else {
                    throw FakeTelegramRefusal(400, "Text buttons are unallowed in the keyboard")
                }
                guard let data = button.string("callback_data") else { continue }
                guard 1...64 ~= data.utf8.count else {
                    throw FakeTelegramRefusal(400, "BUTTON_DATA_INVALID")
                }
            }
        }
    }

    /// Checks that a photo's size is allowed: at most 10 MB, 10,000 pixels of width and height
    /// together, and 20 times as long as wide.
    static func check(
        photo bytes: Int,
        head: [UInt8]
    ) throws(FakeTelegramRefusal) -> (width: Int, height: Int) {
        guard bytes <= 10 << 20 else {
            throw FakeTelegramRefusal(413, "Request Entity Too Large")
        }
        guard bytes > 0, let (width, height) = dimensions(head) else {
            throw FakeTelegramRefusal(400, "IMAGE_PROCESS_FAILED")
        }
        guard width + height <= 10_000, max(width, height) <= 20 * min(width, height) else {
            throw FakeTelegramRefusal(400, "PHOTO_INVALID_DIMENSIONS")
        }
        return (width, height)
    }

    /// The size of a PNG or JPEG; nil for other bytes.
    private static func dimensions(_ head: [UInt8]) -> (Int, Int)? {
        func number(_ at: Int, _ count: Int) -> Int {
            head[at..<at + count].reduce(0) { $0 << 8 | Int($1) }
        }
        if head.starts(with: [0x89, 0x50, 0x4E, 0x47]), head.count >= 24 {
            return (number(16, 4), number(20, 4))
        }
        guard head.starts(with: [0xFF, 0xD8]) else { return nil }
        var at = 2
        while at + 9 < head.count, head[at] == 0xFF {
            let isFrame = 0xC0...0xCF ~= head[at + 1] && ![0xC4, 0xC8, 0xCC].contains(head[at + 1])
            if isFrame { return (number(at + 7, 2), number(at + 5, 2)) }
            at += 2 + number(at + 2, 2)
        }
        return nil
    }

    private static let place = ["chat_id", "message_thread_id", "reply_parameters", "reply_markup"]
    private static let shown = ["text", "entities", "link_preview_options", "parse_mode"]
    private static let captioned = ["caption", "caption_entities", "parse_mode"]

    /// The arguments of a method by its name in lower case, or nil for an unknown method.
    static func arguments(of method: String) -> [String]? {
        switch method {
        case "getme", "getwebhookinfo": []
        case "getupdates": ["offset", "limit", "timeout", "allowed_updates"]
        case "setwebhook":
            ["url", "secret_token", "max_connections", "allowed_updates", "drop_pending_updates"]
        case "deletewebhook": ["drop_pending_updates"]
        case "sendmessage": place + shown + ["disable_notification", "protect_content"]
        case "editmessagetext": ["chat_id", "message_id", "reply_markup"] + shown
        case "sendmessagedraft":
            ["chat_id", "message_thread_id", "draft_id", "can_stop", "keep_on_stop"] + shown
        case "sendphoto": place + captioned + ["photo", "has_spoiler"]
        case "senddocument":
            place + captioned + ["document", "disable_content_type_detection"]
        case "sendmediagroup": place + ["media"]
        case "sendchataction": ["chat_id", "message_thread_id", "action"]
        case "answercallbackquery":
            ["callback_query_id", "text", "show_alert", "url", "cache_time"]
        case "getfile": ["file_id"]
        case "setmycommands": ["commands", "scope", "language_code"]
        case "getmycommands": ["scope", "language_code"]
        case "deletemessage": ["chat_id", "message_id"]
        default: nil
        }
    }
}
