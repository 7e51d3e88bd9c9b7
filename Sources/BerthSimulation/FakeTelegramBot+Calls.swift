import BerthHTTP
import BerthLoop
import BerthText

extension FakeTelegramBot {
    /// Carries out a call and returns its result as JSON.
    func answer(
        _ call: FakeTelegramCall,
        _ request: HTTPRequest
    ) async throws(FakeTelegramRefusal) -> [UInt8] {
        guard let known = FakeTelegramRules.arguments(of: call.method) else {
            throw FakeTelegramRefusal(404, "Not Found: method not found")
        }
        for name in call.names where !known.contains(name) {
            fault("\(call.method): unknown argument '\(name)'")
        }
        switch call.method {
        case "getupdates": return try await poll(call, request)
        case "getme": return Array(me.utf8)
        case "setwebhook": try setWebhook(call)
        case "deletewebhook":
            if call.isTrue("drop_pending_updates") { dropUpdates() }
            deliver(to: nil, secret: nil)
        case "getwebhookinfo": return webhookInfo
        case "sendmessage": return try sendMessage(call)
        case "sendphoto": return try sendFile(call, "photo")
        case "senddocument": return try sendFile(call, "document")
        case "sendmediagroup": return try sendAlbum(call)
        case "editmessagetext": return try editMessage(call)
        case "sendmessagedraft": try sendDraft(call)
        case "sendchataction": try act(call)
        case "answercallbackquery": try answerPress(call)
        case "getfile": return try getFile(call)
        case "setmycommands": try setCommands(call)
        case "getmycommands":
            return Array((commands[call.text("language_code") ?? ""] ?? "[]").utf8)
        case "deletemessage": try deleteMessage(call)
        default: throw FakeTelegramRefusal(404, "Not Found: method not found")
        }
        return Array("true".utf8)
    }

    private var me: String {
        #"{"id":\#(id),"is_bot":true,"first_name":"Fake","username":"fake\#(id)_bot","#
            + #""can_join_groups":true,"can_read_all_group_messages":false}"#
    }

    // MARK: Webhook

