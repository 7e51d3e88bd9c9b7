package import BerthMemory

/// The limits of one server, which include every bound of a connection.
package struct HTTPServerLimits: Sendable {
    /// The memory of libmicrohttpd for one connection, which also limits the request line and the
    /// header.
    ///
    /// A larger header is answered with 431, and a larger request line alone with 414.
    package var header = ByteCount.kibibytes(8)
    /// The largest request body.
    ///
    /// A larger one is answered with 413.
    package var body = ByteCount.mebibytes(4)
    /// The most connections at once.
    ///
    /// A further one is closed at once and counted.
    package var connections = 1200
    /// From the start of a connection to the end of its first header.
    package var headerDeadline = Duration.seconds(10)
    /// From the end of the header to the end of the body, without the time that the handler makes
    /// the client wait.
    package var bodyDeadline = Duration.seconds(30)
    /// From the end of an answer to the end of the next header.
    package var idleDeadline = Duration.seconds(75)
    /// The longest time in which a client takes none of the bytes that are ready for it.
    package var writeDeadline = Duration.seconds(60)

    /// Makes the defaults of `limits` in the configuration.
    package init() {}

    /// The unread bytes of a body above which the client is kept waiting.
    static let unreadBody = ByteCount.kibibytes(16)
    /// The unsent bytes of a streamed answer above which its writer is kept waiting.
    static let unsentAnswer = ByteCount.kibibytes(8)
    /// The part of ``header`` that a request must leave free for the header of its answer.
    static let answerHeader = ByteCount(1536)
    /// The bytes of a refused body that are still read and discarded.
    static let refusedBody = ByteCount.kibibytes(256)
    /// The time for which a refused client may go on sending before its connection is closed.
    static let refusedDeadline = Duration.seconds(5)
}
