package import BerthLoop
package import BerthText

/// An answer that comes in pieces.
@Loop package protocol ChatStream: AnyObject, Sendable {
    /// The next piece, or nil after the answer's proper end.
    ///
    /// - Throws: ``ProviderError``, also if the stream ends without a reason.
    func next() async throws(ProviderError) -> AnswerPiece?
    /// The next piece if it has come already, or nil if only ``next()`` can tell.
    ///
    /// - Throws: as ``next()``.
    func taken() throws(ProviderError) -> AnswerPiece?
    /// Ends the transfer at the provider too. Does nothing after the end.
    func cancel()
    /// Whether the provider was sent the most tokens that the answer may have.
    var isLimited: Bool { get }
}

extension ChatStream {
    package var isLimited: Bool { true }

    package func taken() throws(ProviderError) -> AnswerPiece? { nil }
}

/// A server that answers chats, or the demo.
@Loop package protocol ChatProvider: AnyObject, Sendable {
    /// The name under `providers` in the configuration.
    nonisolated var name: String { get }
    /// Asks for a streamed answer and returns when it begins. Cancelling the task ends the call.
    ///
    /// - Throws: ``ProviderError``.
    func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream
    /// Asks for a whole answer. Cancelling the task ends the call.
    ///
    /// - Throws: ``ProviderError``.
    func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion
    /// Whether an answer ends where the stop sequences of `request` say.
    ///
    /// If not, it is not cached, because it is not the one that was asked for.
    nonisolated func followsStops(of request: JSONObject) -> Bool
}

extension ChatProvider {
    package nonisolated func followsStops(of request: JSONObject) -> Bool { true }
}
