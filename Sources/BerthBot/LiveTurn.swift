package import BerthLoop
import BerthMemory
package import BerthProviders
import BerthQueue
package import BerthStore
import BerthWork

/// A turn that is being answered, for any number of readers.
///
/// Its text lies in one ``Broadcast``: its own, or the one of a call that others share or of a
/// cached answer. A turn outlives the connection that began it.
@Loop package final class LiveTurn {
    /// Its public name, as links and events carry it.
    package let id: String
    /// The public name of its session.
    package let session: String
    /// The name of the tenant who pays.
    package let tenant: String
    /// The tenant who pays.
    ///
    /// The name may be somebody else's later.
    let payer: Tenant.ID
    /// The key of its row, or nil for a command and a turn that is not running.
    package internal(set) var row: Turn.ID?
    /// The tenant's account of it, whose language may change meanwhile.
    private let person: LiveTenant
    /// The pictures that came with the message.
    package internal(set) var inputs: [TurnPicture] = []
    /// The file with the whole message, if it is too long for its turn.
    package internal(set) var wholeText: TurnPicture?
    /// The public id of the newest turn of its branch that its prompt has no room for, or nil if it has
    /// room for all.
    package internal(set) var leftOut: String?
    /// Whether its prompt has a summary of all that it has no room for.
    package internal(set) var isSummarized = false
    /// The title and the summary that are due after its answer, or nil if none are.
    var cue: OutlineCue?
    /// Whether its prompt is the first of its branch without room for all earlier messages.
    package internal(set) var beginsToForget = false
    /// The end, or nil while more may come.
    package private(set) var outcome: TurnOutcome?
    /// The log of the attempt under way, or nil before its first.
    fileprivate private(set) var log: Broadcast?
    /// The reasoning and sources of the attempt under way.
    private(set) var notes: AnswerNotes
    /// Its queue position as it was last told, or nil before it has waited.
    private(set) var place: QueuePlace?
    /// The progress of its pictures as it was last told, or nil before the provider has begun.
    package private(set) var progress: PictureProgress?
    /// When it was accepted, or taken up again.
    var began = Instant(nanoseconds: 0)
    /// The bytes of the log's text that may be read.
    ///
    /// The log of an answer that others share may have more, also after the turn's end.
    private var length = 0
    /// Whether the turn pays for the log.
    private var ownsLog = false
    /// The copies of the text that its end makes: as text and by SQLite, and both again in parts for
    /// a channel with an outbox.
    var copies = 2
    /// Pays for these copies.
    private var lease: MemoryLease
    /// Pays for a log of its own.
    private var logLease: MemoryLease
    private let work: MemoryWork
    private let account: MemoryAccount
    private var readers: [Wakeup] = []
    private var stopper: (@Loop () -> Void)?

    /// The longest answer: about 250,000 tokens, beyond any model's output.
    static nonisolated let limit = ByteCount.mebibytes(1)

    /// Makes a turn without an answer, on the memory that its message was accepted with.
    init(
        id: String,
        session: String,
        of payer: LiveTenant,
        _ memory: PrepaidMemory
    ) throws(BudgetError) {
        self.id = id
        self.session = session
        tenant = payer.name
        self.payer = payer.row.id
        person = payer
        account = payer.account
        logLease = try memory.take(Broadcast.step, for: .replyBuffer)
        lease = payer.account.nothing(for: .replyBuffer)
        work = payer.account.begin()
        notes = AnswerNotes(of: payer.account)
    }

    /// The language in which the bot speaks with the tenant who pays.
    package var language: Language { person.language }

    /// The answer's text so far, in UTF-8.
    var text: ArraySlice<UInt8> { log.map { $0.text[..<length] } ?? [] }

    /// A log of its own for the next attempt, which its readers follow.
    ///
    /// - Throws: ``BotError/provider(_:)``, because the provider has begun to answer.
    func openLog() throws(BotError) -> Broadcast {
        do { try logLease.grow(to: Broadcast.step, step: .zero) } catch {
            throw .provider(.memoryMidway(error))
        }
        let log = Broadcast(
            on: logLease.split(Broadcast.step, for: .replyBuffer),
            limit: LiveTurn.limit
        )
        follow(log)
        ownsLog = true
        return log
    }

    /// Has its readers follow the log of an answer that lies there already.
    func follow(_ log: Broadcast) {
        (self.log, length, ownsLog) = (log, 0, false)
        notes = AnswerNotes(of: account)
        wake()
    }

    /// Takes the parts of a piece beside its text, and shows the reasoning to its readers.
    func note(_ piece: AnswerPiece) { if notes.take(piece) { wake() } }

    /// Shows the notes of a stored turn.
    func show(_ notes: AnswerNotes) { self.notes = notes }

    /// Pays for writing the text down, as far as it has come, and shows it to its readers.
    ///
    /// - Throws: ``BotError``, also for an answer longer than ``limit``. What came since the last
    ///   call is then not shown.
    func cover() throws(BotError) {
        let count = log?.text.count ?? 0
        guard count <= LiveTurn.limit.bytes else {
            throw .answerTooLong(limit: LiveTurn.limit)
        }
        // The memory that the message was accepted with suffices for a short answer.
        let paid = ownsLog ? max(0, Broadcast.step.bytes - count) : logLease.count.bytes
        do {
            try lease.grow(to: ByteCount(max(0, copies * count - paid)), step: Broadcast.step)
        } catch {
            // A provider that has begun to answer is paid for it.
            throw .provider(.memoryMidway(error))
        }
        show()
    }

    /// Shows the text that has come to its readers.
    func show() {
        length = log?.text.count ?? 0
        wake()
    }

    /// Tells its readers its queue position.
    func wait(_ place: QueuePlace) {
        self.place = place
        wake()
    }

    /// Tells its readers the progress of its pictures.
    func tell(_ progress: PictureProgress) {
        self.progress = progress
        wake()
    }

    /// Ends the turn.
    ///
    /// Does nothing the second time.
    func end(_ outcome: TurnOutcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        stopper = nil
        wake()
    }

    /// Sets the effect of ``stop()`` while the turn goes on.
    func onStop(_ action: @escaping @Loop () -> Void) { stopper = action }

    /// Ends the answer at its author's wish.
    ///
    /// The end follows as an event.
    package func stop() { stopper?() }

    /// A reader that begins with the answer's first byte.
    package func reader() -> TurnReader { TurnReader(self) }

    fileprivate func subscribe(_ wakeup: Wakeup) { readers.append(wakeup) }

    fileprivate func unsubscribe(_ wakeup: Wakeup) { readers.removeAll { $0 === wakeup } }

    private func wake() { for reader in readers { reader.signal() } }
}

