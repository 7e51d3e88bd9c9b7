import BerthHTTP
import BerthLoop
import BerthProviders
import BerthText

extension TelegramClient {
    // MARK: Messages

    /// Sends a text.
    ///
    /// - Returns: the id of the message.
    package func send(
        _ part: TelegramPart,
        to place: TelegramTarget,
        buttons: [[TelegramButton]] = []
    ) async throws(TelegramFailure) -> Int {
        var arguments = TelegramArguments()
        arguments.add(place)
        arguments.add(part, as: "text", formats: "entities")
        arguments.add("link_preview_options", json: Array(#"{"is_disabled":true}"#.utf8))
        arguments.add(buttons)
        return try sent(await call("sendMessage", arguments, isSentOnce: true))
    }

    /// Replaces the text and the buttons of a message of the bot's.
    ///
    /// Without buttons, they go.
    ///
    /// A text that is there already is a success.
    package func edit(
        _ message: Int,
        in chat: Int,
        to part: TelegramPart,
        buttons: [[TelegramButton]] = []
    ) async throws(TelegramFailure) {
        var arguments = TelegramArguments()
        arguments.add("chat_id", chat)
        arguments.add("message_id", message)
        arguments.add(part, as: "text", formats: "entities")
        arguments.add("link_preview_options", json: Array(#"{"is_disabled":true}"#.utf8))
        arguments.add(buttons)
        try await unlessDone("editMessageText", arguments)
    }

    /// Shows a draft of the answer in a private chat for about 30 s.
    ///
    /// - Parameters:
    ///   - part: the text so far. An empty one shows that the bot thinks.
    ///   - draft: the draft's id, not 0. The same id replaces the text.
    ///   - place: a private chat, with its topic.
    ///   - canStop: whether the user gets a button that stops the answer.
    /// - Throws: ``TelegramFailure``.
    package func draft(
        _ part: TelegramPart,
        as draft: Int,
        to place: TelegramTarget,
        canStop: Bool = false
    ) async throws(TelegramFailure) {
        var arguments = TelegramArguments()
        arguments.add("chat_id", place.chat)
        arguments.add("message_thread_id", place.topic)
        arguments.add("draft_id", draft)
        arguments.add(part, as: "text", formats: "entities")
        arguments.add("can_stop", ifTrue: canStop)
        try await call("sendMessageDraft", arguments)
    }

    /// Shows for at most 5 s what the bot is doing.
    package func act(
        _ action: TelegramAction,
        in place: TelegramTarget
    ) async throws(TelegramFailure) {
        var arguments = TelegramArguments()
        arguments.add("chat_id", place.chat)
        arguments.add("message_thread_id", place.topic)
        arguments.add("action", action.rawValue)
        try await call("sendChatAction", arguments)
    }

    /// Deletes a message.
    ///
    /// One that is gone already is a success.
    package func delete(_ message: Int, in chat: Int) async throws(TelegramFailure) {
        var arguments = TelegramArguments()
        arguments.add("chat_id", chat)
        arguments.add("message_id", message)
        try await unlessDone("deleteMessage", arguments)
    }

    /// Answers a press of a button, which ends the client's sign of waiting.
    ///
    /// An answer that comes too late is a success.
    ///
    /// - Parameters:
    ///   - id: the id of the press.
    ///   - text: at most 200 characters for the user, or nil.
    ///   - isAlert: whether the user must close the text.
    /// - Throws: ``TelegramFailure``.
    package func answer(
        press id: String,
        _ text: String? = nil,
        isAlert: Bool = false
    ) async throws(TelegramFailure) {
        var arguments = TelegramArguments()
        arguments.add("callback_query_id", id)
        arguments.add("text", text)
        arguments.add("show_alert", ifTrue: isAlert)
        try await unlessDone("answerCallbackQuery", arguments)
    }

    private func unlessDone(
        _ method: String,
        _ arguments: TelegramArguments
    ) async throws(TelegramFailure) {
        do throws(TelegramFailure) { try await call(method, arguments) } catch {
            guard TelegramFailure.isDone(error) else { throw error }
        }
    }

    // MARK: Files

    /// Sends a picture as a photo, which Telegram makes smaller.
    ///
    /// - Parameters:
    ///   - photo: a picture of at most 10 MB, whose width and height are at most 10,000 together.
    ///   - caption: at most 1,024 UTF-16 units.
    ///   - place: the place.
    ///   - buttons: the rows of buttons under it.
    /// - Returns: the id of the message.
    /// - Throws: ``TelegramFailure``.
    package func sendPhoto(
        _ photo: TelegramUpload,
        _ caption: TelegramPart?,
        to place: TelegramTarget,
        buttons: [[TelegramButton]] = []
    ) async throws(TelegramFailure) -> Int {
        var arguments = TelegramArguments()
        arguments.add(place)
        if let caption { arguments.add(caption, as: "caption", formats: "caption_entities") }
        arguments.add(buttons)
        arguments.add("photo", photo.known)
        return try sent(await upload("sendPhoto", arguments, [("photo", photo)]))
    }

    /// Sends a file of at most 50 MB as it is.
    ///
    /// - Returns: the id of the message.
    package func sendDocument(
        _ file: TelegramUpload,
        _ caption: TelegramPart?,
        to place: TelegramTarget,
        buttons: [[TelegramButton]] = []
    ) async throws(TelegramFailure) -> Int {
        var arguments = TelegramArguments()
        arguments.add(place)
        if let caption { arguments.add(caption, as: "caption", formats: "caption_entities") }
        arguments.add("disable_content_type_detection", ifTrue: true)
        arguments.add(buttons)
        arguments.add("document", file.known)
        return try sent(await upload("sendDocument", arguments, [("document", file)]))
    }

    /// Sends 2 to 10 photos as one album.
    ///
    /// - Parameters:
    ///   - photos: the pictures, each as for ``sendPhoto(_:_:to:buttons:)``.
    ///   - caption: the caption of the first.
    ///   - place: the place.
    /// - Returns: the ids of the messages, in order.
    /// - Throws: ``TelegramFailure``.
    package func sendAlbum(
        _ photos: [TelegramUpload],
        _ caption: TelegramPart?,
        to place: TelegramTarget
    ) async throws(TelegramFailure) -> [Int] {
        var arguments = TelegramArguments()
        arguments.add(place)
        let media = photos.enumerated().map { index, photo in
            var item = TelegramArguments()
            item.add("type", "photo")
            item.add("media", photo.known ?? "attach://f\(index)")
            if index == 0, let caption {
                item.add(caption, as: "caption", formats: "caption_entities")
            }
            return item.json
        }
        arguments.add("media", json: TelegramArguments.list(media))
        let files = photos.enumerated().map { ("f\($0.offset)", $0.element) }
        let answer = try await upload("sendMediaGroup", arguments, files)
        let messages = answer.elements("result") ?? []
        return messages.compactMap { answer.object(at: $0)?.integer("message_id") }
    }

    /// Makes a call with files, whose bytes are read while they are sent.
    private func upload(
        _ method: String,
        _ arguments: TelegramArguments,
        _ files: [(name: String, upload: TelegramUpload)]
    ) async throws(TelegramFailure) -> JSONObject {
        guard files.contains(where: { $0.upload.known == nil }) else {
            return try await call(method, arguments, isSentOnce: true)
        }
        let boundary = boundary()
        var body: [PictureUpload.Part] = [.bytes(arguments.form(boundary))]
        for (name, upload) in files { upload.append(to: &body, as: name, boundary) }
        body.append(.bytes(Array("--\(boundary)--\r\n".utf8)))
        var request = HTTPClientRequest(
            url: url(of: method),
            headers: ["Content-Type": "multipart/form-data; boundary=\(boundary)"],
            deadlines: HTTPClientDeadlines(firstByte: .seconds(300), stall: .seconds(15))
        )
        request.upload = PictureUpload(body)
        request.decodesBody = true
        return try await send(request)
    }
}
