import BerthBot
import BerthMemory

/// The words of Telegram's channel for people.
enum TelegramPhrase: Sendable {
    /// The answer to the first message of a person who has access.
    case welcome
    /// The person has no access, and the bot takes invited people alone.
    case accessByInvitation
    /// The person's wish for access was told to the operator.
    case accessAsked
    /// The operator has not decided about the wish yet.
    case accessWaiting
    case accessApproved
    case accessDeclined
    /// The bot has as many people as it may have.
    case accessFull
    /// The invitation is unknown, was used or has expired.
    case invitationInvalid
    /// The answer in a group to a person without access.
    case accessInGroup
    /// A stranger asks the operator for access.
    case operatorAsked(String)
    case operatorApproved(String)
    case operatorDeclined(String)
    /// The message has nothing that the bot reads.
    case unreadOther
    /// A thing about a message that its sender is told.
    case note(TelegramNote)
    /// Several pictures were sent as an album, which has no buttons of its own.
    case album(Int)
    /// Messages were left out because too many waited.
    case tooMany(Int)
    /// The answer is a file, because it is long.
    case answerAsFile
    case buttonStop
    case buttonAgain
    case buttonFile
    case buttonDelete
    case buttonApprove
    case buttonDecline
    case pressNotYours
    case pressTooOld
    case pressDeleted
    case pressFailed
    case stopped

    /// The words in English.
    var text: String {
        switch self {
        case .welcome: "Welcome. Write me a message, or /help for what I can do."
        case .accessByInvitation:
            "This bot answers invited people only. Ask its operator for an invitation link."
        case .accessAsked: "I have asked the operator for your access, and tell you the answer."
        case .accessWaiting: "The operator has not answered yet. I tell you as soon as I know."
        case .accessApproved: "The operator has given you access. Write me a message."
        case .accessDeclined: "The operator has declined your request."
        case .accessFull: "This bot has as many people as it can take. Try again later."
        case .invitationInvalid:
            "This invitation is unknown, was used, or has expired. Ask for a new one."
        case .accessInGroup:
            "I answer people whom I know. Write to me in a private chat to get access."
        case .operatorAsked(let name): "\(name) asks for access to this bot."
        case .operatorApproved(let name): "\(name) has access now."
        case .operatorDeclined(let name): "\(name) was declined."
        case .note(let note): Self.words(note)
        case .album(let count): "\(count) pictures."
        case .unreadOther: "I cannot read messages of this kind. Write me a text."
        case .tooMany(let count):
            count == 1
                ? "Too many of your messages waited, so I have not read one of them."
                : "Too many of your messages waited, so I have not read \(count) of them."
        case .answerAsFile: "The answer is long, so I send it as a file."
        case .buttonStop: "◼ Stop"
        case .buttonAgain: "↻ Again"
        case .buttonFile: "📄 As file"
        case .buttonDelete: "🗑 Delete"
        case .buttonApprove: "✓ Approve"
        case .buttonDecline: "✗ Decline"
        case .pressNotYours: "This button is not yours."
        case .pressTooOld: "This button has no effect any more."
        case .pressDeleted: "Deleted."
        case .pressFailed: "That did not work. Try again."
        case .stopped: "Stopped."
        }
    }

    private static func words(_ note: TelegramNote) -> String {
        switch note {
        case .tooLarge:
            "The file is too large: I can read files of up to "
                + "\(ByteCount(TelegramMedia.mostBytes))."
        case .documentUnread(let name): "I cannot read `\(name)`. I read texts and pictures."
        case .documentCut(let name, let size):
            "`\(name)` is long, so I have read its first \(size) only."
        case .unread(let kind):
            "I cannot read a \(kind.replacing("_", with: " ")). Write me a text."
        case .noTranscription: "I cannot hear recordings here. Write me a text."
        case .noWords: "I have heard no words in the recording."
        case .refused(let error): Phrase.refusal(error).text()
        case .notFetched: "The file did not come through. Send it again."
        case .picturesLeftOut(let most):
            "I look at \(most) pictures at once, and left out the rest."
        }
    }
}
