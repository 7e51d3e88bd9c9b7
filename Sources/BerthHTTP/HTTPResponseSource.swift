import BerthLoop

/// The exchange behind a response, on any network.
@Loop protocol HTTPResponseSource: AnyObject, Sendable {
    /// The status, such as `200`.
    var status: Int { get }
    var headers: HTTPHeaders { get }
    /// The number of bytes of the body that have arrived and were not read yet.
    var unreadCount: Int { get }
    /// The name of the server for errors.
    var host: String { get }
    /// Whether the answer has a body.
    var hasBody: Bool { get }
    /// Returns the next piece of the body, or nil at its end.
    func next() async throws(HTTPClientError) -> [UInt8]?
    /// Ends the exchange now, unless it has already ended.
    func fail(_ error: HTTPClientError)
}
