import BerthHTTP
import BerthLoop
import BerthTelemetry
import BerthText

/// Server-sent events to one client, with a comment every 10 s of silence so that proxies keep the
/// connection open.
@Loop final class EventWriter {
    private let writer: HTTPResponseWriter
    private let surroundings: Surroundings
    private let filler: [UInt8]
    private var timer: Timer?

    /// Shorter than the 60 s after which common proxies give up.
    private static let pingInterval = Duration.seconds(10)

    /// Makes a writer that sends `filler` in times of silence.
    init(
        _ writer: HTTPResponseWriter,
        in surroundings: Surroundings,
        filler: [UInt8] = SSE.ping
    ) {
        self.writer = writer
        self.filler = filler
        self.surroundings = surroundings
    }

    /// The clock of its comments.
    var clock: any Clock { surroundings.clock }

    /// Sends one event.
    ///
    /// - Throws: when the client has left.
    func send(_ data: [UInt8], name: String? = nil) async throws {
        try await writer.write(SSE.event(data, name: name))
    }

    /// Sends the bytes of an event.
    ///
    /// - Throws: when the client has left.
    func pass(_ event: [UInt8]) async throws { try await writer.write(event) }

    /// Sends a comment, which shows proxies that the answer is on its way.
    func ping() { writer.offer(filler) }

    /// Waits for what `source` gives, and pings the client meanwhile.
    func waiting<Value, Failure: Error>(
        _ source: @Loop () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        schedulePing()
        defer { timer?.cancel() }
        return try await source()
    }

    private func schedulePing() {
        timer = surroundings.clock.schedule(after: EventWriter.pingInterval) { [self] in
            ping()
            schedulePing()
        }
    }
}
