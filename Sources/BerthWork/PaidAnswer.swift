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
    /// Pieces that ``awaitFirstToken()`` has read ahead.
    private var early: [AnswerPiece] = []
    /// Collects the text for the cache.
    private var collector: AnswerCollector?

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

    var usage: TokenUsage {
        var usage =
            said
            ?? TokenUsage(
                input: input,
                output: TokenEstimate.tokens(bytes: received),
                isEstimated: true
            )
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
            let hidden = (piece.raw?.reasoning.utf8.count ?? 0) + (piece.raw?.others ?? 0)
            let words = text.utf8.count + hidden
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
