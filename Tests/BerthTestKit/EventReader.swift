package import BerthHTTP
package import BerthLoop
package import BerthText

/// Reads a streamed answer event by event.
@Loop package final class EventReader {
    /// Whose body it reads.
    package let response: HTTPClientResponse
    private var parser = SSEParser()
    private var events: [SSEEvent] = []

    /// Reads the body of `response`.
    package init(_ response: HTTPClientResponse) { self.response = response }

    /// The next event; nil at the stream's good end.
    ///
    /// - Throws: ``HTTPClientError`` where the connection breaks off.
    package func next() async throws -> SSEEvent? {
        while events.isEmpty {
            guard let piece = try await response.next() else { return nil }
            events = try parser.feed(piece)
        }
        return events.removeFirst()
    }

    /// All events to the stream's good end.
    package func rest() async throws -> [SSEEvent] {
        var all: [SSEEvent] = []
        while let event = try await next() { all.append(event) }
        return all
    }

    /// Leaves.
    package func leave() { response.cancel() }
}

extension SSEEvent {
    /// Its data.
    package var text: String { String(decoding: data, as: UTF8.self) }

    /// Its data as an object; nil for anything else.
    package var object: JSONObject? { try? JSONObject(data) }
}
