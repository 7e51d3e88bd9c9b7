/// The name of a text with values, which its words name in braces.
///
/// ``Phrase`` has a function for each of them, which gives the values.
enum PhraseKey: String, CaseIterable, Sendable {
    case unknownCommand, models, modelChosen, nothingChanged, usage, webLink
    case filesMore, filesTotal, deleted
    case imageCount, imageSize, imageOption
    case language, languageAutomatic, languageChosen, languageReset, languageUnknown
    case waitingPaused, waitingFailing, progressPlace, progressPercent
    case gaveUpAttempts, gaveUpDeadline, notSaved
    case fileTooLarge, documentUnread, documentCut, picturesLeftOut, tooManyMessages, album
    case operatorAsked, operatorApproved, operatorDeclined
}
