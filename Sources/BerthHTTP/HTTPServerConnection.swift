import BerthLoop
import CLinux
import CMicrohttpd
import Glibc

/// One client's connection, over all its requests: its deadline, and the watch that sees the
/// client leave, which libmicrohttpd does not while a request is suspended.
@Loop final class ServerConnection {
    let descriptor: Int32
    let peer: HTTPPeer
    /// The request that is being read or answered, until it ends.
    var exchange: Exchange?
    /// When the client will have taken too long; nil while it waits for us.
    var deadline: Instant?
    /// Whether it has had an answer and sent nothing since: nobody misses it.
    var isIdle: Bool { hasServed && exchange == nil }
    private var hasServed = false
    /// Whether the client has closed its side, which is taken as its leaving.
    private(set) var isPeerGone = false

    private var watch: Watch?
    private var timeLeft: Duration?

    init(descriptor: Int32, peer: HTTPPeer, deadline: Instant) {
        self.descriptor = descriptor
        self.peer = peer
        self.deadline = deadline
        watch = try? Watch(descriptor, for: .peerClosed) { [weak self] _ in self?.peerLeft() }
        // Without a watch a leaving client would not be seen: rather no connection.
        if watch == nil { close() }
    }

    /// Ends both directions; libmicrohttpd sees it and frees the connection.
    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// A request is answered; the next one has as long to come as it likes until `deadline`.
    func served(until deadline: Instant) {
        hasServed = true
        exchange = nil
        self.deadline = deadline
    }

    /// The descriptor is about to be closed.
    func ended() {
        watch?.cancel()
        watch = nil
    }

    /// Stops the time of the phase while the client waits for us.
    func pause(at now: Instant) {
        guard let deadline else { return }
        timeLeft = deadline - now
        self.deadline = nil
    }

    /// Lets the time of the phase go on.
    func resume(at now: Instant) {
        guard let timeLeft else { return }
        deadline = now + timeLeft
        self.timeLeft = nil
    }

    /// Sends a whole small answer past libmicrohttpd, which queues none while a body arrives, and
    /// ends our direction.
    func sendLast(_ bytes: [UInt8]) {
        // A full send buffer drops it: the connection is closed in any case.
        _ = unsafe send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private func peerLeft() {
        isPeerGone = true
        ended()
        if let exchange, exchange.isAnswering { return exchange.clientLeft() }
        exchange?.clientLeft()
        // libmicrohttpd misses an end that comes together with the last bytes, but not this.
        close()
    }
}

extension HTTPPeer {
    /// Who is connected to `descriptor`.
    init(descriptor: Int32) {
        var text = [CChar](repeating: 0, count: 46)
        guard unsafe berth_peer_address(descriptor, &text, socklen_t(text.count)) != 0 else {
            self = HTTPPeer(processAt: descriptor)
            return
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        self = .network(address: String(decoding: bytes, as: UTF8.self))
    }

    private init(processAt descriptor: Int32) {
        var credentials = berth_credentials(pid: 0, uid: .max, gid: .max)
        var size = socklen_t(MemoryLayout<berth_credentials>.size)
        // Refused, it stays the uid that nobody has.
        _ = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size)
        self = .local(uid: credentials.uid, pid: credentials.pid)
    }
}
