package import BerthLoop
package import BerthProviders
import BerthTelemetry

/// An answer that comes in pieces, whoever gives it.
@Loop package protocol AnswerStream: AnyObject, Sendable {
    /// The name of who answers.
    var modelID: String { get }
    /// The answer's tokens as the provider said them, else as estimated from what came so far.
    var usage: TokenUsage { get }
    /// What its asker was charged; nil before its end, and where nothing was bought.
    var charged: TokenUsage? { get }
    /// The next piece; nil after the answer's proper end.
    ///
    /// - Throws: ``BotError``; what came is charged.
    func next() async throws(BotError) -> ChatChunk?
    /// Wants no more of it; does nothing after the end.
    func finish()
}

/// A provider's answer that is settled once, however it ends.
@Loop final class MeteredStream: AnswerStream {
    /// Told once how it ended.
    var onEnd: (@Loop (BotError?) -> Void)?
    private let stream: any ChatStream
    private let held: HeldCall
    private let permit: CallPermit?
    /// The others who have asked for the same and share the cost.
    private let bill: SharedBill?
    private let meter: Meter
    private let firstToken: Histogram
    private let since: Instant
    private let surroundings: Surroundings
    private var received = 0
    private var hasText = false
    private var said: TokenUsage?
    private var hasEnded = false
    /// Whether another model is asked if it fails: the others then wait for that one.
    private var isOnTrial = false
    /// Read ahead by ``awaitFirstToken()``.
    private var early: [ChatChunk] = []

    init(
        _ stream: any ChatStream,
        _ held: HeldCall,
        _ permit: CallPermit?,
        bill: SharedBill?,
        meter: Meter,
        firstToken: Histogram,
        since: Instant,
        in surroundings: Surroundings
    ) {
        self.stream = stream
        self.held = held
        self.permit = permit
        self.bill = bill
        self.meter = meter
        self.firstToken = firstToken
        self.since = since
        self.surroundings = surroundings
    }

    var model: ModelChoice { held.model }
    var modelID: String { held.model.id }
    private(set) var charged: TokenUsage?

    var usage: TokenUsage {
        said
            ?? TokenUsage(
                input: held.input,
                output: TokenEstimate.tokens(bytes: received),
                isEstimated: true
            )
    }

    func next() async throws(BotError) -> ChatChunk? {
        if !early.isEmpty { return early.removeFirst() }
        return try await read()
    }

    /// Waits until the answer has certainly begun; what came of it is kept for ``next()``.
    ///
    /// - Throws: as ``next()``; nothing of the answer was then seen by anybody.
    func awaitFirstToken() async throws(BotError) {
        isOnTrial = true
        defer { isOnTrial = false }
        while !hasText, early.count < MeteredStream.mostEarly, let chunk = try await read() {
            early.append(chunk)
            if chunk.finish != nil || chunk.carriesToolCall { return }
        }
    }

    private func read() async throws(BotError) -> ChatChunk? {
        do {
            guard let chunk = try await stream.next() else {
                settle(nil)
                return nil
            }
            count(chunk)
            said = chunk.usage ?? said
            return chunk
        } catch {
            settle(error)
            throw .provider(error)
        }
    }

    private func count(_ chunk: ChatChunk) {
        permit?.hasAnswered()
        if !hasText, !chunk.text.isEmpty {
            hasText = true
            firstToken.observe(surroundings.clock.now - since)
        }
        // Tool calls and hidden reasoning come about a token a piece.
        let isHidden = chunk.text.isEmpty && chunk.finish == nil && !chunk.isUsageAlone
        received += isHidden ? MeteredStream.hiddenBytes : chunk.text.utf8.count
    }

    private static let hiddenBytes = 4
    /// Pieces kept while the first token is awaited; after so many without one it is waited no more.
    private static let mostEarly = 64

    /// Ends the call at the provider too, if it goes on, and settles it.
    func finish() {
        stream.cancel()
        settle(.cancelled)
    }

    // Whoever asked may be gone before he could read anything.
    isolated deinit { finish() }

    private func settle(_ error: ProviderError?) {
        guard !hasEnded else { return }
        hasEnded = true
        let others = isOnTrial && error != nil ? [] : bill?.close() ?? []
        if let error, said == nil {
            permit?.end(after: error)
            charged = meter.end(held, after: error, received: usage.output, with: others)
        } else {
            permit?.end(usage)
            charged = meter.settle(held, usage, with: others)
        }
        onEnd?(error.map(BotError.provider))
        onEnd = nil
    }
}
