import BerthLoop

/// The exchange from which a response is read, whatever carries it.
@Loop protocol HTTPResponseSource: AnyObject, Sendable {
    /// As `200`.
    var status: Int { get }
    var headers: HTTPHeaders { get }
    /// Bytes of the body that have come and were not taken yet.
    var unreadCount: Int { get }
    /// The server's name in errors.
    var host: String { get }
    /// Whether a body follows the header at all.
    var hasBody: Bool { get }
    /// The next piece of the body. There is none after its end.
    func next() async throws(HTTPClientError) -> [UInt8]?
    /// Ends the exchange now, unless it has ended.
    func fail(_ error: HTTPClientError)
}