    private func setWebhook(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) {
        let (url, secret) = (call.text("url") ?? "", call.text("secret_token"))
        if let secret {
            let isRight =
                1...256 ~= secret.utf8.count
                && secret.allSatisfy {
                    $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0))
                }
            guard isRight else {
                throw FakeTelegramRefusal(400, "secret token contains unallowed characters")
            }
        }
        guard url.isEmpty || url.hasPrefix("http") else {
            throw FakeTelegramRefusal(400, "bad webhook: invalid URL")
        }
        if call.isTrue("drop_pending_updates") { dropUpdates() }
        endPoll("terminated by setWebhook request")
        deliver(to: url.isEmpty ? nil : url, secret: secret)
    }

    private var webhookInfo: [UInt8] {
        let waiting = webhook?.waiting.count ?? updates.count
        var json = Array(#"{"url":"#.utf8) + JSON.quote(webhook?.url ?? "")
        json += #","has_custom_certificate":false,"pending_update_count":\#(waiting)"#.utf8
        if let error = webhook?.lastError {
            json += #","last_error_date":\#(error.at),"last_error_message":"#.utf8
            json += JSON.quote(error.words)
        }
        return json + [UInt8(ascii: "}")]
    }

    // MARK: Checks

    /// The chat that a call writes to, if it can be written to.
    private func chat(of call: FakeTelegramCall) throws(FakeTelegramRefusal) -> Int {
        guard let text = call.text("chat_id"), !text.isEmpty else {
            throw FakeTelegramRefusal(400, "chat_id is empty")
        }
        guard let id = Int(text), id != 0 else { throw FakeTelegramRefusal(400, "chat not found") }
        let chat = chats[id]
        if let words = chat?.refusal { throw FakeTelegramRefusal(403, words) }
        if let other = chat?.migratedTo {
            throw FakeTelegramRefusal(
                400,
                "group chat was upgraded to a supergroup chat",
                migratedTo: other
            )
        }
        if let topic = call.integer("message_thread_id"), chat?.goneTopics.contains(topic) == true {
            throw FakeTelegramRefusal(400, "message thread not found")
        }
        return id
    }

    /// The text of a call with its formats, as they are kept.
    private func text(
        _ call: FakeTelegramCall,
        _ name: String,
        formats: String,
        most: Int
    ) throws(FakeTelegramRefusal) -> String {
        let raw = call.text(name) ?? ""
        let what = name == "text" ? "message" : "message caption"
        let text = try FakeTelegramRules.text(raw, most: most, what: what)
        if call.text("parse_mode")?.isEmpty == false { fault("\(call.method): has a parse_mode") }
        guard call.text(formats) != nil else { return text }
        guard let objects = call.objects(formats) else {
            throw FakeTelegramRefusal(400, "can't parse entities: not a list of objects")
        }
        if raw != text { fault("\(call.method): the text has white space around it") }
        let entities = objects.map { object in
            FakeTelegramRules.Entity(
                kind: object.string("type") ?? "",
                offset: object.integer("offset") ?? -1,
                length: object.integer("length") ?? -1,
                url: object.string("url")
            )
        }
        if let fault = FakeTelegramRules.fault(raw, entities) {
            throw FakeTelegramRefusal(400, "can't parse entities: \(fault)")
        }
        return text
    }

    private func checkMarkup(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) {
        guard call.text("reply_markup") != nil else { return }
        guard let markup = call.object("reply_markup") else {
            throw FakeTelegramRefusal(400, "can't parse reply keyboard markup JSON object")
        }
        try FakeTelegramRules.check(markup: markup)
    }

    private func message(_ message: Int, in chat: Int, _ members: String = "") -> [UInt8] {
        let kind = chat > 0 ? "private" : "supergroup"
        let json =
            #"{"message_id":\#(message),"date":\#(seconds),"chat":{"id":\#(chat),"#
            + #""type":"\#(kind)"},"from":\#(me)\#(members)}"#
        return Array(json.utf8)
    }

    // MARK: Messages

    private func sendMessage(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) -> [UInt8] {
        let chat = try chat(of: call)
        let text = try text(call, "text", formats: "entities", most: 4_096)
        guard !text.isEmpty else { throw FakeTelegramRefusal(400, "message text is empty") }
        try checkMarkup(call)
        try count(chat)
        let id = newMessage()
        messages[chat, default: [:]][id] = text + (call.text("reply_markup") ?? "")
        note(call, chat: chat, message: id, text: text)
        return message(id, in: chat, #","text":"# + Self.quoted(text))
    }

    private func editMessage(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) -> [UInt8] {
        let chat = try chat(of: call)
        let text = try text(call, "text", formats: "entities", most: 4_096)
        guard !text.isEmpty else { throw FakeTelegramRefusal(400, "message text is empty") }
        try checkMarkup(call)
        guard let id = call.integer("message_id"), let old = messages[chat]?[id] else {
            throw FakeTelegramRefusal(400, "message to edit not found")
        }
        try count(chat)
        let new = text + (call.text("reply_markup") ?? "")
        guard new != old else {
            throw FakeTelegramRefusal(
                400,
                "message is not modified: specified new message content and reply markup are "
                    + "exactly the same as a current content and reply markup of the message"
            )
        }
        messages[chat]?[id] = new
        note(call, chat: chat, message: id, text: text)
        return message(id, in: chat, #","text":"# + Self.quoted(text))
    }

    private func sendDraft(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) {
        let chat = try chat(of: call)
        guard chat > 0 else { throw FakeTelegramRefusal(400, "drafts are for private chats") }
        guard let draft = call.integer("draft_id"), draft != 0 else {
            throw FakeTelegramRefusal(400, "draft_id must be non-zero")
        }
        let text = try text(call, "text", formats: "entities", most: 4_096)
        try count(chat)
        note(call, chat: chat, message: draft, text: text)
    }

    private func deleteMessage(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) {
        let chat = try chat(of: call)
        guard let id = call.integer("message_id"), messages[chat]?.removeValue(forKey: id) != nil
        else { throw FakeTelegramRefusal(400, "message to delete not found") }
        note(call, chat: chat, message: id, text: "")
    }

    private func act(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) {
        let chat = try chat(of: call)
        let known = [
            "typing", "upload_photo", "record_video", "upload_video", "record_voice",
            "upload_voice", "upload_document", "choose_sticker", "find_location",
        ]
        guard known.contains(call.text("action") ?? "") else {
            throw FakeTelegramRefusal(400, "wrong parameter action in request")
        }
        note(call, chat: chat, message: 0, text: "")
    }

    private func answerPress(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) {
        let id = call.text("callback_query_id") ?? ""
        guard presses[id] == false else {
            throw FakeTelegramRefusal(
                400,
                "query is too old and response timeout expired or query ID is invalid"
            )
        }
        guard (call.text("text") ?? "").utf16.count <= 200 else {
            throw FakeTelegramRefusal(400, "MESSAGE_TOO_LONG")
        }
        presses[id] = true
        note(call, chat: 0, message: 0, text: call.text("text") ?? "")
    }

    private func setCommands(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) {
        guard let list = call.objects("commands"), list.count <= 100 else {
            throw FakeTelegramRefusal(400, "can't parse BotCommands JSON object")
        }
        for command in list {
            let name = command.string("command") ?? ""
            let isName = name.utf8.allSatisfy {
                0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "_")
            }
            guard isName, 1...32 ~= name.utf8.count else {
                throw FakeTelegramRefusal(400, "BOT_COMMAND_INVALID")
            }
            guard 1...256 ~= (command.string("description") ?? "").utf16.count else {
                throw FakeTelegramRefusal(400, "BOT_COMMAND_DESCRIPTION_INVALID")
            }
        }
        commands[call.text("language_code") ?? ""] = call.text("commands")
    }

    // MARK: Files

    private func sendFile(
        _ call: FakeTelegramCall,
        _ field: String
    ) throws(FakeTelegramRefusal) -> [UInt8] {
        let chat = try chat(of: call)
        let text = try text(call, "caption", formats: "caption_entities", most: 1_024)
        try checkMarkup(call)
        let made = try file(call, field, isPhoto: field == "photo")
        try count(chat)
        let id = newMessage()
        messages[chat, default: [:]][id] = text + (call.text("reply_markup") ?? "")
        note(call, chat: chat, message: id, text: text)
        return message(id, in: chat, #","\#(field)":"# + made)
    }

    private func sendAlbum(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) -> [UInt8] {
        let chat = try chat(of: call)
        guard let media = call.objects("media"), 2...10 ~= media.count else {
            throw FakeTelegramRefusal(400, "Wrong number of messages in the album")
        }
        var made: [String] = []
        for item in media {
            guard item.string("type") == "photo", let name = item.string("media") else {
                throw FakeTelegramRefusal(400, "can't parse InputMedia: type must be photo")
            }
            guard (item.string("caption") ?? "").utf16.count <= 1_024 else {
                throw FakeTelegramRefusal(400, "message caption is too long")
            }
            made.append(try file(call, named: name, isPhoto: true))
        }
        for _ in made { try count(chat) }
        let results = made.map { file in
            let id = newMessage()
            messages[chat, default: [:]][id] = ""
            note(call, chat: chat, message: id, text: "")
            return message(id, in: chat, #","photo":"# + file)
        }
        return [0x5B] + Array(results.joined(separator: [0x2C])) + [0x5D]
    }

    private func file(
        _ call: FakeTelegramCall,
        _ field: String,
        isPhoto: Bool
    ) throws(FakeTelegramRefusal) -> String {
        if call.file(field) != nil {
            return try file(call, named: "attach://" + field, isPhoto: isPhoto)
        }
        guard let name = call.text(field), !name.isEmpty else {
            throw FakeTelegramRefusal(400, "there is no \(field) in the request")
        }
        return try file(call, named: name, isPhoto: isPhoto)
    }

    /// The object of an uploaded file or a known one.
    private func file(
        _ call: FakeTelegramCall,
        named name: String,
        isPhoto: Bool
    ) throws(FakeTelegramRefusal) -> String {
        var (size, area, id) = (0, (width: 1, height: 1), name)
        if name.hasPrefix("attach://") {
            guard let file = call.file(String(name.dropFirst(9))) else {
                throw FakeTelegramRefusal(400, "file \(name) not found")
            }
            if isPhoto {
                area = try FakeTelegramRules.check(photo: file.bytes, head: file.head)
            } else if file.bytes == 0 {
                throw FakeTelegramRefusal(400, "file must be non-empty")
            } else if file.bytes > 50 << 20 {
                throw FakeTelegramRefusal(413, "Request Entity Too Large")
            }
            id = add(file.head, name: "sent", size: file.bytes)
            size = file.bytes
        } else {
            guard let file = files[name] else {
                throw FakeTelegramRefusal(400, "wrong file identifier/HTTP URL specified")
            }
            size = file.size
        }
        let file = #""file_id":"\#(id)","file_unique_id":"u\#(id)","file_size":\#(size)"#
        guard isPhoto else { return "{\(file)}" }
        return #"[{\#(file),"width":\#(area.width),"height":\#(area.height)}]"#
    }

    private func getFile(_ call: FakeTelegramCall) throws(FakeTelegramRefusal) -> [UInt8] {
        guard let id = call.text("file_id"), let file = files[id] else {
            throw FakeTelegramRefusal(400, "invalid file_id")
        }
        guard file.size <= 20 << 20 else { throw FakeTelegramRefusal(400, "file is too big") }
        let json =
            #"{"file_id":"\#(id)","file_unique_id":"u\#(id)","file_size":\#(file.size),"#
            + #""file_path":"\#(file.path)"}"#
        return Array(json.utf8)
    }

    /// Adds a file that can be downloaded.
    ///
    /// - Parameters:
    ///   - content: its bytes.
    ///   - name: the last part of its path.
    ///   - size: the size that messages name; nil for the content's.
    /// - Returns: its id.
    package func add(_ content: [UInt8], name: String, size: Int? = nil) -> String {
        let id = "F\(files.count + 1)"
        files[id] = File(
            path: "files/\(id)/\(name)",
            content: content,
            size: size ?? content.count
        )
        return id
    }

    nonisolated static func quoted(_ text: String) -> String {
        String(decoding: JSON.quote(text), as: UTF8.self)
    }
}
