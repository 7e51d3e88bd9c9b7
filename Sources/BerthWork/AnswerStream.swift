package import BerthLoop
package import BerthProviders
package import BerthStore

/// An answer that comes in pieces: from a provider, from a call that others share, or from the
/// cache.
@Loop package protocol AnswerStream: AnyObject, Sendable {
    /// The name of the model that answers.
    var modelID: String { get }
    /// The answer's tokens as the provider said them, else as estimated from what came so far.
    var usage: TokenUsage { get }
    /// The tokens that its asker was charged. nil before its end, and if nothing was bought.
    var charged: TokenUsage? { get }
    /// Whether the answer was there before it was asked for.
    var isCached: Bool { get }
    /// The log that the answer is read from, or nil for a provider's own stream.
    var log: Broadcast? { get }
    /// The next piece, or nil after the answer's proper end.
    ///
    /// - Throws: ``BotError``; the pieces that came are charged.
    func next() async throws(BotError) -> AnswerPiece?
    /// Ends the reading. Does nothing after the end.
    func finish()
    /// Hands over the settlements that nobody has written yet, to be written with a turn's end.
    func takeSettlements() -> [Settlement]
}
