import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore

/// One caller's view of an answer in a log, which others share or which comes from the cache.
///
/// It reads from the beginning, even after joining late.
@Loop final class SharedAnswer: EndableAnswer, BillReader {
    /// The flight that the answer belongs to, or nil for one from the cache.
    private let flight: Flight?
    /// Whether its caller was the first, whose call this is.
    let isLeader: Bool
    private let reader: BroadcastReader
    private let input: Int
    private var received = 0
    private var open: OpenCall?
    private var interruption: BotError?
    private var hasEnded = false
    /// Keeps the memory of a cached answer leased.
    private let retained: (any AnyObject & Sendable)?

    /// Reads the answer of a flight.
    init(_ flight: Flight, input: Int, isLeader: Bool = false) {
        self.flight = flight
        self.isLeader = isLeader
        self.input = input
        retained = nil
        reader = flight.log.reader()
        flight.enter(isLeader: isLeader)
    }

    /// Replays an answer from the cache, in pieces of about five tokens, because a client that wants
    /// a stream expects one.
    init(cached log: Broadcast) {
        (flight, isLeader, input) = (nil, false, 0)
        retained = log
        reader = log.reader(mostText: SharedAnswer.replayedBytes)
    }

    private static let replayedBytes = 24

    isolated deinit { finish() }

    /// Closes `open` at the end.
    func conclude(_ open: OpenCall?) { self.open = open }

    var log: Broadcast? { reader.log }
    var isCached: Bool { flight == nil }
    var modelID: String { reader.log.model ?? ModelCatalog.anyModel }
    var charged: TokenUsage? { reader.log.end?.share }
    var usage: TokenUsage {
        reader.log.end?.usage
            ?? TokenUsage(
                input: input,
                output: TokenEstimate.tokens(bytes: received),
                isEstimated: true
            )
    }

    /// Whether this caller asks again by itself, because the leader was refused for a reason that
    /// may be its own, such as its quota.
    var mayAskAgain: Bool {
        guard !isLeader, interruption == nil, reader.log.model == nil else { return false }
        return reader.log.end?.error?.mayBeOfOnePayer == true
    }

    /// Returns when the answering model is known.
    ///
    /// - Throws: ``BotError`` if no answer begins.
    func begin() async throws(BotError) {
        do { try await reader.begun() } catch { throw left() }
        // The call may have ended between the interruption and this caller's next step.
        if let interruption { throw interruption }
        guard reader.log.model == nil, let error = reader.log.end?.error else { return }
        finish()
        throw told(error)
    }

    func next() async throws(BotError) -> AnswerPiece? {
        if let interruption { throw interruption }
        let piece: AnswerPiece?
        do { piece = try await reader.next() } catch { throw left() }
        if let piece {
            received += piece.text.utf8.count
            return piece
        }
        let error = reader.log.end?.error
        finish()
        if let error { throw told(error) }
        return nil
    }

    func taken() -> AnswerPiece? {
        guard interruption == nil, !hasEnded, let piece = reader.taken() else { return nil }
        received += piece.text.utf8.count
        return piece
    }

    func takeSettlements() -> [Settlement] {
        isLeader ? flight?.takeSettlements() ?? [] : []
    }

    func interrupt(_ reason: BotError) {
        interruption = interruption ?? reason
        finish()
    }

    /// An error of the leader in words for this caller.
    private func told(_ error: BotError) -> BotError { isLeader ? error : error.ofAnotherPayer }

    private func left() -> BotError {
        finish()
        return interruption ?? .provider(.cancelled)
    }

    func finish() {
        guard !hasEnded else { return }
        hasEnded = true
        reader.close()
        flight?.leave(isLeader: isLeader)
        open?.close()
        open = nil
    }
}
