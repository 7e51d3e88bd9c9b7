package import BerthLoop
package import BerthMemory

/// An answer whose header has arrived and whose body arrives as it is read.
///
/// It has one reader. Releasing it ends the exchange, and closes the connection if the body is
/// incomplete.
@Loop package final class HTTPClientResponse {
    private let source: any HTTPResponseSource

    /// The status, such as `200`.
    ///
    /// It is never interim (1xx), except 101.
    package var status: Int { source.status }
    /// The fields of the final answer, in order.
    ///
    /// Bytes that are not UTF-8 are replaced.
    package var headers: HTTPHeaders { source.headers }
    /// The number of bytes of the body that have arrived and were not read yet.
    package var unread: ByteCount { ByteCount(source.unreadCount) }

    init(_ source: any HTTPResponseSource) { self.source = source }

    // It is posted, because the last reference can end on any thread and within any call.
    deinit {
        let source = source
        Loop.post { source.fail(.cancelled) }
    }

    /// Returns the next piece of the body, or nil at its end.
    ///
    /// With more than 16 KiB unread, the connection is not read from until this is called. The
    /// stall deadline runs only while this waits. Bytes that arrived before a failure are returned
    /// first.
    ///
    /// - Throws: ``HTTPClientError``: stalled, cut, cancelled, bad answer, too large.
    package func next() async throws(HTTPClientError) -> [UInt8]? { try await source.next() }

    /// Returns the rest of the body.
    ///
    /// - Parameter limit: the most bytes. A larger Content-Length or body ends the exchange.
    /// - Returns: the bytes that ``next()`` has not returned before.
    /// - Throws: ``HTTPClientError/tooLarge(host:limit:)``, and the errors of ``next()``.
    package func collect(atMost limit: ByteCount) async throws(HTTPClientError) -> [UInt8] {
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        if length > limit.bytes, source.hasBody { throw tooLarge(limit) }
        var body = try await next() ?? []
        if body.count < length { body.reserveCapacity(length) }
        while body.count <= limit.bytes, let piece = try await next() { body += piece }
        guard body.count <= limit.bytes else { throw tooLarge(limit) }
        return body
    }

    /// Ends the exchange now.
    ///
    /// The reader gets ``HTTPClientError/cancelled``.
    package func cancel() { source.fail(.cancelled) }

    /// Ends the exchange because its bytes have not become an event within `limit`.
    ///
    /// The deadlines of the request begin anew with each byte, so a reader that waits for more than
    /// bytes measures that time itself. The reader gets ``HTTPClientError/stalled(host:after:)``.
    package func giveUp(after limit: Duration) {
        source.fail(.stalled(host: source.host, after: limit))
    }

    private func tooLarge(_ limit: ByteCount) -> HTTPClientError {
        let error = HTTPClientError.tooLarge(host: source.host, limit: limit)
        source.fail(error)
        return error
    }
}
