package import BerthHTTP
package import BerthLoop
import BerthProviders
package import BerthTelemetry
import BerthText

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

    /// What was asked of it.
    package let counts: FakeCounts

    private let pace: Pace
    private let surroundings: Surroundings
    /// When ``Manner/tooManyAtFirst`` ends.
    private var opening: Instant?

    /// Makes the fake; ``handler`` is for a server.
    package nonisolated init(pace: Pace, in surroundings: Surroundings) {
        self.pace = pace
        self.surroundings = surroundings
        counts = FakeCounts(in: surroundings)
    }

    /// Answers what a server hears.
    package nonisolated var handler: HTTPHandler {
        let routes = [
            Route("GET", "/v1/models") { _, _ in FakeOpenAI.models },
            Route("POST", "/v1/chat/completions") { request, _ in
                await self.counts.count { await self.answer(request) }
            },
        ]
        let router = Router(routes + counts.routes)
        return { request in await router.answer(request) }
    }

    /// What it lists: any name answers, but one.
    private static var models: HTTPResponse {
        let names = ["fake"] + Manner.allCases.filter { $0 != .unknownModel }.map(\.rawValue)
        let list = names.map {
            #"{"id":"\#($0)","object":"model","created":0,"owned_by":"berth"}"#
        }
        return .json(
            Array(#"{"object":"list","data":[\#(list.joined(separator: ","))]}"#.utf8)
        )
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard let object = await FakeOpenAI.body(of: request) else {
            return .error(400, "the body is not a JSON object")
        }
        let asked = FakeQuestion(object)
        counts.ask(asked.lastUserText)
        if let refusal = asked.manner?.refusal(now: surroundings.clock.timestamp) { return refusal }
        if asked.manner == .silence {
            await request.clientGone()
            return .error(500, "nobody is listening")
        }
        if pace.delay > .zero {
            try? await surroundings.clock.sleep(for: pace.delay)  // cancelled: it is answered in vain
        }
        if asked.manner == .tooManyAtFirst, let refusal = refusalAtFirst { return refusal }
        return asked.isStream && asked.manner != .jsonOnStream
            ? stream(asked)
            : asked.completion(words: pace.tokens)
    }

    /// The refusal of ``Manner/tooManyAtFirst``; nil when its time is over.
    private var refusalAtFirst: HTTPResponse? {
        let end = opening ?? surroundings.clock.now + Manner.refusing
        opening = end
        return surroundings.clock.now < end
            ? Manner.tooMany.refusal(now: surroundings.clock.timestamp) : nil
    }

    /// A request's body; nil where it is no JSON object.
    static func body(of request: HTTPRequest) async -> JSONObject? {
        var bytes: [UInt8] = []
        do {
            while let piece = try await request.body.next() { bytes += piece }
            return try JSONObject(bytes)
        } catch { return nil }
    }

    private func stream(_ asked: FakeQuestion) -> HTTPResponse {
        var headers: HTTPHeaders = ["content-type": "text/event-stream; charset=utf-8"]
        headers["cache-control"] = "no-cache"
        return HTTPResponse(
            status: 200,
            headers: headers,
            body: .stream { writer in
                try await FakeStream(asked, self.pace, in: self.surroundings).write(to: writer)
            }
        )
    }
}
