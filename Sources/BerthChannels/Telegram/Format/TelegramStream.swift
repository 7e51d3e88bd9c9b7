import BerthText

/// The messages of an answer that is still being written.
///
/// The time of all additions is linear in the answer. A preview costs as much as the open block and
/// the open message, which are bounded.
package struct TelegramStream: Sendable {
    private var blocks = MarkdownBlocks()
    private var text: TelegramText

    /// The bytes of an answer that are formatted at a time.
    static let piece = 1_024

    /// Begins without text.
    package init(limits: TelegramLimits = .messages) { text = TelegramText(limits: limits) }

    /// Adds text at the end of the answer.
    package mutating func push(_ more: String) {
        for piece in more.formatted {
            blocks.push(piece)
            for block in blocks.take() { text.add(block) }
        }
    }

    /// Ends the answer, so that all of its messages are finished.
    package mutating func finish() {
        blocks.finish()
        for block in blocks.take() { text.add(block) }
        text.finish()
    }

    /// The messages that were finished since the last call.
    ///
    /// They do not change any more.
    package mutating func take() -> [TelegramPart] { text.take() }

    /// The messages after the finished ones, as they would be if the answer ended now.
    ///
    /// Marks that are open hold up to the end, and half a link shows its text. There are several if
    /// the open block is long. The last one is the one that grows, and the first one follows the
    /// finished ones.
    package var unfinished: [TelegramPart] {
        var (blocks, text) = (blocks, text)
        _ = text.take()
        blocks.finish()
        let open = blocks.take()
        for (index, block) in open.enumerated() {
            text.add(block, isOpen: index == open.count - 1)
        }
        text.finish()
        return text.take()
    }
}

extension String {
    /// The text in pieces, of which one is formatted at a time.
    ///
    /// The blocks of a whole answer take a multiple of its size if they are short.
    var formatted: some Sequence<String> {
        sequence(state: self[...]) { rest in
            guard !rest.isEmpty else { return nil }
            let piece = rest.cut(toBytes: TelegramStream.piece)
            rest = rest[rest.utf8.index(rest.startIndex, offsetBy: piece.utf8.count)...]
            return piece
        }
    }
}
