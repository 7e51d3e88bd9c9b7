package import BerthLoop
package import BerthStore
import BerthText

/// The replies that channels deliver from the outbox.
///
/// A turn's end writes the outbox rows in its own commit, and then rings ``bell``. A channel without
/// an entry has no rows: its clients read the turn's log.
@Loop package final class Replies {
    /// Signalled when the outbox has new parts.
    ///
    /// One courier waits for it.
    package nonisolated let bell = Wakeup()
    /// The longest part in bytes.
    ///
    /// The courier reads several of them at once.
    package static nonisolated let partLimit = 16 << 10
    private nonisolated let forms: [ChannelName: any ReplyParts]

    /// Makes the replies of the channels that use the outbox.
    package nonisolated init(_ forms: [ChannelName: any ReplyParts] = [:]) { self.forms = forms }

    /// Whether the replies at a place go through the outbox.
    func areParts(at place: Place) -> Bool { forms[place.channel] != nil }

    /// The outbox rows of a turn's end.
    ///
    /// A turn that goes on at the next start has none.
    nonisolated func outbox(
        of outcome: TurnOutcome,
        at place: Place?,
        in language: Language
    ) -> [OutboxDraft] {
        guard outcome.end != .interrupted, let place, let form = forms[place.channel] else {
            return []
        }
        let parts = form.parts(of: outcome, at: place, in: language)
        return parts.flatMap(Replies.pieces).map { OutboxDraft(place: place, body: $0) }
    }

    /// The outbox rows of a turn's end, of which those of a long answer are made off the loop.
    func formatted(
        _ outcome: TurnOutcome,
        at place: Place?,
        in language: Language
    ) async -> [OutboxDraft] {
        guard let place, areParts(at: place) else { return [] }
        return await LargeWork.run(on: outcome.answer.utf8.count) {
            self.outbox(of: outcome, at: place, in: language)
        }
    }

    /// The outbox rows of a turn that a start finds uncertain.
    ///
    /// `code` is the code of the payer's language, or nil if none is known.
    nonisolated func uncertain(at place: Place, in code: String?) -> [OutboxDraft] {
        let language = code.map { Language.of(tag: $0) } ?? .english
        let words = Phrase(.uncertain).text(in: language)
        let outcome = TurnOutcome(.uncertain, answer: "", error: words)
        return outbox(of: outcome, at: place, in: language)
    }

    /// A part as it is, or cut into pieces of at most ``partLimit``.
    private static nonisolated func pieces(of part: String) -> [String] {
        var (pieces, rest) = ([String](), part[...])
        while rest.utf8.count > partLimit {
            let piece = rest.cut(toBytes: partLimit)
            pieces.append(piece)
            rest = rest[rest.utf8.index(rest.startIndex, offsetBy: piece.utf8.count)...]
        }
        return pieces + [String(rest)]
    }
}
