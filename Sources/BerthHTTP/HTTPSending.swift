package import BerthLoop

/// Sends requests to other servers, over the machine's network or within a test.
@Loop package protocol HTTPSending: AnyObject, Sendable {
    /// Sends a request and returns when the header block of the final answer has arrived.
    ///
    /// Cancelling the task ends the exchange at once.
    ///
    /// - Throws: ``HTTPClientError``. An answer of any status is not an error.
    func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse

    /// Closes the idle connections, if no transfer runs.
    func closeIdle()
}
