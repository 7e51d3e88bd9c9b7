package import BerthLoop

/// Sends requests to other servers: over the machine's network, or within a test.
@Loop package protocol HTTPSending: AnyObject, Sendable {
    /// Sends a request and returns when the final answer's header block is in.
    ///
    /// Cancelling the task ends the exchange at once.
    ///
    /// - Throws: ``HTTPClientError``. An answer of any status is none.
    func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse

    /// Handles that are kept for the next transfer.
    var spareHandles: Int { get }
    /// Drops the spare handles. Idle connections stay.
    func dropSpareHandles()
    /// Drops the spare handles, and closes the idle connections if no transfer runs.
    func closeIdle()
}
