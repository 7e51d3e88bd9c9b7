package import BerthLoop

/// Who is at the other end of a connection.
package enum HTTPPeer: Hashable, Sendable {
    /// An IP address, IPv4 in its own form also on an IPv6 socket. Behind a proxy: the proxy's.
    case network(address: String)
    /// A process of this machine, as the kernel vouches (SO_PEERCRED): who it was at `connect`.
    case local(uid: UInt32, pid: Int32)
}

/// Everything that is known of a request when its header has arrived.
struct HTTPRequestHead {
    /// As sent, in capitals for every standard method.
    let method: String
    let target: HTTPTarget
    let headers: HTTPHeaders
    let id: String
    let peer: HTTPPeer
    /// When the header was complete, on the server's clock.
    let received: Instant
}

/// A request whose header has arrived.
///
/// Its body may still be on its way.
@Loop package final class HTTPRequest {
    /// As sent, in capitals for every standard method.
    package var method: String { head.method }
    /// The request's target as it was sent, query included.
    ///
    /// It may hold secrets and is never logged.
    package var target: String { head.target.text }
    /// Percent-decoded, without the query.
    ///
    /// It begins with `/`, or is `*`.
    package var path: String { head.target.path }
    /// Every field, as sent.
    package var headers: HTTPHeaders { head.headers }
    /// The bytes after the header.
    ///
    /// Most methods have none.
    package let body: HTTPBody
    /// The client's own `x-request-id` if that is 1 to 64 of `A-Z a-z 0-9 . _ -`, else ours.
    ///
    /// Ours is `req-` and 16 hex digits. The answer carries it too.
    package var id: String { head.id }
    /// The sender.
    package var peer: HTTPPeer { head.peer }
    /// When its header was complete, on the server's clock.
    package var received: Instant { head.received }

    /// Kept until the answer is sent or given up and the handler has returned.
    package var holding: (any AnyObject & Sendable)?

    private let head: HTTPRequestHead
    // Until its end, which is sure to come; a weak one would cost every request a side table.
    private var exchange: (any HTTPRequestLink)?

    init(_ head: HTTPRequestHead, body: HTTPBody, exchange: any HTTPRequestLink) {
        self.head = head
        self.body = body
        self.exchange = exchange
    }

    /// The first value of `name` in the query, decoded; nil when it is absent or malformed.
    package func query(_ name: String) -> String? { head.target.value(of: name) }

    /// Returns when the client has left or the exchange has ended, or the caller is cancelled.
    package func clientGone() async { await exchange?.left() }

    /// Its exchange has ended; the handler may keep it for longer.
    func ended() {
        exchange = nil
        body.ended()
    }
}
