package import BerthMemory

/// The phrases of messengers.
extension Phrase {
    /// A file is too large to be read.
    package static func fileTooLarge(most: ByteCount) -> Phrase {
        Phrase(.fileTooLarge, ["most": .size(most)])
    }

    /// A document is of a type that the bot does not read.
    ///
    /// The document's name has no backticks.
    package static func documentUnread(_ name: String) -> Phrase {
        Phrase(.documentUnread, ["name": .text(name)])
    }

    /// Only the beginning of a document was read.
    ///
    /// The document's name has no backticks.
    package static func documentCut(_ name: String, at size: ByteCount) -> Phrase {
        Phrase(.documentCut, ["name": .text(name), "size": .size(size)])
    }

    /// A message has more pictures than the bot looks at.
    package static func picturesLeftOut(most: Int) -> Phrase {
        Phrase(.picturesLeftOut, ["most": .count(most)])
    }

    /// Messages were left out because too many waited.
    package static func tooManyMessages(_ count: Int) -> Phrase {
        Phrase(.tooManyMessages, ["count": .count(count)])
    }

    /// Several pictures were sent together.
    package static func album(_ count: Int) -> Phrase {
        Phrase(.album, ["count": .count(count)])
    }

    /// A message is of a kind that the bot does not read, which Telegram calls `kind`.
    package static func unread(_ kind: String) -> Phrase {
        switch kind {
        case "sticker": Phrase(.unreadSticker)
        case "voice", "audio": Phrase(.unreadVoice)
        case "video", "video_note", "animation", "story": Phrase(.unreadVideo)
        case "location", "venue": Phrase(.unreadLocation)
        case "contact": Phrase(.unreadContact)
        case "poll": Phrase(.unreadPoll)
        default: Phrase(.unreadOther)
        }
    }

    /// A stranger asks the operator for access.
    ///
    /// The stranger's name is text that Markdown shows as it is.
    package static func operatorAsked(_ person: String) -> Phrase {
        Phrase(.operatorAsked, ["person": .text(person)])
    }

    /// The operator has decided about a stranger.
    package static func operatorDecided(_ person: String, isApproved: Bool) -> Phrase {
        let key = isApproved ? PhraseKey.operatorApproved : .operatorDeclined
        return Phrase(key, ["person": .text(person)])
    }
}
