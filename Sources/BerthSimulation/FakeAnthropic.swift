package import BerthHTTP
package import BerthLoop
package import BerthTelemetry
import BerthText

/// A server that speaks Anthropic's Messages and misbehaves on demand, as ``FakeOpenAI`` does: by
/// the model's name, which ``AnthropicManner`` lists.
///
/// It refuses what the real one refuses, so that a fault of Berth's requests is seen.
@Loop package final class FakeAnthropic {
    /// What was asked of it.
    package let counts: FakeCounts

    private let pace: FakeOpenAI.Pace
    private let surroundings: Surroundings

    /// Makes the fake; ``handler`` is for a server.
    package nonisolated init(pace: FakeOpenAI.Pace, in surroundings: Surroundings) {
        self.pace = pace
        self.surroundings = surroundings
        counts = FakeCounts(in: surroundings)
    }

    /// Answers what a server hears.
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
        let names = ["fake"] + AnthropicManner.allCases.map(\.rawValue)
        let models = names.map {
            #"{"type":"model","id":"\#($0)","display_name":"Fake","created_at":"2026-01-01T00:00:00Z"}"#
        }
        let list = #"{"data":[\#(models.joined(separator: ","))],"has_more":false}"#
        return .json(Array(list.utf8))
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
        counts.ask(asked.lastUserText)
        if let refusal = asked.manner?.refusal(key: FakeMessageCheck.key(of: request)) {
            return refusal
        }
        if asked.manner == .silence {
            await request.clientGone()
            return FakeAnthropic.error(500, "api_error", "nobody is listening")
        }
        if pace.delay > .zero {
            try? await surroundings.clock.sleep(for: pace.delay)  // cancelled: it is answered in vain
        }
        return asked.isStream && asked.manner != .jsonOnStream
            ? stream(asked)
            : asked.whole(words: pace.tokens)
    }

    private func stream(_ asked: FakeMessage) -> HTTPResponse {
        .events { writer in
            try await FakeMessageStream(asked, self.pace, in: self.surroundings).write(to: writer)
        }
    }
}
