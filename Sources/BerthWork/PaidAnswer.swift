import BerthLoop
import BerthProviders
import BerthStore
import BerthTelemetry

/// A provider's answer that is settled once, however it ends.
@Loop final class PaidAnswer: AnswerStream {
    /// The model that answers.
    let model: ModelChoice
    private(set) var charged: TokenUsage?
    private let stream: any ChatStream
    private var running: Running?
    private var settled: Settled?
    /// The others who have asked for the same and share the cost.
    private let bill: Bill?
    private var stopwatch: Stopwatch
    private let input: Int
    private let isOfTurn: Bool
    /// The bytes of the answer so far, for estimates.
    private var received = 0
    /// The part of ``received`` that the provider has counted.
    private var counted = 0
    private var said = TokenUsage.unknown
    /// Whether another model is asked if this one fails.
    ///
    /// The others on the bill then wait for that.
    private var isOnTrial = false
    /// Ends the answer when it has more tokens than were reserved.
    private var output: OutputGuard
    private var end = End.open
    /// Pieces that ``awaitFirstToken()`` has read ahead.
    private var early: [AnswerPiece] = []
    /// Collects the text for the cache.
    private var collector: AnswerCollector?

    /// The end of an answer that has grown too large.
    private enum End {
        case open
        /// The provider's stream is ended, and the reason is to be told.
        case due
        case told
    }

    /// Takes over a call that its provider has begun to answer.
    init(
        _ stream: any ChatStream,
        _ model: ModelChoice,
        _ running: consuming Running,
        _ bill: Bill?,
        _ stopwatch: Stopwatch
    ) {
        self.stream = stream
        self.model = model
        self.bill = bill
        self.stopwatch = stopwatch
        input = running.call.input
        output = OutputGuard(limit: Int(running.call.reservation.amounts[.outputTokens]))
        isOfTurn = running.call.reservation.turn != nil
        self.running = consume running
    }

    /// Has the whole text collected for the cache.
    func collect(into collector: AnswerCollector?) {
        // An answer without a word may have ended while its first token was awaited.
        if running != nil { self.collector = collector }
    }

    var modelID: String { model.id }
    var isCached: Bool { false }
    var log: Broadcast? { nil }

    /// A provider that counts while it answers may be stopped before its last count.
    var usage: TokenUsage {
        let rest = TokenEstimate.tokens(bytes: received - counted)
        let usage = said.completed(prompt: input, rest: rest)
        // The provider's figures of an answer that was ended may be of its beginning.
        let estimate = TokenEstimate.tokens(bytes: received)
        guard end != .open, estimate > usage.output else { return usage }
        return TokenUsage(
            input: usage.input,
            output: estimate,
            isEstimated: true,
            bill: usage.bill,
            cached: usage.cached
        )
    }

    func next() async throws(BotError) -> AnswerPiece? {
        let piece = early.isEmpty ? try await read() : early.removeFirst()
        if let piece { collector?.take(piece) }
        return piece
    }

    func taken() throws(BotError) -> AnswerPiece? {
        guard early.isEmpty, end == .open, running != nil else { return nil }
        let piece: AnswerPiece?
        do { piece = try stream.taken() } catch { throw failed(error) }
        guard let piece else { return nil }
        note(piece)
        collector?.take(piece)
        return piece
    }

    /// Waits until the answer has certainly begun, and keeps its pieces for ``next()``.
    ///
    /// - Throws: the errors of ``next()``. No caller has seen any of the answer then.
    func awaitFirstToken() async throws(BotError) {
        isOnTrial = true
        defer { isOnTrial = false }
        while early.count < PaidAnswer.mostEarly, let piece = try await read() {
            early.append(piece)
            switch piece {
            case .raw(let raw) where raw.text.isEmpty: continue
            case .text(let text) where text.isEmpty: continue
            // An answer that ends without a word fails after its end.
            case .usage, .finish: continue
            default: return
            }
        }
    }

    private func read() async throws(BotError) -> AnswerPiece? {
        if end == .due {
            end = .told
            return .finish("length")
        }
        guard end == .open else {
            settle(nil)
            return nil
        }
        let piece: AnswerPiece?
        do { piece = try await stream.next() } catch { throw failed(error) }
        guard let piece else {
            settle(nil)
            return nil
        }
        if LargeWork.isLarge(piece.work) { await noteLarge(piece) } else { note(piece) }
        return piece
    }

    private func failed(_ error: ProviderError) -> BotError {
        settle(error)
        return .provider(error)
    }

    /// Counts a piece, and ends the answer if it has grown too large.
    private func note(_ piece: AnswerPiece) {
        count(piece)
        if output.isExceeded(by: piece, isLimited: stream.isLimited) { cutOff() }
    }

    private func noteLarge(_ piece: AnswerPiece) async {
        count(piece)
        let isLimited = stream.isLimited
        let isExceeded: Bool
        (output, isExceeded) = await LargeWork.run(on: piece.work) { [output] in
            var output = output
            let isExceeded = output.isExceeded(by: piece, isLimited: isLimited)
            return (output, isExceeded)
        }
        if isExceeded { cutOff() }
    }

    private func cutOff() {
        stream.cancel()
        end = .due
    }

    private func count(_ piece: AnswerPiece) {
        if case .usage = piece {} else { running?.hasAnswered() }
        let text = piece.text
        if !text.isEmpty { stopwatch.stop() }
        switch piece {
        case .usage(let usage, _):
            said = said.updated(by: usage)
            if usage.output > 0 { counted = received }
        case .finish: break
        // Tool calls come about a token a piece.
        case .toolCall, .raw:
            let words = piece.raw?.saidBytes ?? 0
            received += words
            // Sources and marks may follow the last count.
            if words == 0, said.output == 0 { received += PaidAnswer.hiddenBytes }
        case .text, .whole: received += text.utf8.count
        }
    }

    private static let hiddenBytes = 4
    /// The most pieces that are kept while the first token is awaited.
    ///
    /// After so many without one, the answer counts as begun.
    private static let mostEarly = 64

    /// Ends the call at the provider too, if it goes on, and settles it.
    func finish() {
        stream.cancel()
        settle(.cancelled)
    }

    func takeSettlements() -> [Settlement] {
        guard let settled = takeSettled() else { return [] }
        return settled.pass()
    }

    /// Hands over the settlement of a turn's call, or nil if there is none or it is written already.
    func takeSettled() -> Settled? { settled.take() }

    // The caller may leave before it reads anything.
    isolated deinit { finish() }

    private func settle(_ error: ProviderError?) {
        guard let running = running.take() else { return }
        let sharers = isOnTrial && error != nil ? nil : bill
        let settled =
            if let error, said.output == 0, said.bill == nil {
                running.fail(error, usage, sharedWith: sharers)
            } else {
                running.settle(usage, sharedWith: sharers)
            }
        charged = settled.share
        // A turn's settlement is written with its end, any other one at once.
        if isOfTurn { self.settled = consume settled }
        if error == nil { collector?.keep(model, usage) }
        collector = nil
    }
}

/// Measures the time to the first token, once.
@Loop struct Stopwatch {
    private var histogram: Histogram?
    private let since: Instant
    private let clock: any Clock

    init(_ histogram: Histogram, since: Instant, _ clock: any Clock) {
        self.histogram = histogram
        self.since = since
        self.clock = clock
    }

    mutating func stop() {
        histogram?.observe(clock.now - since)
        histogram = nil
    }
}
