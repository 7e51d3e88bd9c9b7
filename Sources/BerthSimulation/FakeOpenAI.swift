package import BerthHTTP
package import BerthLoop
import BerthProviders
package import BerthTelemetry
import BerthText

/// A server that implements OpenAI's chat completions, images, embeddings and transcription, and
/// misbehaves on demand.
///
/// It serves tests, benchmarks, and trying out a configuration without a key.
///
/// The model's name in a request selects the behavior; ``FakeOpenAIBehavior`` lists the names. With
/// any other name the fake answers correctly, except for its share of random faults.
@Loop package final class FakeOpenAI {
    /// The speed and length of answers.
    package struct Pace: Sendable {
        /// The time from the request to the first token.
        package var delay: Duration
        /// The time between two tokens of a stream.
        package var gap: Duration
        /// The number of words in an answer, 1 or more.
        package var tokens: Int

        /// Makes a pace.
        ///
        /// The default answers at once.
        package init(delay: Duration = .zero, gap: Duration = .zero, tokens: Int = 20) {
            self.delay = delay
            self.gap = gap
            self.tokens = tokens
        }
    }

    /// Counters of the requests received.
    package let counts: FakeCounts

    private let pace: Pace
    private let faults: Int
    private lazy var dice = surroundings.entropy.generator()
    private let surroundings: Surroundings
    /// The images API.
    let pictures: FakeOpenAIPictures
    /// The transcription of recordings.
    let speech: FakeOpenAISpeech
    /// The end of ``FakeOpenAIBehavior/tooManyAtFirst``; nil before its first request.
    private var opening: Instant?

    /// Makes the fake.
    ///
    /// An HTTP server runs its ``handler``.
    ///
    /// - Parameters:
    ///   - pace: the speed and length of answers.
    ///   - faults: the share of the requests that fail, in percent.
    ///   - surroundings: their clock measures the pace, and their entropy chooses the faults.
    package nonisolated init(pace: Pace, faults: Int = 0, in surroundings: Surroundings) {
        self.pace = pace
        self.faults = faults
        self.surroundings = surroundings
        counts = FakeCounts(in: surroundings)
        pictures = FakeOpenAIPictures(delay: pace.delay, surroundings.clock)
        speech = FakeOpenAISpeech(surroundings.clock)
    }

    /// The request handler for an HTTP server.
    package nonisolated var handler: HTTPHandler {
        let routes = [
            Route("GET", "/v1/models") { _, _ in FakeOpenAI.models },
            Route("POST", "/v1/chat/completions") { request, _ in
                await self.counts.count { await self.answer(request) }
            },
            Route("POST", "/v1/embeddings") { request, _ in
                await self.counts.count { await self.embed(request) }
            },
            Route("POST", "/v1/audio/transcriptions") { request, _ in
                await self.counts.count { await self.speech.answer(request) }
            },
        ]
        let images = pictures.routes { request, answer in
            await self.counts.count {
                let response = await answer()
                self.counts.ask(self.pictures.last.prompt)
                return response
            }
        }
        let router = Router(routes + images + counts.routes)
        return { request in await router.answer(request) }
    }

    /// The list of models: every behavior except the unknown model.
    private static var models: HTTPResponse {
        let names =
            ["fake"] + FakeOpenAIBehavior.allCases.filter { $0 != .unknownModel }.map(\.rawValue)
        let list = names.map {
            #"{"id":"\#($0)","object":"model","created":0,"owned_by":"berth"}"#
        }
        return .json(
            Array(#"{"object":"list","data":[\#(list.joined(separator: ","))]}"#.utf8)
        )
    }

    private func embed(_ request: HTTPRequest) async -> HTTPResponse {
        guard let object = await FakeOpenAI.body(of: request) else {
            return .error(400, "the body is not a JSON object")
        }
        let text = FakeOpenAIEmbeddings.firstInput(of: object)
        counts.ask(text)
        if pace.delay > .zero { try? await surroundings.clock.sleep(for: pace.delay) }
        counts.sell(text)
        return FakeOpenAIEmbeddings(clock: surroundings.clock).answer(object)
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard let object = await FakeOpenAI.body(of: request) else {
            return .error(400, "the body is not a JSON object")
        }
        var asked = FakeOpenAIRequest(object)
        if asked.behavior == nil || asked.behavior == .signed {
            asked.behavior = fault() ?? asked.behavior
        }
        counts.ask(asked.lastUserText)
        if let refusal = asked.behavior?.refusal(now: surroundings.clock.timestamp) {
            return refusal
        }
        if asked.behavior == .silence {
            await request.clientGone()
            return .error(500, "the client has disconnected")
        }
        if pace.delay > .zero {
            // A cancelled request's answer is discarded.
            try? await surroundings.clock.sleep(for: pace.delay)
        }
        if asked.behavior == .tooManyAtFirst, let refusal = refusalAtFirst { return refusal }
        if asked.behavior != .badJSON { counts.sell(asked.lastUserText) }
        return asked.isStream && asked.behavior != .jsonOnStream
            ? stream(asked)
            : asked.completion(words: pace.tokens)
    }

    /// Chooses a fault for the fake's share of the requests, and nil for all others.
    private func fault() -> FakeOpenAIBehavior? {
        guard faults > 0, dice.next() % 100 < UInt64(faults) else { return nil }
        return FakeOpenAIBehavior.faults[Int(dice.next() % UInt64(FakeOpenAIBehavior.faults.count))]
    }

    /// The response of ``FakeOpenAIBehavior/tooManyAtFirst``; nil once its period is over.
    private var refusalAtFirst: HTTPResponse? {
        let end = opening ?? surroundings.clock.now + FakeOpenAIBehavior.refusing
        opening = end
        return surroundings.clock.now < end
            ? FakeOpenAIBehavior.tooMany.refusal(now: surroundings.clock.timestamp) : nil
    }

    /// Reads a request's body; nil if it is not a JSON object.
    static func body(of request: HTTPRequest) async -> JSONObject? {
        var bytes: [UInt8] = []
        do {
            while let piece = try await request.body.next() { bytes += piece }
            return try JSONObject(bytes)
        } catch { return nil }
    }

    private func stream(_ asked: FakeOpenAIRequest) -> HTTPResponse {
        var headers: HTTPHeaders = ["content-type": "text/event-stream; charset=utf-8"]
        headers["cache-control"] = "no-cache"
        return HTTPResponse(
            status: 200,
            headers: headers,
            body: .stream { writer in
                try await FakeOpenAIStream(asked, self.pace, in: self.surroundings).write(
                    to: writer
                )
            }
        )
    }
}
