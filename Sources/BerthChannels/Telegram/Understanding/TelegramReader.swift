import BerthText

/// Reads updates as events of one bot.
///
/// No update traps or throws. One that Berth does not act on is ``TelegramEvent/ignored(_:)``.
package struct TelegramReader: Sendable {
    private let me: TelegramMe

    /// Makes a reader for the updates of a bot.
    package init(_ me: TelegramMe) { self.me = me }

    /// Reads an update.
    ///
    /// The time is linear in its bytes. A large one is read through `LargeWork`.
    package func event(of update: TelegramUpdate) -> TelegramEvent {
        guard let object = try? JSONObject(answer: update.json) else {
            return .ignored(.malformed("update"))
        }
        if let message = object.object("message") { return event(of: message, isEdited: false) }
        if let message = object.object("edited_message") {
            return event(of: message, isEdited: true)
        }
        if let press = object.object("callback_query") {
            return TelegramPress(press).map { .button($0) }
                ?? .ignored(.malformed("callback_query"))
        }
        if let change = object.object("my_chat_member") { return membership(change) }
        if let stop = object.object("stopped_message_generation") {
            guard let chat = TelegramChat(stop.object("chat")),
                let draft = stop.integer("draft_id")
            else { return .ignored(.malformed("stopped_message_generation")) }
            return .stopped(chat, draft: draft)
        }
        return .ignored(Self.unknown(object))
    }

    /// The topic of a message, or nil if its thread is only a chain of replies.
    static func topic(of object: JSONObject) -> Int? {
        guard object.boolean("is_topic_message") == true else { return nil }
        return object.telegramNumber("message_thread_id")
    }

    /// The reason for an update that has no member that Berth reads, or has one of a wrong type.
    private static func unknown(_ object: JSONObject) -> TelegramIgnored {
        let known = TelegramUpdateKind.allCases.map(\.rawValue)
        if let name = known.first(where: { object.has($0) }) { return .malformed(name) }
        return .kind(name(in: object, without: ["update_id"]) ?? "none")
    }

    /// The first name of a member that is not null and is not in `names`.
    static func name(in object: JSONObject, without names: Set<String>) -> String? {
        var found: String?
        object.each { name, value in
            guard found == nil, name.count <= 64, value.first != UInt8(ascii: "n") else { return }
            let name = String(decoding: name, as: UTF8.self)
            if !names.contains(name) { found = name }
        }
        return found
    }

    // MARK: Membership

    private func membership(_ object: JSONObject) -> TelegramEvent {
        guard let chat = TelegramChat(object.object("chat")),
            let from = TelegramUser(object.object("from")),
            let isMember = Self.isMember(object.object("new_chat_member"))
        else { return .ignored(.malformed("my_chat_member")) }
        guard chat.isPrivate || chat.isGroup else { return .ignored(.kind("my_chat_member")) }
        let was = Self.isMember(object.object("old_chat_member"))
        guard was != isMember else { return .ignored(.service("my_chat_member")) }
        let change: TelegramMembership.Change =
            chat.isPrivate
            ? (isMember ? .unblocked : .blocked) : (isMember ? .added : .removed)
        return .membership(TelegramMembership(chat: chat, from: from, change: change))
    }

    /// Whether a member of a chat is in it, or nil if its standing is unknown.
    private static func isMember(_ object: JSONObject?) -> Bool? {
        switch object?.word("status") {
        case "left", "kicked": false
        case "creator", "administrator", "member": true
        case "restricted": object?.boolean("is_member") ?? true
        default: nil
        }
    }

    // MARK: Messages

    private func event(of object: JSONObject, isEdited: Bool) -> TelegramEvent {
        guard let id = object.telegramNumber("message_id") else {
            return .ignored(.malformed("message_id"))
        }
        guard let chat = TelegramChat(object.object("chat")) else {
            return .ignored(.malformed("chat"))
        }
        guard chat.isPrivate || chat.isGroup else { return .ignored(.kind("channel_post")) }
        if let new = object.telegramID("migrate_to_chat_id") {
            return .migrated(from: chat.id, to: new)
        }
        if let old = object.telegramID("migrate_from_chat_id") {
            return .migrated(from: old, to: chat.id)
        }
        let isForwardedByItself = object.boolean("is_automatic_forward") ?? false
        guard let sender = TelegramUser(object.object("from")), !sender.isBot, !isForwardedByItself
        else { return .ignored(.notFromPerson) }
        let content = TelegramContent(object)
        if let service = content.service { return .ignored(.service(service)) }
        let words = TelegramWords(object, to: me)
        let reply = TelegramReply(object, to: me)
        let forwardedFrom = object.object("forward_origin").map { TelegramReply.name(of: $0) ?? "" }
        let command = forwardedFrom == nil ? words.command : nil
        var message = TelegramMessage(
            id: id,
            date: min(max(0, object.integer("date") ?? 0), 1 << 40),
            chat: chat,
            topic: Self.topic(of: object),
            sender: sender,
            text: words.text,
            context: reply?.context,
            forwardedFrom: forwardedFrom,
            attachments: content.attachment.map { [$0] } ?? reply?.attachments ?? [],
            unread: content.unread,
            album: object.word("media_group_id"),
            isForBot: chat.isPrivate || isAddressed(words, command, reply)
        )
        guard message.isForBot || message.album != nil && !isEdited else {
            return .ignored(.notForBot)
        }
        if isEdited {
            guard !message.text.isEmpty else { return .ignored(.kind("edited_message")) }
            if let command { message.text = Self.line(command) }
            return .edited(message)
        }
        guard let command, message.isForBot else { return .message(message) }
        message.text = Self.line(command)
        return .command(message, name: command.name, arguments: command.arguments)
    }

    /// A command as the bot reads it.
    private static func line(_ command: TelegramWords.Command) -> String {
        command.arguments.isEmpty
            ? "/\(command.name)" : "/\(command.name) \(command.arguments)"
    }

    /// Whether a message of a group is for the bot.
    ///
    /// With privacy mode on, Telegram delivers a command without a bot's name only if it is for
    /// this bot. With it off, all bots of the group get it.
    private func isAddressed(
        _ words: TelegramWords,
        _ command: TelegramWords.Command?,
        _ reply: TelegramReply?
    ) -> Bool {
        if let bot = command?.bot {
            return TelegramWords.isName(me.username, Array(bot.utf16)[...])
        }
        return words.namesBot || reply?.context.isOwn == true || command != nil && !me.seesGroups
    }
}
