package import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthProviders
package import BerthText

/// A provider whose every answer the test gives, word by word.
@Loop package final class HandUpstream {
    /// Calls so far.
    package private(set) var received = 0
    private let calls = Mailbox<HandCall>()

    /// Makes the provider, whose ``handler`` is for a server.
    package nonisolated init() {}

    /// Waits for the next call without a limit.
    package func next() async throws -> HandCall { try await calls.next() }

    /// The handler for chat completions at any path.
    package var handler: HTTPHandler { { request in await self.answer(request) } }

    /// Waits for the next call.
    package func call() async throws -> HandCall { try await calls.next("a call of the provider") }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard let bytes = try? await request.body.collect(atMost: .mebibytes(16)),
            let object = try? JSONObject(bytes)
        else { return .error(400, "no JSON object") }
        received += 1
        let call = HandCall(object, headers: request.headers)
        calls.put(call)
        return await call.response()
    }
}

/// One call of a ``HandUpstream``.
@Loop package final class HandCall {
    /// The request's body.
    package let object: JSONObject
    /// The request's header.
    package let headers: HTTPHeaders
    private let steps = Mailbox<Step>()
    private let departures = Mailbox<Bool>()

    private enum Step {
        case whole(HTTPResponse)
        case bytes([UInt8])
        case end
        case cut
    }

    private struct Cut: Error {}

    init(_ object: JSONObject, headers: HTTPHeaders) {
        self.object = object
        self.headers = headers
    }

    // MARK: The test's side

    /// Answers at once with all of `response`.
    package func answer(_ response: HTTPResponse) { steps.put(.whole(response)) }

    /// Streams `text` as one chunk.
    package func say(_ text: String) { send(SSE.event(CompletionJSON.chunk(delta: text))) }

    /// Streams bytes as they are.
    package func send(_ bytes: [UInt8]) { steps.put(.bytes(bytes)) }

    /// Ends the stream properly.
    ///
    /// - Parameters:
    ///   - reason: the finish reason.
    ///   - usage: the tokens that it reports, or nil for none.
    package func finish(
        _ reason: String = "stop",
        usage: TokenUsage? = TokenUsage(input: 7, output: 3, isEstimated: false)
    ) {
        send(SSE.event(CompletionJSON.chunk(finish: reason)))
        if let usage { send(SSE.event(CompletionJSON.chunk(usage: usage))) }
        send(Array("data: [DONE]\n\n".utf8))
        steps.put(.end)
    }

    /// Ends the stream's body without a proper end.
    package func end() { steps.put(.end) }

    /// Breaks the connection off.
    package func cut() { steps.put(.cut) }

    /// Waits until the caller has left before the answer's end.
    package func gone() async throws { _ = try await departures.next("the caller to leave") }

    // MARK: The server's side

    func response() async -> HTTPResponse {
        guard let first = try? await steps.next() else {
            departures.put(true)
            return .error(500, "nobody is listening")
        }
        guard case .whole(let response) = first else {
            let headers: HTTPHeaders = ["content-type": "text/event-stream"]
            return HTTPResponse(
                headers: headers,
                body: .stream { try await self.play(first, to: $0) }
            )
        }
        return response
    }

    private func play(_ first: Step, to writer: HTTPResponseWriter) async throws {
        var step = first
        do {
            while case .bytes(let bytes) = step {
                try await writer.write(bytes)
                step = try await steps.next()
            }
        } catch {
            departures.put(true)
            throw error
        }
        if case .cut = step { throw Cut() }
    }
}
