import BerthLoop

/// The exchange behind a request and its answer, on any network.
@Loop protocol HTTPRequestLink: AnyObject, Sendable {
    /// Whether the client has left.
    var isGone: Bool { get }
    /// Returns when the client has left or the exchange has ended.
    func left() async
    /// The client has left, or is to be treated so.
    func clientLeft()
    /// The handler asked for the body.
    func bodyIsWanted()
    /// The handler read a piece of the body.
    func bodyWasTaken()
    /// The writer of a streamed answer has new bytes or has ended.
    func hasMoreToSend()
}
