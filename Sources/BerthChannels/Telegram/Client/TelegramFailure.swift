import BerthHTTP
import BerthLoop
import BerthText

/// Why a call of the Bot API failed, as what its caller does about it.
///
/// The words are the server's, in at most 200 bytes and without the bot's token.
package enum TelegramFailure: Error, Equatable, Sendable {
    /// The entities were refused: send the text once more, without them.
    case badFormat(String)
    /// A text or a caption is too long: split it into smaller parts.
    case tooLong(String)
    /// The picture cannot be a photo: send it as a document.
    case notAPhoto(String)
    /// The topic is gone: send once more without it.
    case topicGone(String)
    /// The message to edit is gone or is not the bot's: send a new one.
    case messageGone(String)
    /// The group has a new id: store it and send once more.
    case migrated(to: Int)
    /// Too many calls: wait before the chat's next call.
    case flood(after: Duration)
    /// The chat cannot be written to until an update from it arrives.
    case chatUnreachable(String)
    /// The token is wrong or was revoked: stop this bot.
    case badToken(String)
    /// The server does not know the method: do without it.
    case unknownMethod
    /// Another program receives this bot's updates, or a webhook is set: back off, tell the
    /// operator.
    case conflict(String)
    /// The file or the request is too large: tell the user.
    case tooLarge(String)
    /// The call is wrong in another way: log it and give it up.
    case refused(String)
    /// The call has not reached the server, so it can be made again.
    case notSent(String)
    /// The server may have acted on the call.
    ///
    /// A call that sends a message may be made again at most once, and only if `hasAnswer` is
    /// false: no byte of an answer had arrived. Other calls can be made again.
    case unknown(String, hasAnswer: Bool)
    /// The task was cancelled. The server may have acted on the call.
    case cancelled

    /// The longest wait after a flood that is believed.
    package static let longestWait = Duration.seconds(86_400)
    /// The wait after a flood that names none.
    static let usualWait = Duration.seconds(5)
}

extension TelegramFailure {
    /// The failure that an answer other than `ok: true` means.
    ///
    /// Texts are matched by a part of them, because Telegram does not promise them.
    ///
    /// - Parameters:
    ///   - status: the status of HTTP.
    ///   - object: the body, or nil if it is not JSON, such as a page of a proxy.
    ///   - words: the description for people, without the token.
    init(status: Int, _ object: JSONObject?, words: String) {
        let code = object?.integer("error_code") ?? status
        let parameters = object?.object("parameters")
        let text = words.lowercased()
        switch code {
        case 400:
            self = .refusal(text, words, migratedTo: parameters?.integer("migrate_to_chat_id"))
        case 404 where text.contains("method not found"): self = .unknownMethod
        case 401, 404, 421: self = .badToken(words)
        case 403: self = .chatUnreachable(words)
        case 409: self = .conflict(words)
        case 413: self = .tooLarge(words)
        case 429:
            let seconds = parameters?.integer("retry_after").map { Duration.seconds(max(1, $0)) }
            self = .flood(after: min(seconds ?? Self.usualWait, Self.longestWait))
        case 500...599: self = .unknown(words, hasAnswer: true)
        default: self = .refused(words)
        }
    }

    private static func refusal(
        _ text: String,
        _ words: String,
        migratedTo chat: Int?
    ) -> TelegramFailure {
        if let chat { return .migrated(to: chat) }
        func has(_ parts: String...) -> Bool { parts.contains { text.contains($0) } }
        if has("parse entities", "parse message text", "entity_", "entities_too_long") {
            return .badFormat(words)
        }
        if has("is too long", "message_too_long", "caption_too_long") { return .tooLong(words) }
        if has(
            "photo_invalid_dimensions",
            "image_process_failed",
            "photo_ext_invalid",
            "photo_save_file_invalid",
            "wrong type of the web page content"
        ) {
            return .notAPhoto(words)
        }
        if has("message thread not found", "topic_deleted", "topic_closed") {
            return .topicGone(words)
        }
        if has("message to edit not found", "message can't be edited", "message_id_invalid") {
            return .messageGone(words)
        }
        if has(
            "chat not found",
            "user not found",
            "peer_id_invalid",
            "user_is_blocked",
            "have no rights to send",
            "not enough rights to send",
            "chat_write_forbidden",
            "input_user_deactivated",
            "group chat was deactivated"
        ) {
            return .chatUnreachable(words)
        }
        if has("file is too big", "too large") { return .tooLarge(words) }
        return .refused(words)
    }

    /// Whether a refusal means that the wanted state is there already, or that it came too late.
    static func isDone(_ failure: TelegramFailure) -> Bool {
        let words: String
        switch failure {
        case .refused(let text), .messageGone(let text), .tooLong(let text): words = text
        default: return false
        }
        let text = words.lowercased()
        return ["message is not modified", "message to delete not found", "query is too old"]
            .contains { text.contains($0) }
    }

    /// The failure of a call that got no whole answer.
    init(_ error: HTTPClientError) {
        switch error {
        case .badRequest, .busy, .unknownHost, .forbiddenAddress, .unreachable, .connectTimeout,
            .tls:
            self = .notSent("\(error)")
        case .firstByteTimeout, .stalled, .cut, .badAnswer, .other:
            self = .unknown("\(error)", hasAnswer: !error.isBeforeFirstByte)
        case .tooLarge: self = .unknown("\(error)", hasAnswer: true)
        case .cancelled: self = .cancelled
        }
    }
}

extension TelegramFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badFormat(let text), .tooLong(let text), .notAPhoto(let text), .topicGone(let text),
            .messageGone(let text), .tooLarge(let text), .refused(let text), .unknown(let text, _),
            .notSent(let text):
            text
        case .migrated: "the group has become a supergroup with a new id"
        case .flood(let time):
            "too many calls: Telegram asks to wait \(time.milliseconds() / 1000) s"
        case .chatUnreachable(let text): "the chat cannot be written to (\(text))"
        case .badToken(let text):
            "Telegram refuses the bot's token (\(text)): check 'token', or ask @BotFather for a "
                + "new one"
        case .unknownMethod: "the Bot API server does not know this method"
        case .conflict(let text):
            "another program receives this bot's updates (\(text)): stop it, or check 'mode'"
        case .cancelled: "the call was cancelled"
        }
    }
}
