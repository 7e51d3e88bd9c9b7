import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory

/// A request's whole body, leased from its tenant while it is held.
@Loop final class LeasedBody {
    private(set) var bytes: [UInt8] = []
    private var lease: MemoryLease

    private static let step = ByteCount.kibibytes(16)

    /// Reads the body to its end.
    ///
    /// - Throws: ``BotError`` when it is too large for the tenant or the server, or the client left.
    init(_ request: HTTPRequest, account: MemoryAccount, limit: ByteCount) async throws(BotError) {
        do { lease = try account.lease(.zero, for: .requestBody) } catch { throw .memory(error) }
        let announced = request.headers["content-length"].flatMap { Int($0) }
        if let announced, (0...limit.bytes).contains(announced) {
            try grow(to: announced)
            bytes.reserveCapacity(announced)
        }
        while let piece = try await next(request) {
            guard bytes.count + piece.count <= limit.bytes else {
                throw .bodyTooLarge(limit: limit)
            }
            try grow(to: bytes.count + piece.count)
            bytes += piece
        }
    }

    private func grow(to count: Int) throws(BotError) {
        do { try lease.grow(to: ByteCount(count), step: LeasedBody.step) } catch {
            throw .memory(error)
        }
    }

    private func next(_ request: HTTPRequest) async throws(BotError) -> [UInt8]? {
        do { return try await request.body.next() } catch { throw .body(error.description) }
    }
}
