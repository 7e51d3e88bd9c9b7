import BerthHTTP
package import BerthLoop
import BerthTelemetry
import BerthText

/// What a fake provider was asked: how often, what, how much at once, and what it had told to wait.
///
/// `GET /stats` and `GET /counts` tell it, so that a test of the whole program sees what was bought.
@Loop package final class FakeCounts {
    /// Requests that were received.
    package private(set) var received = 0
    /// Requests whose whole answer was given to the network.
    package private(set) var answered = 0
    /// Requests that are being answered.
    package private(set) var running = 0

    private let surroundings: Surroundings
    /// What `/counts` tells, but for the requests.
    private(set) var told = Told()
    private var closed: (since: Instant, until: Instant)?

    /// So many different questions are told apart; the rest are counted as others.
    static nonisolated let mostQuestions = 10_000
    /// Questions are told apart by so many of their first characters.
    static nonisolated let questionLength = 256
    /// So many requests that came too early are kept; the rest are only counted.
    static nonisolated let mostEarly = 1_000

    nonisolated init(in surroundings: Surroundings) { self.surroundings = surroundings }

    /// What `/counts` tells.
    struct Told: Encodable, Equatable {
        var requests = 0
        /// How often each last user message was asked, refused requests included.
        var questions: [String: Int] = [:]
        var others = 0
        var largestConcurrency = 0
        /// Answers with a `Retry-After` in seconds.
        var refused = 0
        /// Requests that came before such an answer's time was over.
        var early = 0
        /// How long after that answer they came, in milliseconds.
        var earlyMs: [Int64] = []

        enum CodingKeys: String, CodingKey {
            case requests
            case questions
            case others
            case largestConcurrency = "largest_concurrency"
            case refused
            case early
            case earlyMs = "early_ms"
        }
    }

    /// The paths that tell the counts.
    nonisolated var routes: [Route] {
        [
            Route("GET", "/stats") { _, _ in self.stats },
            Route("GET", "/counts") { _, _ in self.counts },
        ]
    }

    /// Counts a request until its answer is written, which for a stream is after this returns.
    func count(_ answer: @Loop () async -> HTTPResponse) async -> HTTPResponse {
        begin()
        var response = await answer()
        learn(from: response)
        // A stream runs until it is written, unless the client has left before its beginning.
        if case .stream(let write) = response.body, !Task.isCancelled {
            response.body = .stream { writer in
                defer { self.running -= 1 }
                try await write(writer)
                self.answered += 1
            }
            return response
        }
        running -= 1
        if response.status == 200, !Task.isCancelled { answered += 1 }
        return response
    }

    /// Counts what is asked: the last user message of a request that is being counted.
    func ask(_ question: String) {
        let question = String(question.prefix(FakeCounts.questionLength))
        guard told.questions.count < FakeCounts.mostQuestions || told.questions[question] != nil
        else {
            told.others += 1
            return
        }
        told.questions[question, default: 0] += 1
    }

    private func begin() {
        received += 1
        running += 1
        told.largestConcurrency = max(told.largestConcurrency, running)
        guard let closed, surroundings.clock.now < closed.until else { return }
        told.early += 1
        guard told.earlyMs.count < FakeCounts.mostEarly else { return }
        told.earlyMs.append((surroundings.clock.now - closed.since).milliseconds())
    }

    private func learn(from response: HTTPResponse) {
        guard let seconds = response.headers["retry-after"].flatMap(Double.init) else { return }
        told.refused += 1
        let until = surroundings.clock.now + .seconds(seconds)
        if let closed, closed.until >= until { return }
        closed = (surroundings.clock.now, until)
    }

    private var stats: HTTPResponse {
        .json(
            Array(#"{"received":\#(received),"answered":\#(answered),"running":\#(running)}"#.utf8)
        )
    }

    private var counts: HTTPResponse {
        var told = told
        told.requests = received
        guard let json = try? JSON.encode(told) else { return .error(500, "no counts") }
        return .json(json)
    }
}
