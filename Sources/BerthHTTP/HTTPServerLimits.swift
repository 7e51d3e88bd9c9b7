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
    /// The paths whose bodies are written to the disk as they arrive.
    package var uploads: Set<String> = []
    /// The largest request body at one of ``uploads``.
    package var upload = ByteCount.mebibytes(32)
    /// The most connections at once.
    ///
    /// A further one takes the place of the connection that has been without a request for the
    /// longest time. If every connection has a request, it is closed at once and counted.
    package var connections = 1200
    /// The most connections of one client address, or of one /64 of IPv6.
    ///
    /// A further one is closed at once and counted. Loopback and trusted proxies are not limited.
    /// The requests that a trusted proxy forwards for one address count instead, and a further one
    /// is answered with 429.
    package var connectionsPerAddress = 100
    /// The proxies whose word about a client's address counts.
    package var trustedProxies = TrustedProxies()
    /// From the start of a connection to the end of its first header.
    package var headerDeadline = Duration.seconds(10)
    /// From the end of the header to the end of the body, without the time that the handler makes
    /// the client wait.
    package var bodyDeadline = Duration.seconds(30)
    /// ``bodyDeadline`` at one of ``uploads``, where a phone may send slowly.
    package var uploadDeadline = Duration.seconds(300)
    /// From the end of an answer to the end of the next header.
    package var idleDeadline = Duration.seconds(75)
    /// The longest time in which a client takes none of the bytes that are ready for it.
    package var writeDeadline = Duration.seconds(60)

    /// Makes the defaults of `limits` in the configuration.
    package init() {}

    /// The largest body of a request for `target`.
    func body(of target: String) -> ByteCount { isUpload(target) ? max(body, upload) : body }

    /// The time in which the body of a request for `target` must arrive.
    func bodyDeadline(of target: String) -> Duration {
        isUpload(target) ? max(bodyDeadline, uploadDeadline) : bodyDeadline
    }

    private func isUpload(_ target: String) -> Bool {
        // Most targets have the length of none of them, and every request is asked about twice.
        uploads.contains { HTTPTarget.isPath($0, of: target) }
    }

    /// The connections that are closed at once to make room for new ones.
    static let yielding = 8
    /// The time between two warnings of the same shortage.
    static let warningInterval = Duration.seconds(60)
    /// The seconds after which a client that has ended its sending side is probed.
    static let probes = [1, 10, 30, 60]

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
