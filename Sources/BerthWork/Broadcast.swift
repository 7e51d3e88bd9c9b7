package import BerthLoop
package import BerthMemory
package import BerthProviders

/// The end of an answer, as every reader of its log learns it.
package struct AnswerEnd: Sendable {
    /// The reason for which there is no whole answer, or nil after its proper end.
    package let error: BotError?
    /// The tokens of the answer, or nil if they are not known.
    package let usage: TokenUsage?
    /// The tokens that each reader's tenant is charged, or nil if nothing was bought.
    package let share: TokenUsage?

    /// Makes an end, which without arguments is the proper end of an answer that cost nothing.
    package init(error: BotError? = nil, usage: TokenUsage? = nil, share: TokenUsage? = nil) {
        self.error = error
        self.usage = usage
        self.share = share
    }
}

/// One answer under way: a leased log that one writer appends to and that any number of readers
/// read, each from its own offset.
///
/// The first choice's text is one run of bytes. All other pieces are marks in it, so a reader gets
/// the text that came since its last look in one piece, however small the provider's pieces were. A
/// slow reader holds nothing up and costs nothing. A live turn, an answer that several callers
/// share and the replay of a cached answer are logs of this kind.
@Loop package final class Broadcast {
    /// The text so far, in UTF-8.
    package private(set) var text: [UInt8] = []
    /// The name of the model that answers, or nil while that is not known.
    package private(set) var model: String?
    /// The end, or nil while more may come.
    package private(set) var end: AnswerEnd?
    private var marks: [Mark] = []
    /// Bytes that the pieces beside the text take.
    private var markedSize = 0
    private var lease: MemoryLease
    private let limit: ByteCount
    /// In the order in which they subscribed.
    private var readers: [Wakeup] = []

    fileprivate struct Mark {
        /// The offset in the text at which the piece stands.
        let offset: Int
        let piece: AnswerPiece
    }

    /// The longest answer of a log that several callers share.
    package static nonisolated let limit = ByteCount.mebibytes(4)
    /// The smallest lease, and the smallest step in which it grows.
    package static nonisolated let step = ByteCount.kibibytes(8)

    /// Makes an empty log of at most `limit` bytes.
    ///
    /// - Parameters:
    ///   - lease: pays for the log and grows with it. It holds ``step`` or more.
    ///   - limit: the most bytes of text and other pieces.
    package init(
        on lease: consuming MemoryLease,
        limit: ByteCount = Broadcast.limit
    ) {
        self.lease = lease
        self.limit = limit
    }

    /// Names the model that answers.
    ///
    /// The first call counts.
    package func begin(_ model: String) {
        guard self.model == nil else { return }
        self.model = model
        wake()
    }

    /// Adds a piece and wakes the readers.
    ///
    /// - Throws: ``BotError/provider(_:)`` if there is no memory for it, ``BotError/answerTooLong(limit:)``
    ///   if the log is full. Nothing is added then, and the writer is expected to end the log.
    package func append(_ piece: AnswerPiece) throws(BotError) {
        let isText = if case .text = piece { true } else { false }
        let size = text.count + markedSize + piece.size + (isText ? 0 : piece.text.utf8.count)
        guard size <= limit.bytes else {
            throw .answerTooLong(limit: limit)
        }
        do { try lease.grow(to: ByteCount(size), step: Broadcast.step) } catch {
            throw .provider(.memoryMidway(error))
        }
        if !isText {
            marks.append(Mark(offset: text.count, piece: piece))
            markedSize += piece.size
        }
        // A raw piece may carry text too, which a turn's history needs.
        var more = piece.text
        more.withUTF8 { unsafe text.append(contentsOf: $0) }
        wake()
    }

    /// Ends the log.
    ///
    /// The first end counts.
    package func close(_ end: AnswerEnd) {
        guard self.end == nil else { return }
        self.end = end
        wake()
    }

    /// Makes a reader that begins with the first piece, however late it comes.
    ///
    /// - Parameter mostText: the most bytes of text that it takes at once.
    /// - Returns: the reader, which is woken at every change.
    package func reader(mostText: Int = BroadcastReader.mostText) -> BroadcastReader {
        BroadcastReader(self, mostText: mostText)
    }

    /// Wakes `wakeup` at every change from now on.
    func subscribe(_ wakeup: Wakeup) { readers.append(wakeup) }

    func unsubscribe(_ wakeup: Wakeup) { readers.removeAll { $0 === wakeup } }

    private func wake() { for reader in readers { reader.signal() } }

    /// The piece at a reader's position, which moves on behind it, or nil if there is none yet.
    fileprivate func piece(at position: inout BroadcastReader.Position, most: Int) -> AnswerPiece? {
        if position.mark < marks.count, marks[position.mark].offset == position.offset {
            let piece = marks[position.mark].piece
            position.mark += 1
            position.offset += piece.text.utf8.count
            return piece
        }
        let bound = position.mark < marks.count ? marks[position.mark].offset : text.count
        guard position.offset < bound else { return nil }
        var end = min(position.offset + most, bound)
        // A piece never ends within a character.
        while end < bound, end > position.offset + 1, text[end] & 0xC0 == 0x80 { end -= 1 }
        defer { position.offset = end }
        return .text(String(decoding: text[position.offset..<end], as: UTF8.self))
    }
}

/// One reader's place in a ``Broadcast``.
@Loop package final class BroadcastReader {
    /// The log that it reads.
    package let log: Broadcast
    private let wakeup = Wakeup()
    private let mostText: Int
    private var position = Position()
    private var isClosed = false

    /// A place in a log: an offset in its text, and the next of its marks.
    struct Position {
        var offset = 0
        var mark = 0
    }

    /// The most bytes of text in one piece, because clients bound the size of an event.
    package static nonisolated let mostText = 16 << 10

    init(_ log: Broadcast, mostText: Int) {
        self.log = log
        self.mostText = mostText
        log.subscribe(wakeup)
    }

    /// The next piece that is there, or nil if this reader has taken them all.
    package func taken() -> AnswerPiece? { log.piece(at: &position, most: mostText) }

    /// Waits for the next piece.
    ///
    /// - Returns: nil after the last piece of a log that has ended.
    /// - Throws: `CancellationError` when the task is cancelled or the reader was closed. The log
    ///   goes on.
    package func next() async throws(CancellationError) -> AnswerPiece? {
        while true {
            if isClosed { throw CancellationError() }
            if let piece = taken() { return piece }
            if log.end != nil { return nil }
            try await wakeup.wait()
        }
    }

    /// Returns when it is known which model answers, or the log has ended.
    ///
    /// - Throws: `CancellationError` when the task is cancelled or the reader was closed.
    package func begun() async throws(CancellationError) {
        while log.model == nil, log.end == nil {
            if isClosed { throw CancellationError() }
            try await wakeup.wait()
        }
    }

    /// Stops reading, and ends a wait.
    package func close() {
        isClosed = true
        log.unsubscribe(wakeup)
        wakeup.signal()
    }
}
