import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// The server-sent events of one streamed answer, and the lease of what is unread of them.
@Loop final class UpstreamEvents {
    private let response: HTTPClientResponse
    private let upstream: Upstream
    private var parser = SSEParser()
    private var events: [SSEEvent] = []
    private var lease: MemoryLease
    /// What was paid for beforehand.
    private let paid: ByteCount
    /// Whether nothing comes any more: the transfer ended, or was ended.
    private(set) var isDone = false

    /// What a stream takes: libcurl's handle and buffers, ours, and small events.
    ///
    /// Measured (release, 50 streams): 38 KiB in use in malloc, beside what the call takes while it
    /// waits.
    static nonisolated let bufferSize = ByteCount.kibibytes(48)

    /// Reads `response`, on `lease`, which has ``bufferSize`` for it.
    init(_ response: HTTPClientResponse, of upstream: Upstream, lease: consuming MemoryLease) {
        self.response = response
        self.upstream = upstream
        paid = lease.count
        self.lease = lease
    }

    /// The next event; nil at the end of the transfer, proper or not, and after ``finish()``.
    ///
    /// - Throws: ``ProviderError`` where the transfer fails or is ended by ``cancel()``.
    func next() async throws(ProviderError) -> SSEEvent? {
        while !isDone {
            guard events.isEmpty else { return events.removeFirst() }
            try await read()
        }
        return nil
    }

    /// An event's data as JSON; an error in it, or other data, ends the transfer.
    ///
    /// - Throws: ``ProviderError/failedMidway(provider:message:)`` and
    ///   ``ProviderError/malformed(provider:reason:)``.
    func object(of event: SSEEvent) throws(ProviderError) -> JSONObject {
        let object: JSONObject
        do { object = try JSONObject(event.data) } catch {
            throw end(.malformed(provider: upstream.name, reason: error.description))
        }
        if let failure = upstream.failure(in: object) { throw end(failure) }
        return object
    }

    /// Ends the transfer, for `error`.
    func end(_ error: ProviderError) -> ProviderError {
        cancel()
        return error
    }

    /// Ends the transfer at the provider too.
    func cancel() {
        isDone = true
        response.cancel()
    }

    private func read() async throws(ProviderError) {
        let piece: [UInt8]?
        do { piece = try await response.next() } catch {
            throw end(ProviderError(error, provider: upstream.name))
        }
        guard let piece else {
            isDone = true
            return
        }
        do {
            // Once in the parser, once as an event, twice as it is passed on.
            let unread = ByteCount(4 * (parser.pending + piece.count))
            try lease.grow(to: max(paid, unread + .kibibytes(16)), step: .kibibytes(16))
            events = try parser.feed(piece)
        } catch let error as BudgetError {
            throw end(.memoryMidway(error))
        } catch {
            throw end(.malformed(provider: upstream.name, reason: "\(error)"))
        }
    }

    /// How long after the last event the end of the transfer may come.
    private static let linger = Duration.milliseconds(250)

    /// Ends the answer, and waits a moment for its transfer to end.
    ///
    /// HTTP's last chunk often comes a packet later: with it the connection is kept for the next
    /// call. A server that does not send it loses the connection.
    func finish() async {
        isDone = true
        let limit = upstream.surroundings.clock.schedule(after: UpstreamEvents.linger) {
            [response] in
            response.cancel()
        }
        defer { limit.cancel() }
        while (try? await response.next()) != nil {}  // cancelled or cut: the answer was whole
    }
}
