import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory

/// A streamed answer of an ``OpenAIProvider``: server-sent events, each one chunk.
@Loop final class OpenAIStream: ChatStream {
    private let response: HTTPClientResponse
    private let provider: String
    private let key: Secret?
    private let clock: any Clock
    private var parser = SSEParser()
    private var events: [SSEEvent] = []
    private var hasFinish = false
    private var isDone = false
    private var lease: MemoryLease
    /// What was paid for beforehand.
    private let paid: ByteCount

    /// What a stream holds at most unread: libcurl's buffers, 16 KiB of ours, and small events.
    static nonisolated let bufferSize = ByteCount.kibibytes(48)

    /// Reads `response`, on `lease`, which has ``bufferSize`` for it.
    init(
        _ response: HTTPClientResponse,
        provider: String,
        key: Secret?,
        lease: consuming MemoryLease,
        clock: any Clock
    ) {
        self.response = response
        self.provider = provider
        self.key = key
        self.clock = clock
        paid = lease.count
        self.lease = lease
    }

    func next() async throws(ProviderError) -> ChatChunk? {
        while !isDone {
            guard !events.isEmpty else {
                try await read()
                continue
            }
            let event = events.removeFirst()
            if event.data.starts(with: "[DONE]".utf8) {
                await finish()
            } else if !event.data.isEmpty {
                return try chunk(of: event)
            }
        }
        return nil
    }

    func cancel() {
        isDone = true
        response.cancel()
    }

    private func read() async throws(ProviderError) {
        let piece: [UInt8]?
        do { piece = try await response.next() } catch {
            cancel()
            throw ProviderError(error, provider: provider)
        }
        guard let piece else {
            isDone = true
            // Without a reason to finish, an end is a cut: some servers just close on failure.
            if !hasFinish { throw .cut(provider: provider) }
            return
        }
        do {
            try lease.grow(to: paid + parser.pending + ByteCount(piece.count), step: .kibibytes(64))
            events = try parser.feed(piece)
        } catch let error as BudgetError {
            cancel()
            throw .memory(error)
        } catch {
            cancel()
            throw .malformed(provider: provider, reason: "\(error)")
        }
    }

    /// How long after `[DONE]` the end of the transfer may come.
    private static let linger = Duration.milliseconds(250)

    /// Ends the answer, and waits a moment for its transfer to end.
    ///
    /// HTTP's last chunk often comes a packet later: with it the connection is kept for the next
    /// call. A server that does not send it loses the connection.
    private func finish() async {
        isDone = true
        let limit = clock.schedule(after: OpenAIStream.linger) { [response] in response.cancel() }
        defer { limit.cancel() }
        while (try? await response.next()) != nil {}  // cancelled or cut: the answer was whole
    }

    private func chunk(of event: SSEEvent) throws(ProviderError) -> ChatChunk {
        let object: JSONObject
        do { object = try JSONObject(event.data) } catch {
            cancel()
            throw .malformed(provider: provider, reason: error.description)
        }
        if let error = OpenAIWire.error(in: object, hiding: key) {
            cancel()
            throw .failedMidway(provider: provider, message: error.message)
        }
        let chunk = OpenAIWire.chunk(object)
        if chunk.finish != nil { hasFinish = true }
        return chunk
    }
}

extension ProviderError {
    /// What a failed exchange means for a call.
    init(_ error: HTTPClientError, provider: String) {
        switch error {
        case .cancelled: self = .cancelled
        case .connectTimeout, .firstByteTimeout, .stalled:
            self = .timedOut(provider: provider, reason: error.description)
        case .cut: self = .cut(provider: provider)
        default: self = .unreachable(provider: provider, reason: error.description)
        }
    }
}
