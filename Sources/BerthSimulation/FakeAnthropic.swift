package import BerthHTTP
package import BerthLoop

/// A server that speaks Anthropic's Messages and misbehaves on demand, as ``FakeOpenAI`` does: by
/// the model's name, which ``AnthropicManner`` lists.
///
/// It refuses what the real one refuses, so that a fault of Berth's requests is seen.
@Loop package final class FakeAnthropic {
    /// Message requests that were received.
    package private(set) var received = 0
    /// Message requests whose whole answer was given to the network.
    package private(set) var answered = 0
    /// Message requests that are being answered.
    package private(set) var running = 0

    private let pace: FakeOpenAI.Pace
    private let clock: any Clock

    /// Makes the fake; ``handler`` is for a server.
    package nonisolated init(pace: FakeOpenAI.Pace, clock: any Clock) {
        self.pace = pace
        self.clock = clock
    }

    /// Answers what a server hears.
    package nonisolated var handler: HTTPHandler {
        let router = Router([
            Route("GET", "/v1/models") { request, _ in FakeAnthropic.models(request) },
            Route("GET", "/stats") { _, _ in self.stats },
            Route("POST", "/v1/messages") { request, _ in await self.message(request) },
        ])
        return { request in await router.answer(request) }
    }

    /// An error in Anthropic's shape.
    nonisolated static func error(
        _ status: Int,
        _ type: String,
        _ message: String,
        details: String = ""
    ) -> HTTPResponse {
        let head = #"{"type":"error","error":{"type":"\#(type)"\#(details),"message":"#
        let json = Array(head.utf8) + JSON.quote(message) + Array(#"},"request_id":"req_1"}"#.utf8)
        return .json(json, status: status)
    }

    private static func models(_ request: HTTPRequest) -> HTTPResponse {
        if let refusal = FakeMessageCheck.refusal(of: request) { return refusal }
        let model =
            #"{"type":"model","id":"fake","display_name":"Fake","created_at":"2026-01-01T00:00:00Z"}"#
        let list = #"{"data":[\#(model)],"has_more":false,"first_id":"fake","last_id":"fake"}"#
        return .json(Array(list.utf8))
    }

    private var stats: HTTPResponse {
        .json(
            Array(#"{"received":\#(received),"answered":\#(answered),"running":\#(running)}"#.utf8)
        )
    }

    private func message(_ request: HTTPRequest) async -> HTTPResponse {
        received += 1
        running += 1
        let response = await answer(request)
        // A stream runs until it is written, unless the client has left before its beginning.
        if case .stream = response.body, !Task.isCancelled { return response }
        running -= 1
        return response
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        if let refusal = FakeMessageCheck.refusal(of: request) { return refusal }
        guard let object = await FakeOpenAI.body(of: request) else {
            return FakeAnthropic.error(400, "invalid_request_error", "the body is no JSON object")
        }
        do throws(FakeMessageCheck.Fault) { try FakeMessageCheck.check(object) } catch {
            return FakeAnthropic.error(400, "invalid_request_error", error.message)
        }
        let asked = FakeMessage(object)
        if let refusal = asked.manner?.refusal(key: FakeMessageCheck.key(of: request)) {
            return refusal
        }
        if asked.manner == .silence {
            await request.clientGone()
            return FakeAnthropic.error(500, "api_error", "nobody is listening")
        }
        if pace.delay > .zero {
            try? await clock.sleep(for: pace.delay)  // cancelled: it is answered in vain
        }
        return asked.isStream && asked.manner != .jsonOnStream ? stream(asked) : whole(asked)
    }

    private func whole(_ asked: FakeMessage) -> HTTPResponse {
        answered += 1
        return asked.whole(words: pace.tokens)
    }

    private func stream(_ asked: FakeMessage) -> HTTPResponse {
        .events { writer in
            defer { self.running -= 1 }
            try await FakeMessageStream(asked, self.pace, self.clock).write(to: writer)
            self.answered += 1
        }
    }
}
