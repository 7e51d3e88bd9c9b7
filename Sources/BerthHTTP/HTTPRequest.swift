package import BerthLoop

/// Who is at the other end of a connection.
package enum HTTPPeer: Hashable, Sendable {
    /// An IP address, IPv4 in its own form also on an IPv6 socket. Behind a proxy: the proxy's.
    case network(address: String)
    /// A process of this machine, as the kernel vouches (SO_PEERCRED): who it was at `connect`.
    case local(uid: UInt32, pid: Int32)
}

/// A request whose header has arrived; its body may still be on its way.
@Loop package final class HTTPRequest {
    /// As sent, in capitals for every standard method.
    package let method: String
    /// The request's target as it was sent, query included: may hold secrets, never logged.
    package let target: String
    /// Percent-decoded, without the query; begins with `/`, or is `*`.
    package let path: String
    /// Every field, as sent.
    package let headers: HTTPHeaders
    /// What follows the header; empty for most methods.
    package let body: HTTPBody
    /// The client's own `x-request-id` where that is 1 to 64 of `A-Z a-z 0-9 . _ -`, else ours.
    ///
    /// Ours is `req-` and 16 hex digits. The answer carries it too.
    package let id: String
    /// Who sent it.
    package let peer: HTTPPeer
    /// When its header was complete, on the server's clock.
    package let received: Instant

    /// Kept until the answer is sent or given up and the handler has returned.
    package var holding: (any AnyObject & Sendable)?

    private var endAction: (@Loop () -> Void)?
    private let parts: HTTPTarget
    // Until its end, which is sure to come; a weak one would cost every request a side table.
    private var exchange: Exchange?

    init(
        method: String,
        target: String,
        parts: HTTPTarget,
        headers: HTTPHeaders,
        body: HTTPBody,
        id: String,
        peer: HTTPPeer,
        received: Instant,
        exchange: Exchange
    ) {
        self.method = method
        self.target = target
        self.parts = parts
        path = parts.path
        self.headers = headers
        self.body = body
        self.id = id
        self.peer = peer
        self.received = received
        self.exchange = exchange
    }

    /// The first value of `name` in the query, decoded; nil when it is absent or malformed.
    package func query(_ name: String) -> String? { parts.value(of: name) }

    /// Returns when the client has left or the exchange has ended, or the caller is cancelled.
    package func clientGone() async { await exchange?.left() }

    /// Has `action` called once when the exchange ends, or at once if it has ended.
    package func whenEnded(_ action: @escaping @Loop () -> Void) {
        guard exchange != nil else { return action() }
        endAction = action
    }

    /// Ends the exchange as if the client had left: the handler's task is cancelled, and the
    /// connection is closed without the rest of the answer.
    package func cutOff() { exchange?.clientLeft() }

    /// Its exchange has ended; the handler may keep it for longer.
    func ended() {
        exchange = nil
        body.ended()
        endAction?()
        endAction = nil
    }

    /// Whether a client's own id may stand in the log and the answer.
    static func isSaneID(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}
