package import BerthHTTP
package import BerthLoop
import BerthProviders

/// A server that speaks OpenAI's chat completions and misbehaves on demand: for tests, benchmarks
/// and trying a configuration without a key.
///
/// What it does is chosen by the model's name, so no test needs a second way in: ``Manner`` lists
/// them. Any other name answers in good order.
@Loop package final class FakeOpenAI {
    /// How it answers.
    package struct Pace: Sendable {
        /// From the request to the first token.
        package var delay: Duration
        /// Between two tokens of a stream.
        package var gap: Duration
        /// Words in an answer, 1 or more.
        package var tokens: Int

        /// Makes a pace; the default answers at once.
        package init(delay: Duration = .zero, gap: Duration = .zero, tokens: Int = 20) {
            self.delay = delay
            self.gap = gap
            self.tokens = tokens
        }
    }

    /// Chat requests that were received.
    package private(set) var received = 0
    /// Chat requests whose whole answer was given to the network.
    package private(set) var answered = 0
    /// Chat requests that are being answered.
    package private(set) var running = 0

    private let pace: Pace
    private let clock: any Clock

    /// Makes the fake; ``handler`` is for a server.
    package nonisolated init(pace: Pace, clock: any Clock) {
        self.pace = pace
        self.clock = clock
    }

    /// Answers what a server hears.
    package nonisolated var handler: HTTPHandler {
        let router = Router([
            Route("GET", "/v1/models") { _, _ in FakeOpenAI.models },
            Route("GET", "/stats") { _, _ in self.stats },
            Route("POST", "/v1/chat/completions") { request, _ in await self.chat(request) },
        ])
        return { request in await router.answer(request) }
    }

    private static var models: HTTPResponse {
        .json(
            Array(
                #"{"object":"list","data":[{"id":"fake","object":"model","created":0,"owned_by":"berth"}]}"#
                    .utf8
            )
        )
    }

    private var stats: HTTPResponse {
        .json(
            Array(#"{"received":\#(received),"answered":\#(answered),"running":\#(running)}"#.utf8)
        )
    }

    private func chat(_ request: HTTPRequest) async -> HTTPResponse {
        received += 1
        running += 1
        let response = await answer(request)
        // A stream runs until it is written, unless the client has left before its beginning.
        if case .stream = response.body, !Task.isCancelled { return response }
        running -= 1
        return response
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard let object = await FakeOpenAI.body(of: request) else {
            return .error(400, "the body is not a JSON object")
        }
        let asked = FakeQuestion(object)
        if let refusal = asked.manner?.refusal(now: clock.timestamp) { return refusal }
        if asked.manner == .silence {
            await request.clientGone()
            return .error(500, "nobody is listening")
        }
        if pace.delay > .zero {
            try? await clock.sleep(for: pace.delay)  // cancelled: it is answered in vain
        }
        return asked.isStream && asked.manner != .jsonOnStream ? stream(asked) : whole(asked)
    }

    /// A request's body; nil where it is no JSON object.
    static func body(of request: HTTPRequest) async -> JSONObject? {
        var bytes: [UInt8] = []
        do {
            while let piece = try await request.body.next() { bytes += piece }
            return try JSONObject(bytes)
        } catch { return nil }
    }

    private func whole(_ asked: FakeQuestion) -> HTTPResponse {
        answered += 1
        return asked.completion(words: pace.tokens)
    }

    private func stream(_ asked: FakeQuestion) -> HTTPResponse {
        var headers: HTTPHeaders = ["content-type": "text/event-stream; charset=utf-8"]
        headers["cache-control"] = "no-cache"
        return HTTPResponse(
            status: 200,
            headers: headers,
            body: .stream { writer in
                defer { self.running -= 1 }
                try await FakeStream(asked, self.pace, self.clock).write(to: writer)
                self.answered += 1
            }
        )
    }
}
