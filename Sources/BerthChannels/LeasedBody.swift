import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthWork

/// A request's whole body, leased from its tenant before it is read.
///
/// Where its length is announced, all that the request needs is leased in one piece, for which it
/// stands in line while it holds nothing. A chunked body is leased as it comes, and what it needs
/// beside when it is there; it is refused at once where there is no more: what waits must hold
/// nothing. Neither takes of what is kept for those within their share.
@Loop final class LeasedBody {
    private(set) var bytes: [UInt8] = []
    /// The memory that was leased beside the body.
    private(set) var memory: PrepaidMemory
    private var lease: MemoryLease

    private static let step = ByteCount.kibibytes(16)

    /// Reads the body to its end.
    ///
    /// - Parameters:
    ///   - request: whose body it is.
    ///   - account: the tenant's.
    ///   - limit: the most bytes.
    ///   - surroundings: its clock limits the wait for memory.
    ///   - need: all that a request takes with a body of that size, the body included.
    /// - Throws: ``BotError`` when it is too large for the tenant or the server, or the client left.
    init(
        _ request: HTTPRequest,
        account: MemoryAccount,
        limit: ByteCount,
        in surroundings: Surroundings,
        need: (ByteCount) -> ByteCount
    ) async throws(BotError) {
        let coding: ContentCoding?
        do { coding = try ContentCoding.of(request.headers["content-encoding"]) } catch {
            throw .unsupportedCoding(error.description)
        }
        do {
            let announced = request.body.length
            guard ByteCount(announced ?? 0) <= limit else {
                throw BotError.bodyTooLarge(limit: limit)
            }
            // The length of a coded body says nothing about its own size.
            if coding == nil, let length = announced {
                let size = ByteCount(length)
                if let memory = PrepaidMemory(now: need(size), of: account) {
                    self.memory = memory
                } else {
                    memory = try await PrepaidMemory(
                        need(size),
                        of: account,
                        by: surroundings.clock
                    )
                }
                lease = try memory.take(size, for: .requestBody)
                bytes.reserveCapacity(length)
            } else {
                memory = PrepaidMemory(of: account)
                lease = try account.lease(LeasedBody.step, for: .requestBody)
            }
        } catch let error as BudgetError {
            throw .memory(error)
        } catch { throw .bodyTooLarge(limit: limit) }
        if let coding {
            try await decode(request, coding, limit)
        } else {
            if let rest = request.body.takeRest() {
                try add(rest, limit)
            } else {
                while let piece = try await next(request) { try add(piece, limit) }
            }
            guard request.body.length == nil else { return }
        }
        let size = ByteCount(bytes.count)
        do {
            memory = try await PrepaidMemory(
                need(size) - size,
                of: account,
                within: .zero,
                by: surroundings.clock
            )
        } catch { throw .memory(error) }
    }

    /// Reads a coded body to its end.
    private func decode(
        _ request: HTTPRequest,
        _ coding: ContentCoding,
        _ limit: ByteCount
    ) async throws(BotError) {
        let room: MemoryLease
        do {
            room = try memory.account.lease(ContentDecoder.memory(of: coding), for: .requestBody)
        } catch { throw .memory(error) }
        let decoder = ContentDecoder(coding)
        while let piece = try await next(request) {
            decoder.feed(piece)
            while let part = try decoded(decoder) {
                try add(part, limit)
                // A small body may decode to a large one, and the loop has other work.
                await Task.yield()
            }
        }
        do { try decoder.finish() } catch { throw .body(error.description) }
        _ = consume room
    }

    private func decoded(_ decoder: ContentDecoder) throws(BotError) -> [UInt8]? {
        do { return try decoder.next() } catch { throw .body(error.description) }
    }

    private func add(_ piece: [UInt8], _ limit: ByteCount) throws(BotError) {
        let size = ByteCount(bytes.count + piece.count)
        guard size <= limit else { throw .bodyTooLarge(limit: limit) }
        do { try pay(for: size) } catch { throw .memory(error) }
        bytes += piece
    }

    private func pay(for size: ByteCount) throws(BudgetError) {
        guard size > lease.count else { return }
        let more = max(size - lease.count, LeasedBody.step)
        lease.join(try memory.account.lease(more, for: .requestBody))
    }

    private func next(_ request: HTTPRequest) async throws(BotError) -> [UInt8]? {
        do { return try await request.body.next() } catch { throw .body(error.description) }
    }
}
