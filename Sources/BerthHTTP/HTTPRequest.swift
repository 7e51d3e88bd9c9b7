package import BerthLoop

/// The properties of a request that are known when its header has arrived.
struct HTTPRequestHead {
    /// The method as it was sent.
    ///
    /// Standard methods are in capitals.
    let method: String
    let target: HTTPTarget
    let headers: HTTPHeaders
    let id: String
    let peer: HTTPPeer
    /// The time when the header was complete, on the server's clock.
    let received: Instant
}

/// A request whose header has arrived.
///
/// Its body may still be on its way.
@Loop package final class HTTPRequest {
    /// The method as it was sent.
    ///
    /// Standard methods are in capitals.
    package var method: String { head.method }
    /// The percent-decoded path without the query.
    ///
    /// It begins with `/`, or is `*`.
    package var path: String { head.target.path }
    /// The path as it was sent, or nil if nothing in it is percent-encoded.
    var encodedPath: Substring? { head.target.encodedPath }
    /// Every header field as it was sent.
    package var headers: HTTPHeaders { head.headers }
    /// The body, which is empty for most methods.
    package let body: HTTPBody
    /// The id of the request, which the answer also carries.
    ///
    /// It is the client's `x-request-id` if that is 1 to 64 of `A-Z a-z 0-9 . _ -`. Otherwise the
    /// server makes one of `req-` and 16 hex digits.
    package var id: String { head.id }
    /// The peer that sent the request.
    package var peer: HTTPPeer { head.peer }
    /// The time when its header was complete, on the server's clock.
    package var received: Instant { head.received }

    /// An object that is retained until the answer is sent or dropped and the handler has returned.
    package var holding: (any AnyObject & Sendable)?

    private let head: HTTPRequestHead
    private var endAction: (@Loop () -> Void)?
    // Strong until the exchange ends, which always happens. A weak one would cost each request a
    // side table.
    private var exchange: (any HTTPRequestLink)?

    init(_ head: HTTPRequestHead, body: HTTPBody, exchange: any HTTPRequestLink) {
        self.head = head
        self.body = body
        self.exchange = exchange
    }

    /// The first decoded value of `name` in the query, or nil if it is absent or malformed.
    package func query(_ name: String) -> String? { head.target.value(of: name) }

    /// Returns when the client has left, the exchange has ended or the caller is cancelled.
    package func clientGone() async { await exchange?.left() }

    /// Has `action` called once when the exchange ends, or at once if it has ended.
    package func whenEnded(_ action: @escaping @Loop () -> Void) {
        guard exchange != nil else { return action() }
        endAction = action
    }

    /// Ends the exchange as if the client had left.
    ///
    /// The handler's task is cancelled, and the connection is closed without the rest of the answer.
    package func cutOff() { exchange?.clientLeft() }

    /// The exchange has ended.
    ///
    /// The handler may keep the request for longer.
    func ended() {
        exchange = nil
        body.ended()
        endAction?()
        endAction = nil
    }
}
