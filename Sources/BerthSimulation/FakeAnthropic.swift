package import BerthHTTP
package import BerthLoop
package import BerthTelemetry
import BerthText

/// A server that implements Anthropic's Messages API and misbehaves on demand.
///
/// The model's name in a request selects the behavior; ``FakeAnthropicBehavior`` lists the names.
/// The fake validates requests as strictly as the real API, so that a malformed request is found.
@Loop package final class FakeAnthropic {
    /// Counters of the requests received.
    package let counts: FakeCounts

    private let pace: FakeOpenAI.Pace
    private let surroundings: Surroundings

    /// Makes the fake.
    ///
    /// An HTTP server runs its ``handler``.
    package nonisolated init(pace: FakeOpenAI.Pace, in surroundings: Surroundings) {
        self.pace = pace
        self.surroundings = surroundings
        counts = FakeCounts(in: surroundings)
    }

    /// The request handler for an HTTP server.
    package nonisolated var handler: HTTPHandler {
        let routes = [
            Route("GET", "/v1/models") { request, _ in FakeAnthropic.models(request) },
            Route("POST", "/v1/messages") { request, _ in
                await self.counts.count { await self.answer(request) }
            },
        ]
        let router = Router(routes + counts.routes)
        return { request in await router.answer(request) }
    }

    /// Returns an error response in Anthropic's format.
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
        if let refusal = FakeAnthropicCheck.refusal(of: request) { return refusal }
        let names = ["fake"] + FakeAnthropicBehavior.allCases.map(\.rawValue)
        let models = names.map {
            #"{"type":"model","id":"\#($0)","display_name":"Fake","created_at":"2026-01-01T00:00:00Z"}"#
        }
        let list = #"{"data":[\#(models.joined(separator: ","))],"has_more":false}"#
        return .json(Array(list.utf8))
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        if let refusal = FakeAnthropicCheck.refusal(of: request) { return refusal }
        guard let object = await FakeOpenAI.body(of: request) else {
            return FakeAnthropic.error(
                400,
                "invalid_request_error",
                "the body is not a JSON object"
            )
        }
        do throws(FakeAnthropicCheck.Fault) { try FakeAnthropicCheck.check(object) } catch {
            return FakeAnthropic.error(400, "invalid_request_error", error.message)
        }
        let asked = FakeAnthropicRequest(object)
        counts.ask(asked.lastUserText)
        if let refusal = asked.behavior?.refusal(key: FakeAnthropicCheck.key(of: request)) {
            return refusal
        }
        if asked.behavior == .silence {
            await request.clientGone()
            return FakeAnthropic.error(500, "api_error", "the client has disconnected")
        }
        if pace.delay > .zero {
            // A cancelled request's answer is discarded.
            try? await surroundings.clock.sleep(for: pace.delay)
        }
        return asked.isStream && asked.behavior != .jsonOnStream
            ? stream(asked)
            : asked.whole(words: pace.tokens)
    }

    private func stream(_ asked: FakeAnthropicRequest) -> HTTPResponse {
        .events { writer in
            try await FakeAnthropicStream(asked, self.pace, in: self.surroundings).write(to: writer)
        }
    }
}
