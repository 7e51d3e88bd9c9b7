/// The name of an error's words in a language other than English.
///
/// In English, an error's words are its own description.
enum ErrorKey: String, CaseIterable, Sendable {
    // MARK: The bot

    case unknownModel, tooManyRequests, suspended, endedByOperator
    case quotaRequests, quotaTokens, quotaImages, quotaDollars
    case bodyTooLarge, foreignOrigin, sessionBusy, tooManySessions, tooManyNewSessions
    case tooManyCodes
    case promptName, tooManyPrompts
    case noSession, noTurn, notCut, emptyText, textTooLong, stopping, sharedCallEnded
    case readTooSlowly, busy, databaseFailed, databaseReadOnly, answerTooLong

    // MARK: Logins and passkeys

    case badPasskeyName, tooManyPasskeys, passkeyExists, noPasskey
    case passkeyMalformed, passkeyTooLate, passkeyOfAnotherSite, passkeyUnverified
    case passkeyOfUnknownKind, passkeySignature
    case noLogin, ownLogin

    // MARK: Memory and queue

    case memoryShort, memoryQuota, memoryShare, memoryPaused
    case queueOwnFull, queueFull
    case closedFailing, closedFailingForOne, closedPaused, closedPausedForOne

    // MARK: Providers

    case unreachable, unreachableName, certificateUntrusted, certificateExpired
    case certificateNotYetValid, certificateOfAnother, certificatesUnreadable, noHandshake
    case unreadable, timedOut, notServed, rateLimited, unavailable, untranslatable, failedAlone
    case refused, failedMidway, cut, wordless, wordlessLength, wordlessFilter, wordlessTool
    case malformed, unconfirmed, undelivered, tooManyCalls, memoryMidway, cancelled
    /// The end of a provider's error: when to try again, and the reason in its own words.
    case againIn, againSoon, itsReason

    // MARK: Files

    case overDisk, overCount, fileEmpty, diskFull, noFiles, fileNotFound, fileGone
    case linkBad, linkExpired

    // MARK: Pictures

    case noPictures, commandWithPictures, tooManyPictures, tooManyPicturesForModel
    case blind, blindAll, pictureNumber
    case pictureEmpty, pictureUnknown, pictureForeign, pictureVideo, pictureBroken
    case pictureUnsupported, pictureSides, picturePixels, pictureFrames, pictureFileTooLarge
    case pictureResultTooLarge, pictureNoRoom, picturesPaused, picturesBusy, pictureTooSlow
    case pictureCancelled, pictureIncomplete, pictureNotStored, pictureNotConverted
}
