package import BerthBot
package import BerthMemory
package import BerthWork

/// A thing about a message that its sender is told, beside the answer or instead of it.
package enum TelegramNote: Sendable {
    /// A file is above ``TelegramMedia/mostBytes``, or above a smaller limit of the server.
    case tooLarge
    /// A document is of a kind that Berth does not read.
    case documentUnread(String)
    /// Only the beginning of a document was read.
    case documentCut(String, at: ByteCount)
    /// The message is of a kind that Berth does not read, such as `sticker`.
    case unread(String)
    /// No model transcribes recordings.
    case noTranscription
    /// A recording has no words.
    case noWords
    /// Nobody knows what came of a recording's transcription.
    case lost
    /// A recording or a file was refused.
    case refused(BotError)
    /// A file could not be fetched from Telegram.
    case notFetched
    /// The message has more pictures than a question may have, which is so many.
    case picturesLeftOut(Int)

    /// The words for the sender.
    package var phrase: Phrase {
        switch self {
        case .tooLarge: .fileTooLarge(most: ByteCount(TelegramMedia.mostBytes))
        case .documentUnread(let name): .documentUnread(name)
        case .documentCut(let name, let size): .documentCut(name, at: size)
        case .unread(let kind): .unread(kind)
        case .noTranscription: .unread("voice")
        case .lost: Phrase(.uncertain)
        case .noWords: Phrase(.voiceWithoutWords)
        case .refused(let error): .refusal(error)
        case .notFetched: Phrase(.fileFailed)
        case .picturesLeftOut(let most): .picturesLeftOut(most: most)
        }
    }
}