/// One reader's place in a ``LiveTurn``.
@Loop package final class TurnReader {
    private let turn: LiveTurn
    private let wakeup = Wakeup()
    /// The log that ``offset`` is a place in.
    private var log: Broadcast?
    private var offset = 0
    /// The place in the turn's reasoning.
    private var reasoningOffset = 0
    private var place: QueuePlace?
    private var progress: PictureProgress?
    private var hasText = false
    private var hasEnded = false

    init(_ turn: LiveTurn) {
        self.turn = turn
        turn.subscribe(wakeup)
    }

    /// The next event: at most 16 KiB of text that came since the last one, a queue position, or
    /// the end.
    ///
    /// nil after the end.
    ///
    /// - Throws: `CancellationError` when the reading task is cancelled. The turn goes on.
    package func next() async throws(CancellationError) -> TurnEvent? {
        while !hasEnded {
            if turn.log !== log { (log, offset, reasoningOffset) = (turn.log, 0, 0) }
            if let text = part(of: turn.notes.reasoning[...], at: &reasoningOffset) {
                return .reasoning(text)
            }
            if let text = part(of: turn.text, at: &offset) {
                hasText = true
                return .text(text)
            }
            if let outcome = turn.outcome {
                close()
                return .ended(outcome)
            }
            if !hasText, let place = turn.place, place != self.place {
                self.place = place
                return .place(place)
            }
            if !hasText, let progress = turn.progress, progress != self.progress {
                self.progress = progress
                return .progress(progress)
            }
            do { try await wakeup.wait() } catch {
                close()
                throw error
            }
        }
        return nil
    }

    /// The text behind `offset`, or nil if there is none.
    ///
    /// It never ends within a character.
    private func part(of text: ArraySlice<UInt8>, at offset: inout Int) -> String? {
        guard offset < text.count else { return nil }
        var end = min(offset + BroadcastReader.mostText, text.count)
        while end < text.count, text[end] & 0xC0 == 0x80 { end -= 1 }
        defer { offset = end }
        return String(decoding: text[offset..<end], as: UTF8.self)
    }

    /// Stops reading.
    package func close() {
        hasEnded = true
        turn.unsubscribe(wakeup)
    }
}
