import BerthLoop

/// The exchange to which a request's objects belong, whatever carries it.
@Loop protocol HTTPRequestLink: AnyObject, Sendable {
    /// Whether the client has left.
    var isGone: Bool { get }
    /// Returns when the client has left or the exchange has ended.
    func left() async
    /// The handler asks for the body.
    func bodyIsWanted()
    /// The handler has taken a piece of the body.
    func bodyWasTaken()
    /// The writer of a streamed answer has bytes, or its end.
    func hasMoreToSend()
}
