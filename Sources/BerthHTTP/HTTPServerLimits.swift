package import BerthMemory

/// What one server allows its clients; every bound of a connection is here.
package struct HTTPServerLimits: Sendable {
    /// libmicrohttpd's memory for one connection, so also the most of a request line and header:
    /// what is over it is answered with 431 (414 for the line alone).
    package var header = ByteCount.kibibytes(8)
    /// The most of a request's body; a larger one is answered with 413.
    package var body = ByteCount.mebibytes(4)
    /// The most connections at once; one more is closed as it comes, and counted.
    package var connections = 1200
    /// From a connection's beginning to the end of its first header.
    package var headerDeadline = Duration.seconds(10)
    /// From the end of the header to the end of the body, less what the handler kept us waiting.
    package var bodyDeadline = Duration.seconds(30)
    /// From the end of an answer to the end of the next header.
    package var idleDeadline = Duration.seconds(75)
    /// The longest that a client may take none of what is ready to be sent.
    package var writeDeadline = Duration.seconds(60)

    /// The defaults of `limits` in the configuration.
    package init() {}

    /// Unread bytes of a body over which the client is kept waiting.
    static let unreadBody = ByteCount.kibibytes(16)
    /// Unsent bytes of a streamed answer over which its writer is kept waiting.
    static let unsentAnswer = ByteCount.kibibytes(8)
    /// Part of ``header`` that a request must leave for its answer's header.
    static let answerHeader = ByteCount(1536)
    /// What is still read, and thrown away, of a body that was refused.
    static let refusedBody = ByteCount.kibibytes(256)
    /// How long a refused client may go on sending before its connection is closed.
    static let refusedDeadline = Duration.seconds(5)
}
