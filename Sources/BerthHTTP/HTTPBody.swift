package import BerthLoop
package import BerthMemory

/// The body of a request, read while it arrives.
///
/// At most 16 KiB and one piece are held unread. The client's and the kernel's buffers hold the
/// rest.
@Loop package final class HTTPBody {
    /// The Content-Length in bytes.
    ///
    /// It is nil for a chunked body, and 0 if the request has no body.
    package let length: Int?

    private var unread: [UInt8] = []
    private var hasEnded = false
    private var failure: HTTPServerError?
    private let arrived = Wakeup()
    private var exchange: (any HTTPRequestLink)?

    /// Whether the handler has asked for the body.
    ///
    /// `100 Continue` is sent only then.
    private(set) var isWanted = false

    init(length: Int?, exchange: any HTTPRequestLink) {
        self.length = length
        self.exchange = exchange
    }

    /// Returns the next piece, of 1 byte or more, or nil at the end.
    ///
    /// - Throws: ``HTTPServerError/clientGone``, `bodyTimeout`, or `bodyTooLarge` if a chunked body
    ///   exceeds the server's limit. If an answer is possible, the client has already been sent
    ///   one.
    package func next() async throws(HTTPServerError) -> [UInt8]? {
        while true {
            if let failure { throw failure }
            if !unread.isEmpty { return take() }
            if hasEnded { return nil }
            if !isWanted {
                isWanted = true
                exchange?.bodyIsWanted()
            }
            do { try await arrived.wait() } catch { throw .clientGone }
        }
    }

    /// Returns the whole body.
    ///
    /// - Parameter limit: the most bytes to return. The rest of a longer body is read and
    ///   discarded.
    /// - Returns: 0 bytes or more.
    /// - Throws: the errors of ``next()``, and ``HTTPServerError/bodyTooLarge(limit:)`` for more
    ///   than `limit`. If the length is known, that is thrown before anything is read.
    package func collect(atMost limit: ByteCount) async throws(HTTPServerError) -> [UInt8] {
        try check(length ?? 0, limit)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length ?? 0)
        while let piece = try await next() {
            try check(bytes.count + piece.count, limit)
            bytes.append(contentsOf: piece)
        }
        return bytes
    }

    /// The unread rest of the body if all of it has arrived, or nil if more may come.
    ///
    /// Most bodies arrive with their header, so their reader has nothing to wait for.
    package func takeRest() -> [UInt8]? { hasEnded && failure == nil ? take() : nil }

    private func check(_ count: Int, _ limit: ByteCount) throws(HTTPServerError) {
        if count > limit.bytes { throw .bodyTooLarge(limit: limit) }
    }

    private func take() -> [UInt8] {
        let piece = unread
        unread = []
        exchange?.bodyWasTaken()
        return piece
    }

    // MARK: For the exchange

    /// Whether the body has room for another piece.
    var hasRoom: Bool { unread.count < HTTPServerLimits.unreadBody.bytes }

    func receive(_ bytes: UnsafeRawBufferPointer) {
        unsafe unread.append(contentsOf: bytes.bindMemory(to: UInt8.self))
        arrived.signal()
    }

    func end() {
        hasEnded = true
        arrived.signal()
    }

    /// The exchange has ended, so no more bytes will arrive.
    func ended() {
        fail(.clientGone)
        exchange = nil
    }

    func fail(_ error: HTTPServerError) {
        guard !hasEnded, failure == nil else { return }
        failure = error
        unread = []
        arrived.signal()
    }
}
