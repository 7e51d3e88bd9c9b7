import BerthLoop
import CLinux
import Glibc

/// The connection of one client over all its requests, with its deadline.
///
/// Its watch notices when the client leaves. libmicrohttpd does not while a request is suspended.
@Loop final class HTTPServerConnection {
    let descriptor: Int32
    let peer: HTTPPeer
    /// The address among whose connections it is counted, or nil if it is not counted.
    let countedAddress: String?
    /// Whether the peer is a trusted proxy, which speaks for many clients.
    let isProxy: Bool
    /// The exchange that is in progress on the connection, until it ends.
    var exchange: HTTPServerExchange?
    /// The time when the client will be late, or nil while it waits for the server.
    var deadline: Instant?
    /// Whether the client has had an answer and sent nothing since, so closing does no harm.
    var isIdle: Bool { hasServed && exchange == nil }
    /// Whether no request is under way, so the connection may give way to another.
    var mayYield: Bool { !isYielding && exchange?.mayYield ?? true }
    /// The time since which the connection is without a request.
    private(set) var idleSince: Instant
    /// Whether the connection was closed in favour of another, and libmicrohttpd has still to
    /// notice.
    private(set) var isYielding = false
    private var hasServed = false
    /// Whether the client has ended its sending side.
    ///
    /// It may have closed the connection, or it may wait for its answer.
    private(set) var hasPeerFinished = false
    /// The number of seconds since the client ended its sending side.
    private var secondsFinished = 0

    private var watch: Watch?
    private var onBytes: (@Loop () -> Void)?
    private var timeLeft: Duration?

    init(
        descriptor: Int32,
        peer: HTTPPeer,
        isProxy: Bool,
        now: Instant,
        deadline: Instant,
        finished: @escaping @Loop (HTTPServerConnection) -> Void
    ) {
        self.descriptor = descriptor
        self.peer = peer
        self.isProxy = isProxy
        countedAddress = isProxy ? nil : peer.countedAddress
        idleSince = now
        self.deadline = deadline
        watch = try? Watch(descriptor, for: .peerClosed) { [weak self] readiness in
            self?.noticed(readiness, finished)
        }
        // Without a watch a leaving client would not be noticed, so the connection is closed.
        if watch == nil { close() }
    }

    /// Shuts down both directions.
    ///
    /// libmicrohttpd notices it and frees the connection.
    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Closes the connection to make room for another.
    func yield() {
        isYielding = true
        close()
    }

    /// A request is answered.
    ///
    /// The next one must arrive before `deadline`.
    func served(at now: Instant, until deadline: Instant) {
        hasServed = true
        exchange = nil
        idleSince = now
        self.deadline = deadline
    }

    /// The descriptor will be closed next.
    func ended() {
        watch?.cancel()
        watch = nil
        onBytes = nil
    }

    /// Moves the deadline by a time in which the process stood still.
    func postpone(by delay: Duration) {
        if let deadline { self.deadline = deadline + delay }
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
        _ = sendNow(bytes)
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private func sendNow(_ bytes: [UInt8]) -> Bool {
        unsafe send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) >= 0
            || errno == EAGAIN
    }

    // MARK: The client's side

    /// The bytes that have arrived and that libmicrohttpd has not read.
    var unreadCount: Int { Int(berth_unread(descriptor)) }

    /// Calls `action` once when bytes have arrived, or the client has ended its sending side.
    func whenReadable(_ action: @escaping @Loop () -> Void) {
        onBytes = action
        updateWatch()
    }

    private func updateWatch() {
        var interest: Readiness = hasPeerFinished ? [] : .peerClosed
        if onBytes != nil { interest.insert(.readable) }
        do { try watch?.change(to: interest) } catch { close() }
    }

    private func noticed(
        _ readiness: Readiness,
        _ finished: @Loop (HTTPServerConnection) -> Void
    ) {
        // Most clients end an idle connection, on which nothing is left to do.
        let isOver = exchange == nil && readiness.contains(.peerClosed) && unreadCount == 0
        if isOver || !readiness.isDisjoint(with: [.hungUp, .failed]) { return peerLeft() }
        let action = onBytes
        onBytes = nil
        if readiness.contains(.peerClosed) { hasPeerFinished = true }
        updateWatch()
        action?()
        if hasPeerFinished { finished(self) }
    }

    /// The client has closed or reset the connection.
    private func peerLeft() {
        ended()
        if let exchange, exchange.isAnswering { return exchange.clientLeft() }
        exchange?.clientLeft()
        // libmicrohttpd misses an end that arrives together with the last bytes, so the server
        // closes too.
        close()
    }

    /// Decides what the end of the client's sending side means, once libmicrohttpd has read what
    /// arrived before it.
    ///
    /// - Returns: whether a later call has to decide.
    func settle() -> Bool {
        if exchange?.mayOutliveClientsEnd ?? false { return true }
        if unreadCount > 0, exchange?.mayStillRead ?? true { return true }
        // The request is incomplete, or there is none, and nothing more can come.
        peerLeft()
        return false
    }

    /// Lets a client that ended its sending side show whether it is still there.
    ///
    /// A client that has closed the connection answers any byte with a reset.
    func probe() {
        secondsFinished += 1
        guard HTTPServerLimits.probes.contains(secondsFinished), let exchange else { return }
        // The kernel reports the end of a Unix-domain socket's peer by itself.
        guard case .network = peer, let bytes = exchange.probe() else { return }
        if !sendNow(bytes) { peerLeft() }
    }
}
