import BerthLoop
package import BerthMemory

/// Why a request to another server failed, in words for the operator.
///
/// `host` is the URL's host, followed by the port if that is not the scheme's default. An error
/// never contains a path, query, header or body, because they hold secrets.
package enum HTTPClientError: Error, Equatable {
    /// The URL, the method or a header cannot be sent.
    case badRequest(reason: String)
    /// The most transfers or look-ups that are allowed are already running.
    case busy(host: String, limit: Int)
    /// The name has no address.
    case unknownHost(host: String, reason: String)
    /// The address is not public, and the request may reach only public addresses.
    case forbiddenAddress(host: String, address: String)
    /// The address accepts no connections.
    case unreachable(host: String, reason: String)
    /// The connection was not established within the deadline.
    case connectTimeout(host: String, after: Duration)
    /// TLS failed on either side.
    case tls(host: String, fault: TLSFault, reason: String)
    /// The header block was incomplete at the deadline. `received` bytes of the answer had arrived.
    case firstByteTimeout(host: String, after: Duration, received: Int)
    /// No further byte of the body arrived within the deadline.
    case stalled(host: String, after: Duration)
    /// The connection ended early, after `received` bytes of the answer.
    case cut(host: String, received: Int)
    /// The answer is longer than the reader's limit.
    case tooLarge(host: String, limit: ByteCount)
    /// The answer is not HTTP, or its encoding is broken.
    case badAnswer(host: String, reason: String)
    /// The task or the response was cancelled.
    case cancelled
    /// Another failure that curl reported.
    case other(host: String, code: Int, reason: String)

    /// Whether no byte of an answer has arrived, so another server may be asked instead.
    ///
    /// The server may still have acted on the request. After a timeout or a cut it may charge for
    /// it.
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
            "\(host): \(limit) transfers or name look-ups are already running: try again in a moment"
        case .unknownHost(let host, let reason):
            "\(host): the name was not found (\(reason)): check it, and this machine's name server"
        case .forbiddenAddress(let host, let address):
            "\(host): its address \(address) is not public, and this request may reach only "
                + "public addresses"
        case .unreachable(let host, let reason):
            "\(host): nothing answers there (\(reason)): check the address and that the server runs"
        case .tls(let host, let fault, let reason): "\(host): \(fault.words(reason))"
        case .connectTimeout, .firstByteTimeout, .stalled: lateness
        case .cut(let host, 0):
            "\(host): the server closed the connection without answering: try again"
        case .cut(let host, let received):
            "\(host): the server closed the connection in the middle of its answer, after "
                + "\(ByteCount(received)): try again"
        case .tooLarge(let host, let limit):
            "\(host): its answer is longer than the limit of \(limit): ask for less"
        case .badAnswer(let host, let reason):
            "\(host): its answer cannot be read (\(reason)): check that the URL is that of an HTTP API"
        case .cancelled: "the request was cancelled"
        case .other(let host, let code, let reason): "\(host): \(reason) (curl \(code))"
        }
    }

    private var lateness: String {
        switch self {
        case .connectTimeout(let host, let after):
            "\(host): no connection within \(after.words): check the address, the firewall "
                + "and that the server runs"
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
    /// The duration for people, such as `10 s` or `250 ms`.
    fileprivate var words: String {
        let ms = milliseconds()
        return ms % 1000 == 0 ? "\(ms / 1000) s" : "\(ms) ms"
    }
}
