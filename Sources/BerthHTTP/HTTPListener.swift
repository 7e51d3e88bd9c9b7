package import BerthLoop

/// Makes the answer of a refusal that no handler sees (400, 408, 413, 431).
package typealias HTTPRefusalWords = @Loop @Sendable (HTTPRefusal) -> HTTPResponse

/// A bound address that accepts connections for a handler.
@Loop package protocol HTTPListener: AnyObject, Sendable {
    /// The port, which is the kernel's choice if port 0 was requested.
    ///
    /// It is 0 for a Unix-domain socket.
    var port: Int { get }
    /// The number of open connections, including idle ones.
    var openConnections: Int { get }
    /// The number of requests whose header has arrived and whose answer is not sent yet.
    var openRequests: Int { get }
    /// Closes the connections that have had an answer and sent nothing since.
    ///
    /// - Returns: the number of closed connections.
    @discardableResult
    func closeIdle() -> Int

    /// Serves until the stop, lets open requests finish, and returns.
    ///
    /// It is called once. If it is cancelled, it cancels every handler and closes every connection
    /// at once.
    ///
    /// - Parameters:
    ///   - stop: the stop that ends it in good order.
    ///   - refusal: makes the answers of refusals.
    ///   - handler: answers all other requests.
    /// - Throws: ``HTTPServerError/cannotStart(_:_:)``.
    func serve(
        until stop: Stop,
        refusal: @escaping HTTPRefusalWords,
        _ handler: @escaping HTTPHandler
    ) async throws
}
