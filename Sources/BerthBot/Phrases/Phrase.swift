package import BerthProviders
package import BerthStore
package import BerthWork

/// A text for the users of a chat, without its words.
///
/// ``text(in:)`` gives the words, in Markdown. A text with arguments carries them.
package enum Phrase: Sendable {
    // MARK: Answers to commands

    /// The list of commands.
    case help
    /// The use of `/translate`.
    case translateUsage
    /// The reason for which an order of pictures is none, and the use of `/image`.
    case imageUsage(PicturePrompt.Problem)
    /// There is no such command.
    case unknownCommand(String)
    /// The window was cleared.
    case freshStart
    /// The conversation's model, and the names of all models.
    case models(chosen: String, names: [String])
    /// The conversation's new model.
    case modelChosen(String)
    /// A command has changed nothing.
    case nothingChanged(BotError)
    /// The tenant's usage and limits.
    case usage(UsageInfo)
    /// A login link.
    case webLink(String)
    /// The tenant's files.
    case files(FileList)
    /// The use of `/delete`.
    case deleteUsage
    /// Files were deleted.
    case filesDeleted(FileTotal)
    /// The answer under way was stopped.
    case stopped
    /// No answer is under way.
    case nothingToStop

    // MARK: Turns

    /// The message waits because the process is short of memory.
    case waitingForMemory
    /// The message waits because its model or the provider has failed or asked for a pause, and is
    /// sent again after about this time.
    case waitingForModel(isPaused: Bool, Duration)
    /// The progress of pictures at their provider.
    case progress(PictureProgress)
    /// A refusal or a failure.
    case refusal(BotError)
    /// A failure after several attempts, and why there is no further one.
    case gaveUp(BotError, String)
    /// The service stops, and the answer goes on at the next start.
    case restarting
    /// The service was killed while a provider was asked, so it is not known what became of it.
    case uncertain
    /// The answer ended for a reason that its reader should know.
    case ended(Turn.Ending)
    /// The answer could not be written to the database.
    case notSaved(BotError)
}

extension Phrase {
    /// The words about an answer's end in English, or nil if the answer is whole.
    package static func note(_ ending: Turn.Ending) -> String? {
        ending == .stop ? nil : Phrase.ended(ending).text()
    }

    /// The words in a language, or else in English.
    package func text(in language: Language = .english) -> String {
        PhraseTable.of(language)?.words(self) ?? PhraseTable.english(self)
    }
}
