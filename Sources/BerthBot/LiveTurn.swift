package import BerthLoop
import BerthMemory
package import BerthQueue
package import BerthStore

/// What a reader of a turn is told.
package enum TurnEvent: Sendable {
    /// It waits: how many go before it, and for about how long.
    case place(QueuePlace)
    /// More of the answer.
    case text(String)
    /// The end; nothing follows.
    case ended(TurnOutcome)
}

/// A turn that is being answered: its text so far, for any number of readers.
///
/// There is one buffer and each reader has an offset into it, so a slow reader holds nothing up and
/// costs nothing. A turn outlives the connection that began it.
@Loop package final class LiveTurn {
    /// Its public name, as links and events carry it.
    package let id: String
    /// The public name of its session.
    package let session: String
    /// The name of the tenant who pays.
    package let tenant: String
    /// The tenant who pays; a name may be somebody else's later.
    let owner: Tenant.ID
    /// The end; nil while more may come.
    package private(set) var outcome: TurnOutcome?
    private(set) var text: [UInt8] = []
    /// Its place in the queue as it was last heard; nil: it has not waited yet.
    private(set) var place: QueuePlace?
    private var lease: MemoryLease
    private let work: MemoryWork
    private var readers: [ObjectIdentifier: Wakeup] = [:]
    private var stopper: (@Loop () -> Void)?

    /// The longest answer: about 250,000 tokens, beyond any model's output.
    static nonisolated let limit = ByteCount.mebibytes(1)
    static nonisolated let step = ByteCount.kibibytes(8)

    init(
        id: String,
        session: String,
        of payer: LiveTenant,
        _ memory: PrepaidMemory
    ) throws(BudgetError) {
        self.id = id
        self.session = session
        tenant = payer.name
        owner = payer.row.id
        lease = try memory.take(LiveTurn.step, for: .replyBuffer)
        work = payer.account.begin()
    }

    /// Adds to the answer and wakes its readers.
    func append(_ piece: String) throws(BudgetError) {
        // Again as text and by SQLite, when it is written down.
        try lease.grow(to: ByteCount(3 * (text.count + piece.utf8.count)), step: LiveTurn.step)
        text += Array(piece.utf8)
        wake()
    }

    /// Tells its readers how it waits.
    func wait(_ place: QueuePlace) {
        self.place = place
        wake()
    }

    /// Ends the turn; the second time does nothing.
    func end(_ outcome: TurnOutcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        stopper = nil
        wake()
    }

    /// What ``stop()`` calls while the turn goes on.
    func onStop(_ action: @escaping @Loop () -> Void) { stopper = action }

    /// The user wants no more of it; the end follows as an event.
    package func stop() { stopper?() }

    /// A reader that begins with the answer's first byte.
    package func reader() -> TurnReader { TurnReader(self) }

    func subscribe(_ wakeup: Wakeup) { readers[ObjectIdentifier(wakeup)] = wakeup }

    func unsubscribe(_ wakeup: Wakeup) { readers[ObjectIdentifier(wakeup)] = nil }

    private func wake() { for reader in readers.values { reader.signal() } }
}

/// One reader's place in a ``LiveTurn``.
@Loop package final class TurnReader {
    private let turn: LiveTurn
    private let wakeup = Wakeup()
    private var offset = 0
    private var place: QueuePlace?
    private var hasEnded = false

    /// Bytes of text in one event: clients bound the size of theirs.
    private static let mostPiece = 16 << 10

    init(_ turn: LiveTurn) {
        self.turn = turn
        turn.subscribe(wakeup)
    }

    /// What came since the last call, at most 16 KiB of it, or the end; nil after the end.
    ///
    /// - Throws: `CancellationError` when the reading task is cancelled; the turn goes on.
    package func next() async throws(CancellationError) -> TurnEvent? {
        while !hasEnded {
            if offset < turn.text.count { return .text(piece()) }
            if let outcome = turn.outcome {
                close()
                return .ended(outcome)
            }
            if offset == 0, let place = turn.place, place != self.place {
                self.place = place
                return .place(place)
            }
            do { try await wakeup.wait() } catch {
                close()
                throw error
            }
        }
        return nil
    }

    /// What is unread, as much of it as an event takes; never a part of a character.
    private func piece() -> String {
        var end = min(offset + TurnReader.mostPiece, turn.text.count)
        while end < turn.text.count, turn.text[end] & 0xC0 == 0x80 { end -= 1 }
        defer { offset = end }
        return String(decoding: turn.text[offset..<end], as: UTF8.self)
    }

    /// Stops listening.
    package func close() {
        hasEnded = true
        turn.unsubscribe(wakeup)
    }
}
