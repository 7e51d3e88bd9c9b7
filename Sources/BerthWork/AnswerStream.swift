package import BerthLoop
package import BerthProviders
package import BerthStore

/// An answer that comes in pieces: from a provider, from a call that others share, or from the
/// cache.
@Loop package protocol AnswerStream: AnyObject, Sendable {
    /// The name of the model that answers.
    var modelID: String { get }
    /// The answer's tokens as the provider reports them, or as estimated from the text so far.
    var usage: TokenUsage { get }
    /// The tokens that its caller was charged, or nil before its end and if nothing was bought.
    var charged: TokenUsage? { get }
    /// Whether the answer comes from the cache.
    var isCached: Bool { get }
    /// The log that the answer is read from, or nil for a provider's own stream.
    var log: Broadcast? { get }
    /// The next piece, or nil after the answer's proper end.
    ///
    /// - Throws: ``BotError``. The pieces that came are charged.
    func next() async throws(BotError) -> AnswerPiece?
    /// The next piece if it has come already, or nil if only ``next()`` can tell.
    ///
    /// - Throws: as ``next()``.
    func taken() throws(BotError) -> AnswerPiece?
    /// Stops reading, which has no effect after the end.
    func finish()
    /// Hands over the unwritten settlements, which are written together with a turn's end.
    func takeSettlements() -> [Settlement]
}

extension AnswerStream {
    package func taken() throws(BotError) -> AnswerPiece? { nil }
}

/// An answer that the operator can end.
@Loop protocol EndableAnswer: AnswerStream {
    /// Ends the answer at the operator's order. Every later ``next()`` throws `reason`.
    func interrupt(_ reason: BotError)
}
