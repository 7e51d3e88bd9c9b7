/// The name of a text without values, which is the same for everybody who reads its language.
///
/// The page and the channels show such a text as it is: a button, a short answer, a description.
package enum PlainKey: String, CaseIterable, Sendable {
    // MARK: Commands: the descriptions, which contain no Markdown, and the arguments

    case commandNew, commandModel, commandTranslate, commandImage, commandUsage, commandFiles
    case commandDelete, commandStop, commandLang, commandWeb, commandHelp
    case commandInstructions, commandPrompts, argumentsInstructions
    case argumentsModel, argumentsTranslate, argumentsImage, argumentsDelete, argumentsLang

    // MARK: Answers to commands

    case helpHead, translateUsage, imageUsage, imageNoPrompt, freshStart
    case instructionsNone, instructionsForAll, instructionsForThis, instructionsUsage
    case instructionsSaved, instructionsDeleted, instructionsInGroup
    case promptsNone, promptsHead
    case filesNone, filesHead, deleteUsage, deletedNothing, stopped, nothingToStop

    // MARK: Turns

    case waitingForMemory, progressQueued, progressRunning, progressLoading
    case restarting, uncertain
    case endLength, endFilter, endTools, endRefusal
    /// The line above the first turn that the model sees.
    case modelSeesFromHere
    /// The answer is the first one whose model does not see the whole conversation any more.
    case modelForgets
    /// The line above the first turn that the model sees, if it has a summary of the turns before.
    case modelReadsSummary
    /// The answer is the first one whose model has a summary of the beginning of the conversation.
    case modelRemembers

    // MARK: Exported conversations: the headings of a message, of an answer and of a whole one

    case exportAsked, exportAnswer, exportUntitled

    // MARK: Requests

    case notLoggedIn, serviceFailed, loginTooOften
    /// The login link was used before or has expired.
    case loginLinkUsed
    case loginCodeWrong
    case loginPasskeyUnknown

    // MARK: Access to the bot in a messenger

    /// The answer to the first message of a person who has access.
    case welcome
    /// The person has no access, and the bot takes invited people alone.
    case accessByInvitation
    /// The person's wish for access was told to the operator.
    case accessAsked
    /// The operator has not decided about the wish yet.
    case accessWaiting
    case accessApproved, accessDeclined
    /// The bot has as many people as it may have.
    case accessFull
    /// The invitation is unknown, was used or has expired.
    case invitationInvalid
    /// The answer in a group to a person without access.
    case accessInGroup

    // MARK: Messages that the bot does not read

    case unreadSticker, unreadVoice, unreadVideo, unreadLocation, unreadContact, unreadPoll
    case unreadOther
    /// A voice message without a word.
    case voiceWithoutWords
    /// A file did not come.
    case fileFailed

    // MARK: Answers, their buttons, and the short notices after one was pressed

    /// The answer is a file, because it is long.
    case answerAsFile
    case buttonStop, buttonAgain, buttonContinue, buttonFile, buttonLarger, buttonDelete
    case buttonApprove, buttonDecline
    case pressNotYours, pressTooOld, pressDeleted, pressFailed
}
