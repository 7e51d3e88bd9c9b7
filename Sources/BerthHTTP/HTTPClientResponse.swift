package import BerthLoop
package import BerthMemory

/// An answer whose header is in and whose body comes as it is read.
///
/// It has one reader. Dropping it ends the exchange and, where the body is not complete, closes
/// the connection.
@Loop package final class HTTPClientResponse {
    private let source: any HTTPResponseSource

    /// As `200`; never interim (1xx), except 101.
    package var status: Int { source.status }
    /// Of the final answer, in order; bytes that are not UTF-8 are replaced.
    package var headers: HTTPHeaders { source.headers }
    /// Bytes of the body that have come and were not taken yet.
    package var unread: ByteCount { ByteCount(source.unreadCount) }

    init(_ source: any HTTPResponseSource) { self.source = source }

    // Posted, because the last reference may go on any thread and amid any call.
    deinit {
        let source = source
        Loop.post { source.fail(.cancelled) }
    }

    /// The next piece of the body; nil at its end.
    ///
    /// Over 16 KiB unread the connection is not read from until this is called. The stall deadline
    /// runs only while this waits. What came before a failure is given first.
    ///
    /// - Throws: ``HTTPClientError``: stalled, cut, cancelled, bad answer, too large.
    package func next() async throws(HTTPClientError) -> [UInt8]? { try await source.next() }

    /// The whole rest of the body.
    ///
    /// - Parameter limit: the most that is taken; what is announced or comes beyond it ends the
    ///   exchange.
    /// - Returns: what was not taken by ``next()`` before.
    /// - Throws: ``HTTPClientError/tooLarge(host:limit:)``, and what ``next()`` throws.
    package func collect(atMost limit: ByteCount) async throws(HTTPClientError) -> [UInt8] {
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        if length > limit.bytes, source.hasBody { throw tooLarge(limit) }
        var body = try await next() ?? []
        if body.count < length { body.reserveCapacity(length) }
        while body.count <= limit.bytes, let piece = try await next() { body += piece }
        guard body.count <= limit.bytes else { throw tooLarge(limit) }
        return body
    }

    /// Ends the exchange now; the reader gets ``HTTPClientError/cancelled``.
    package func cancel() { source.fail(.cancelled) }

    private func tooLarge(_ limit: ByteCount) -> HTTPClientError {
        let error = HTTPClientError.tooLarge(host: source.host, limit: limit)
        source.fail(error)
        return error
    }
}
