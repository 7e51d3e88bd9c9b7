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
    private var received = 0
    private var said: TokenUsage?
    /// The highest amount that the provider says it has charged.
    private var billed: Int64?
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
        isOfTurn = bill == nil && running.call.reservation.turn != nil
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

    var usage: TokenUsage {
        var usage =
            said
            ?? TokenUsage(
                input: input,
                output: TokenEstimate.tokens(bytes: received),
                isEstimated: true
            )
        // The provider's figures of an answer that was ended may be of its beginning.
        let estimate = TokenEstimate.tokens(bytes: received)
        if end != .open, estimate > usage.output {
            usage = TokenUsage(input: usage.input, output: estimate, isEstimated: true)
        }
        usage.bill = billed
        return usage
    }

    func next() async throws(BotError) -> AnswerPiece? {
        let piece = early.isEmpty ? try await read() : early.removeFirst()
        if let piece { collector?.take(piece) }
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
        do { piece = try await stream.next() } catch {
            settle(error)
            throw .provider(error)
        }
        guard let piece else {
            settle(nil)
            return nil
        }
        count(piece)
        if output.isExceeded(by: piece, isLimited: stream.isLimited) {
            stream.cancel()
            end = .due
        }
        return piece
    }

    private func count(_ piece: AnswerPiece) {
        running?.hasAnswered()
        let text = piece.text
        if !text.isEmpty { stopwatch.stop() }
        switch piece {
        case .usage(let usage, _):
            // Some servers count in every chunk and name the amount in one of them.
            if let bill = usage.bill { billed = max(billed ?? 0, bill) }
            // A usage without counts has the amount alone.
            if usage.bill == nil || !usage.isEstimated { said = usage }
        case .finish: break
        // Tool calls come about a token a piece.
        case .toolCall, .raw:
            let reasoning = piece.raw?.reasoning.utf8.count ?? 0
            let words = text.utf8.count + reasoning
            received += words == 0 ? PaidAnswer.hiddenBytes : words
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
        guard let settled = settled.take() else { return [] }
        return settled.pass()
    }

    // The caller may leave before it reads anything.
    isolated deinit { finish() }

    private func settle(_ error: ProviderError?) {
        guard let running = running.take() else { return }
        let sharers = isOnTrial && error != nil ? nil : bill
        let settled =
            if let error, said == nil, billed == nil {
                running.fail(error, received: usage.output, sharedWith: sharers)
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
