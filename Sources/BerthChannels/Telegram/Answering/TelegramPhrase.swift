import BerthBot

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
    /// Several pictures were sent as an album, which has no buttons of its own.
    case album(Int)
    /// Messages were left out because too many waited.
    case tooMany(Int)
    /// The answer is a file, because it is long.
    case answerAsFile
    case buttonStop
    case buttonAgain
    case buttonContinue
    case buttonFile
    case buttonLarger
    case buttonDelete
    case buttonApprove
    case buttonDecline
    case pressNotYours
    case pressTooOld
    case pressDeleted
    case pressFailed
    case stopped

    /// The words in a language.
    func text(in language: Language) -> String { phrase.text(in: language) }

    private var phrase: Phrase {
        switch self {
        case .welcome: Phrase(.welcome)
        case .accessByInvitation: Phrase(.accessByInvitation)
        case .accessAsked: Phrase(.accessAsked)
        case .accessWaiting: Phrase(.accessWaiting)
        case .accessApproved: Phrase(.accessApproved)
        case .accessDeclined: Phrase(.accessDeclined)
        case .accessFull: Phrase(.accessFull)
        case .invitationInvalid: Phrase(.invitationInvalid)
        case .accessInGroup: Phrase(.accessInGroup)
        case .operatorAsked(let name): .operatorAsked(name)
        case .operatorApproved(let name): .operatorDecided(name, isApproved: true)
        case .operatorDeclined(let name): .operatorDecided(name, isApproved: false)
        case .album(let count): .album(count)
        case .unreadOther: Phrase(.unreadOther)
        case .tooMany(let count): .tooManyMessages(count)
        case .answerAsFile: Phrase(.answerAsFile)
        case .buttonStop: Phrase(.buttonStop)
        case .buttonAgain: Phrase(.buttonAgain)
        case .buttonContinue: Phrase(.buttonContinue)
        case .buttonFile: Phrase(.buttonFile)
        case .buttonLarger: Phrase(.buttonLarger)
        case .buttonDelete: Phrase(.buttonDelete)
        case .buttonApprove: Phrase(.buttonApprove)
        case .buttonDecline: Phrase(.buttonDecline)
        case .pressNotYours: Phrase(.pressNotYours)
        case .pressTooOld: Phrase(.pressTooOld)
        case .pressDeleted: Phrase(.pressDeleted)
        case .pressFailed: Phrase(.pressFailed)
        case .stopped: Phrase(.stopped)
        }
    }
}

extension TelegramUser {
    /// The language in which the bot speaks with a user of whom nothing else is known.
    var spoken: Language { Language.of(tag: language ?? "en") }
}
