/// The name of a text that the web pages show or speak.
///
/// A page names it in double braces, and a script as `w("name")`. A word in braces stands for a
/// value, and a part between backticks is code.
package enum PageKey: String, CaseIterable, Sendable {
    // MARK: The list of conversations, and the menu

    case skip, conversations, listClose, newConversation, search, searchAll, searchResults
    case searchOlder, results, nothingFound, theme, themeAuto, themeLight, themeDark, pinned
    case archived, archivedNote, today, yesterday, thisWeek, earlier, older, archiveShow
    case archiveBack, requests, requestsOf, tokens, tokensOf, resets, logOut, model, automatic
    case more, actions, rename, renameHead, pin, unpin, archive, unarchive, print, saveMarkdown
    case saveJSON, allMarkdown, allJSON, delete, deleteHead, deleteBody, deletedElsewhere
    case wasDeleted, undo

    // MARK: Shared links

    case share, shares, sharesAbout, sharesYours, shareMake, shareRenew, shareEnd, shareEndOf
    case shareCopyOf, shareOf, sharedTitle, sharedEmpty, sharedGone

    // MARK: Messages and answers

    case messages, message, messageWrite, latest, send, stop, cancel, close, save, copy, copied
    case edit, editMessage, hintSend, hintStop, youWrote, answer, answerEnd, codeBlock
    case reasoning, footnote, footnoteBack, stopped, failed, uncertain, makeAgain
    case `continue`, regenerate, askAgain, otherModel, version, versionBack, versionNext
    case wholeText, wholeTextDeleted, tokensUsed, promptTokens, cached, cachedAbout, before
    case next, restarting, reconnecting, notBack, connectionLost, earlierMessages, notLoaded
    case tryAgain

    // MARK: A new conversation

    case morning, afternoon, evening, helloAbout, helloHelp, example1, example2, example3
    case example4

    // MARK: Refusals and the connection

    case fullStop, serverError, unreachable, keepsTrying, kept, tooLong
    case offline, offlineNotice, needsScripts

    // MARK: Pictures

    case pictures, picturesSent, picturesGiven, picturesToSend, picturesAdd, picturesAdded
    case picturesMost, picture, pictureOfYours, pictureAt, placeOf, thePicture, thePictureOf
    case openThe, downloadThe, deleteThe, deleteTheSent, download, deleted, pictureDelete
    case pictureDeleteSent, pictureDeleteMade, pictureDeleted, pictureUnseen, pictureBack
    case pictureNext, remove, removeOf, pictureRemoved, fileNoPicture, fileEmpty, fileLarge
    case sending

    // MARK: Getting in

    case login, loginDo, loginWelcome, loginOnce, loginOther, loginNew, loginPasskey, outHead
    case outLink, outOnce, code, codeAbout

    // MARK: The account

    case account, yourName, nameSaved, devices, deviceAdd, qrCode, codeScan, codeOpen, codeType
    case codeLife, codeUsed, codeExpired, logins, browserUnknown, browserOn, thisBrowser, since
    case logOutOf, logOutOthers, passkeys, passkeyMake, passkeysNone, passkeyOn, passkeyHere
    case passkeySaved, passkeyUsed, passkeyMade, passkeyName, passkeyRenamed, passkeyDelete
    case passkeyKnown, passkeyUnused

    // MARK: Instructions and prompts

    case own, ownAbout, ownAll, ownHere, ownSaved, outlines, prompts, promptsAbout, promptName
    case promptText, promptInsert

    // MARK: The pages at an unknown path and at an unknown address

    case missingTitle, missingAbout, missingHome
    case hostTitle, hostHead, hostAbout, hostOther, hostOperator, hostAdd, hostMore
}
