package import BerthLoop
package import BerthMemory

/// A request's body, as it arrives: at most 16 KiB and one piece wait unread, the rest waits in the
/// client's and the kernel's buffers.
@Loop package final class HTTPBody {
    /// By Content-Length; nil for a chunked body, 0 where there is none.
    package let length: Int?

    private var unread: [UInt8] = []
    private var hasEnded = false
    private var failure: HTTPServerError?
    private let arrived = Wakeup()
    private var exchange: (any HTTPRequestLink)?

    /// Whether the handler has asked for it: only then is `100 Continue` sent.
    private(set) var isWanted = false

    init(length: Int?, exchange: any HTTPRequestLink) {
        self.length = length
        self.exchange = exchange
    }

    /// The next piece, of 1 byte or more; nil at the end.
    ///
    /// - Throws: ``HTTPServerError/clientGone``, `bodyTooLarge` when a chunked body passes the
    ///   server's limit, or `bodyTimeout`. The client has its answer then, if one is possible.
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

    /// The whole body.
    ///
    /// - Parameter limit: the most bytes; what is over it is read and thrown away.
    /// - Returns: 0 bytes or more.
    /// - Throws: as ``next()``, and ``HTTPServerError/bodyTooLarge(limit:)`` over `limit`, at once
    ///   where the length is known.
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

    /// Whether another piece may come.
    var hasRoom: Bool { unread.count < HTTPServerLimits.unreadBody.bytes }

    func receive(_ bytes: UnsafeRawBufferPointer) {
        unsafe unread.append(contentsOf: bytes.bindMemory(to: UInt8.self))
        arrived.signal()
    }

    func end() {
        hasEnded = true
        arrived.signal()
    }

    /// Nothing more comes.
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
