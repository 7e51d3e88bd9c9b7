package import BerthMemory

/// The phrases of messengers.
extension Phrase {
    /// A file is too large to be read.
    package static func fileTooLarge(most: ByteCount) -> Phrase {
        Phrase(.fileTooLarge, ["most": .size(most)])
    }

    /// A document is of a type that the bot does not read.
    ///
    /// - Parameter name: its name, without backticks.
    package static func documentUnread(_ name: String) -> Phrase {
        Phrase(.documentUnread, ["name": .text(name)])
    }

    /// Only the beginning of a document was read.
    ///
    /// - Parameter name: its name, without backticks.
    package static func documentCut(_ name: String, at size: ByteCount) -> Phrase {
        Phrase(.documentCut, ["name": .text(name), "size": .size(size)])
    }

    /// A stranger asks the operator for access.
    ///
    /// - Parameter person: the stranger's name, as text that Markdown shows as it is.
    package static func operatorAsked(_ person: String) -> Phrase {
        Phrase(.operatorAsked, ["person": .text(person)])
    }

    /// The operator has decided about a stranger.
    package static func operatorDecided(_ person: String, isApproved: Bool) -> Phrase {
        let key = isApproved ? PhraseKey.operatorApproved : .operatorDeclined
        return Phrase(key, ["person": .text(person)])
    }
}
