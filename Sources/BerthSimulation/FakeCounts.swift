import BerthHTTP
package import BerthLoop
import BerthTelemetry
import BerthText

/// Counters of a fake provider: its requests, their questions, their concurrency, and the requests
/// that came before a `Retry-After` was over.
///
/// `GET /stats` and `GET /counts` return them, so that end-to-end tests see what was requested.
@Loop package final class FakeCounts {
    /// The number of requests received.
    package private(set) var received = 0
    /// The number of requests whose whole answer was handed to the network.
    package private(set) var answered = 0
    /// The number of requests being answered.
    package private(set) var running = 0

    private let surroundings: Surroundings
    /// The number of answers that have begun, by question.
    ///
    /// A provider charges for them, also if they end early.
    private(set) var sold: [String: Int] = [:]
    /// The body of `/counts`; its `requests` is filled in when it is sent.
    private(set) var snapshot = Snapshot()
    private var closed: (since: Instant, until: Instant)?

    /// The maximum number of questions counted separately.
    ///
    /// Further ones are counted together.
    static nonisolated let mostQuestions = 10_000
    /// The maximum number of questions whose answers are counted.
    static nonisolated let mostSold = 100_000
    /// The number of characters by which questions are compared.
    static nonisolated let questionLength = 512
    /// The maximum number of early requests whose times are kept.
    ///
    /// Further ones are only counted.
    static nonisolated let mostEarly = 1_000

    nonisolated init(in surroundings: Surroundings) { self.surroundings = surroundings }

    /// The body of `/counts`.
    struct Snapshot: Encodable, Equatable {
        var requests = 0
        /// The number of requests by last user message, refused requests included.
        var questions: [String: Int] = [:]
        var others = 0
        var largestConcurrency = 0
        /// The number of answers with a `Retry-After` in seconds.
        var refused = 0
        /// The number of requests received before such a `Retry-After` was over.
        var early = 0
        /// The time from that answer to each early request, in milliseconds.
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

    /// The routes that return the counters.
    nonisolated var routes: [Route] {
        [
            Route("GET", "/stats") { _, _ in self.stats },
            Route("GET", "/counts") { _, _ in self.counts },
        ]
    }

    /// Counts a request until its answer is written.
    ///
    /// A stream is written after this function returns.
    func count(_ answer: @Loop () async -> HTTPResponse) async -> HTTPResponse {
        begin()
        var response = await answer()
        learn(from: response)
        // A stream counts as running until it is written. If the client disconnected before the
        // stream began, it is never written.
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

    /// Counts a question: the last user message of the request being counted.
    func ask(_ question: String) {
        let question = question.cut(toBytes: FakeCounts.questionLength)
        guard
            snapshot.questions.count < FakeCounts.mostQuestions
                || snapshot.questions[question] != nil
        else {
            snapshot.others += 1
            return
        }
        snapshot.questions[question, default: 0] += 1
    }

    /// Counts an answer that begins to the last user message of a request.
    func sell(_ question: String) {
        let question = question.cut(toBytes: FakeCounts.questionLength)
        guard sold.count < FakeCounts.mostSold || sold[question] != nil else { return }
        sold[question, default: 0] += 1
    }

    private func begin() {
        received += 1
        running += 1
        snapshot.largestConcurrency = max(snapshot.largestConcurrency, running)
        guard let closed, surroundings.clock.now < closed.until else { return }
        snapshot.early += 1
        guard snapshot.earlyMs.count < FakeCounts.mostEarly else { return }
        snapshot.earlyMs.append((surroundings.clock.now - closed.since).milliseconds())
    }

    private func learn(from response: HTTPResponse) {
        guard let seconds = response.headers["retry-after"].flatMap(Double.init) else { return }
        snapshot.refused += 1
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
        var snapshot = snapshot
        snapshot.requests = received
        guard let json = try? JSON.encode(snapshot) else {
            return .error(500, "the counts cannot be encoded")
        }
        return .json(json)
    }
}
