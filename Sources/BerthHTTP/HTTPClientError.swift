import BerthLoop
package import BerthMemory

/// Why another server did not answer, in words for the operator.
///
/// `host` is the URL's host, with its port where it is not the scheme's own. No path, query, header
/// or body is ever part of an error, because they hold secrets.
package enum HTTPClientError: Error, Equatable {
    /// The URL, the method or a header cannot be sent.
    case badRequest(reason: String)
    /// As many transfers or look-ups as are allowed run already.
    case busy(host: String, limit: Int)
    /// The name has no address.
    case unknownHost(host: String, reason: String)
    /// The address is not public, and the request may reach public ones alone.
    case forbiddenAddress(host: String, address: String)
    /// Nothing takes connections there.
    case unreachable(host: String, reason: String)
    /// No connection within the deadline.
    case connectTimeout(host: String, after: Duration)
    /// The secure connection was refused by either side.
    case tls(host: String, reason: String)
    /// No complete header block within the deadline; `received` bytes of one have come.
    case firstByteTimeout(host: String, after: Duration, received: Int)
    /// No further byte of the body within the deadline.
    case stalled(host: String, after: Duration)
    /// The connection ended before the answer did, after `received` bytes of it.
    case cut(host: String, received: Int)
    /// The answer is longer than its reader takes.
    case tooLarge(host: String, limit: ByteCount)
    /// The answer is not HTTP, or its encoding is broken.
    case badAnswer(host: String, reason: String)
    /// The task was cancelled, or the response was.
    case cancelled
    /// What curl reports and nothing above names.
    case other(host: String, code: Int, reason: String)

    /// Whether no byte of an answer has come, so that another server may be asked instead.
    ///
    /// The server may still have acted: after a time-out or a cut it may want to be paid.
    package var isBeforeFirstByte: Bool {
        switch self {
        case .badRequest, .busy, .unknownHost, .forbiddenAddress, .unreachable, .connectTimeout,
            .tls:
            true
        case .firstByteTimeout(_, _, let received), .cut(_, let received): received == 0
        case .stalled, .tooLarge, .badAnswer, .cancelled, .other: false
        }
    }
}

extension HTTPClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badRequest(let reason): "the request cannot be sent: \(reason)"
        case .busy(let host, let limit):
            "\(host): \(limit) transfers or name look-ups run already: try again in a moment"
        case .unknownHost(let host, let reason):
            "\(host): the name was not found (\(reason)): check it, and this machine's name server"
        case .forbiddenAddress(let host, let address):
            "\(host): its address \(address) is not public, and only public ones may be reached "
                + "from here"
        case .unreachable(let host, let reason):
            "\(host): nothing answers there (\(reason)): check the address and that it is running"
        case .tls(let host, let reason):
            "\(host): no secure connection (\(reason)): check the URL's scheme, the server's "
                + "certificate and this machine's clock"
        case .connectTimeout, .firstByteTimeout, .stalled: lateness
        case .cut(let host, 0): "\(host): it closed the connection without an answer: try again"
        case .cut(let host, let received):
            "\(host): it closed the connection in the middle of its answer, after "
                + "\(ByteCount(received)): try again"
        case .tooLarge(let host, let limit):
            "\(host): its answer is longer than the \(limit) that are taken: ask for less"
        case .badAnswer(let host, let reason):
            "\(host): its answer cannot be read (\(reason)): check that the URL is of an HTTP API"
        case .cancelled: "the request was cancelled"
        case .other(let host, let code, let reason): "\(host): \(reason) (curl \(code))"
        }
    }

    private var lateness: String {
        switch self {
        case .connectTimeout(let host, let after):
            "\(host): no connection within \(after.words): check the address, the firewall "
                + "and that it is running"
        case .firstByteTimeout(let host, let after, 0):
            "\(host): no answer within \(after.words): it is overloaded or stuck; try later"
        case .firstByteTimeout(let host, let after, let received):
            "\(host): only \(ByteCount(received)) of an answer within \(after.words): try later"
        case .stalled(let host, let after):
            "\(host): its answer stopped coming for \(after.words): try again"
        default: ""
        }
    }
}

extension Duration {
    /// For people, as `10 s` or `250 ms`.
    fileprivate var words: String {
        let ms = milliseconds()
        return ms % 1000 == 0 ? "\(ms / 1000) s" : "\(ms) ms"
    }
}
