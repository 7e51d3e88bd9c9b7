package import BerthHTTP
package import BerthLoop
package import BerthText

/// Reads a streamed answer event by event.
@Loop package final class EventReader {
    /// The response whose body it reads.
    package let response: HTTPClientResponse
    private var parser = SSEParser()
    private var events: [SSEEvent] = []

    /// Reads the body of `response`.
    package init(_ response: HTTPClientResponse) { self.response = response }

    /// The next event, or nil at the stream's proper end.
    ///
    /// - Throws: ``HTTPClientError`` if the connection breaks off.
    package func next() async throws -> SSEEvent? {
        while events.isEmpty {
            guard let piece = try await response.next() else { return nil }
            events = try parser.feed(piece)
        }
        return events.removeFirst()
    }

    /// All events up to the stream's proper end.
    package func rest() async throws -> [SSEEvent] {
        var all: [SSEEvent] = []
        while let event = try await next() { all.append(event) }
        return all
    }

    /// Closes the connection.
    package func leave() { response.cancel() }
}

extension SSEEvent {
    /// The event's data.
    package var text: String { String(decoding: data, as: UTF8.self) }

    /// The event's data as an object, or nil if it is not one.
    package var object: JSONObject? { try? JSONObject(data) }
}
