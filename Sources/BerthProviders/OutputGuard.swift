/// Tells when a streamed answer has more tokens than were reserved for it.
///
/// A provider that takes a limit ends its answers itself, and Berth's estimate must not end one sooner.
/// Only what is certain counts then: the provider's own figures, and tokens that no tokenizer saves,
/// because none spans two words or more than eight bytes on average. Without a limit at the
/// provider, the estimate counts.
package struct OutputGuard: Sendable {
    private let limit: Int
    private var bytes = 0
    private var words = 0
    /// Tokens in pieces without text, such as tool calls.
    private var others = 0
    private var isInWord = false
    private var isEnded = false

    /// The most bytes of a token, on average over an answer.
    private static let bytesPerToken = 8

    /// Makes the guard of an answer for which `limit` tokens are reserved, over all its choices.
    package init(limit: Int) { self.limit = limit }

    /// Counts a piece.
    ///
    /// - Parameters:
    ///   - piece: the next piece of the answer.
    ///   - isLimited: whether the provider was sent the limit.
    /// - Returns: whether the answer is to be ended now.
    package mutating func isExceeded(by piece: AnswerPiece, isLimited: Bool) -> Bool {
        if piece.finish != nil { isEnded = true }
        if case .usage(let usage, _) = piece {
            return !isEnded && !usage.isEstimated && usage.output > limit
        }
        count(piece.text)
        if let raw = piece.raw {
            count(raw.reasoning)
            if raw.text.isEmpty, raw.reasoning.isEmpty { others += 1 }
        }
        guard !isEnded else { return false }
        let estimate = isLimited ? 0 : TokenEstimate.tokens(bytes: bytes)
        return others + max(words, bytes / OutputGuard.bytesPerToken, estimate) > limit
    }

    private mutating func count(_ text: String) {
        // The loop counts the bytes of a large piece too, so they are read in place.
        let letters = text.utf8.span
        bytes += letters.count
        var (words, isInWord) = (words, isInWord)
        for place in letters.indices {
            let isLetter = OutputGuard.isOfWord(letters[place])
            if isLetter, !isInWord { words += 1 }
            isInWord = isLetter
        }
        (self.words, self.isInWord) = (words, isInWord)
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80..., UInt8(ascii: "_"): true
        default: false
        }
    }
}
