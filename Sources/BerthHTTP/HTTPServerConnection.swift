import BerthLoop
import Glibc

/// The connection of one client over all its requests, with its deadline.
///
/// Its watch notices when the client leaves. libmicrohttpd does not while a request is suspended.
@Loop final class HTTPServerConnection {
    let descriptor: Int32
    let peer: HTTPPeer
    /// The exchange that is in progress on the connection, until it ends.
    var exchange: HTTPServerExchange?
    /// The time when the client will be late, or nil while it waits for the server.
    var deadline: Instant?
    /// Whether the client has had an answer and sent nothing since, so closing does no harm.
    var isIdle: Bool { hasServed && exchange == nil }
    private var hasServed = false
    /// Whether the client has closed its side, which counts as leaving.
    private(set) var isPeerGone = false

    private var watch: Watch?
    private var timeLeft: Duration?

    init(descriptor: Int32, peer: HTTPPeer, deadline: Instant) {
        self.descriptor = descriptor
        self.peer = peer
        self.deadline = deadline
        watch = try? Watch(descriptor, for: .peerClosed) { [weak self] _ in self?.peerLeft() }
        // Without a watch a leaving client would not be noticed, so the connection is closed.
        if watch == nil { close() }
    }

    /// Shuts down both directions.
    ///
    /// libmicrohttpd notices it and frees the connection.
    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// A request is answered.
    ///
    /// The next one must arrive before `deadline`.
    func served(until deadline: Instant) {
        hasServed = true
        exchange = nil
        self.deadline = deadline
    }

    /// The descriptor will be closed next.
    func ended() {
        watch?.cancel()
        watch = nil
    }

    /// Stops the time of the phase while the client waits for the server.
    func pause(at now: Instant) {
        guard let deadline else { return }
        timeLeft = deadline - now
        self.deadline = nil
    }

    /// Resumes the time of the phase.
    func resume(at now: Instant) {
        guard let timeLeft else { return }
        deadline = now + timeLeft
        self.timeLeft = nil
    }

    /// Sends a whole small answer directly and shuts down the sending direction.
    ///
    /// libmicrohttpd cannot queue an answer while a body arrives.
    func sendLast(_ bytes: [UInt8]) {
        // With a full send buffer the answer is lost, and the connection is closed in any case.
        _ = unsafe send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private func peerLeft() {
        isPeerGone = true
        ended()
        if let exchange, exchange.isAnswering { return exchange.clientLeft() }
        exchange?.clientLeft()
        // libmicrohttpd misses an end that arrives together with the last bytes, so the server
        // closes too.
        close()
    }
}
