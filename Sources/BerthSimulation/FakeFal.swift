package import BerthHTTP
package import BerthLoop
import BerthMemory
import BerthProviders
package import BerthTelemetry
import BerthText

/// A server that implements fal's queue and misbehaves on demand.
///
/// A part of the model's name selects the behavior, such as `fake/flux/lost-reply`;
/// ``FakeFalBehavior`` and ``FakePictures/Fault`` list them. With any other name the fake makes
/// pictures.
@Loop package final class FakeFal {
    /// The speed of jobs.
    package struct Pace: Sendable {
        /// The time in the queue.
        package var queue: Duration
        /// The time of a tenth of the work.
        package var step: Duration

        /// Makes a pace.
        ///
        /// The default is done at once.
        package init(queue: Duration = .zero, step: Duration = .zero) {
            self.queue = queue
            self.step = step
        }
    }

    /// The counters of the jobs.
    package struct Tally: Encodable, Equatable, Sendable {
        /// The jobs that were taken.
        package var submits = 0
        /// The jobs that were ended on demand.
        package var cancels = 0
        /// The requests for a result that were answered with pictures.
        package var results = 0
        /// The reports that were sent.
        package var reports = 0
        /// The pictures that were downloaded.
        package var downloads = 0
    }

    /// Counters of the submits received.
    package let counts: FakeCounts
    private let pace: Pace
    private let surroundings: Surroundings
    private let pictures: FakePictures
    private let reporter: FakeFalReporter?
    private var jobs: [String: FakeFalJob] = [:]
    private var order: [String] = []
    private var tallied = Tally()

    /// The jobs that are kept.
    static nonisolated let mostJobs = 10_000

    /// Makes the fake.
    ///
    /// An HTTP server runs its ``handler``. The reports about jobs are sent by `client`.
    package nonisolated init(
        pace: Pace,
        client: (any HTTPSending)? = nil,
        in surroundings: Surroundings
    ) {
        self.pace = pace
        self.surroundings = surroundings
        counts = FakeCounts(in: surroundings)
        pictures = FakePictures(clock: surroundings.clock)
        reporter = client.flatMap { FakeFalReporter($0, surroundings.clock) }
    }

    /// The counters of the jobs.
    package var tally: Tally {
        var tally = tallied
        tally.downloads = pictures.downloads
        return tally
    }

    /// The request handler for an HTTP server.
    package nonisolated var handler: HTTPHandler {
        let routes = [
            Route("GET", "/jobs") { _, _ in
                .json((try? JSON.encode(self.tally)) ?? [])
            },
            Route("GET", "/.well-known/jwks.json") { _, _ in
                self.reporter?.keys ?? .error(404, "There are no keys")
            },
            Route("POST", "/*") { request, values in
                await self.counts.count { await self.submit(request, values[0]) }
            },
            Route("GET", "/:owner/:app/requests/:id/status") { request, values in
                self.status(request, values[2])
            },
            Route("GET", "/:owner/:app/requests/:id") { request, values in
                await self.result(request, values[2])
            },
            Route("PUT", "/:owner/:app/requests/:id/cancel") { request, values in
                self.cancel(request, values[2])
            },
        ]
        let router = Router(routes + counts.routes + [pictures.route])
        return { request in await router.answer(request) }
    }

    /// An error in fal's form.
    nonisolated static func error(_ status: Int, _ detail: String, type: String? = nil)
        -> HTTPResponse
    {
        let type = type.map { #","error_type":"\#($0)""# } ?? ""
        let json = Array(#"{"detail":"#.utf8) + JSON.quote(detail) + Array("\(type)}".utf8)
        return .json(json, status: status)
    }

    private static func refusal(of request: HTTPRequest) -> HTTPResponse? {
        guard request.headers["authorization"]?.hasPrefix("Key ") == true else {
            return error(401, "Authentication is required to access this application.")
        }
        return nil
    }

    // MARK: Submit

    private func submit(_ request: HTTPRequest, _ model: String) async -> HTTPResponse {
        if let refusal = FakeFal.refusal(of: request) { return refusal }
        let parts = model.split(separator: "/").map(String.init)
        guard parts.count >= 2 else { return FakeFal.error(404, "Path /\(model) not found") }
        guard let input = await FakeOpenAI.body(of: request), let prompt = input.string("prompt")
        else { return FakeFalBehavior.invalid.refusal ?? FakeFal.error(422, "no prompt") }
        counts.ask(prompt)
        let behavior = parts.lazy.compactMap { FakeFalBehavior(rawValue: $0) }.first
        if let refusal = behavior?.refusal { return refusal }
        let id = surroundings.entropy.bytes(16).hex
        let job = FakeFalJob(id: id, app: "\(parts[0])/\(parts[1])", input, behavior, parts)
        keep(job, report: request.query("fal_webhook"), host: request)
        switch behavior {
        case .lostReply:
            return HTTPResponse(
                headers: ["content-type": "application/json"],
                body: .stream { writer in
                    try await writer.write(Array(#"{"request_id":"#.utf8))
                    throw HTTPServerError.clientGone
                }
            )
        case .gatewayReply:
            let page = Array("<html><title>504 Gateway Time-out</title></html>".utf8)
            return .bytes(page, type: "text/html", status: 504)
        case .nameless: return .json(Array(#"{"status":"IN_QUEUE","queue_position":0}"#.utf8))
        default: return .json(job.receipt(at: host(request)))
        }
    }

    private func host(_ request: HTTPRequest) -> String {
        "http://" + (request.headers["host"] ?? "localhost")
    }

    private func keep(_ job: FakeFalJob, report: String?, host: HTTPRequest) {
        var job = job
        let now = surroundings.clock.now
        job.begins = now + pace.queue
        job.step = pace.step
        tallied.submits += 1
        if order.count >= FakeFal.mostJobs { jobs[order.removeFirst()] = nil }
        jobs[job.id] = job
        order.append(job.id)
        guard let report, let reporter, job.behavior != .never else { return }
        let body = job.result(for: host).bytes
        surroundings.clock.schedule(after: pace.queue + pace.step * 10) { [weak self] in
            guard let self, self.jobs[job.id]?.isCancelled == false else { return }
            self.tallied.reports += 1
            reporter.report(job.id, body, to: report)
        }
    }

    // MARK: A job

    private func status(_ request: HTTPRequest, _ id: String) -> HTTPResponse {
        if let refusal = FakeFal.refusal(of: request) { return refusal }
        guard var job = jobs[id], job.behavior != .forgets else {
            return FakeFal.error(404, "Request not found")
        }
        job.asked += 1
        jobs[id] = job
        if job.behavior == .flakyStatus, !job.asked.isMultiple(of: 2) {
            return HTTPResponse(status: 503)
        }
        let (json, isDone) = job.status(now: surroundings.clock.now, pace.queue)
        return .json(Array(json.utf8), status: isDone ? 200 : 202)
    }

    private func result(_ request: HTTPRequest, _ id: String) async -> HTTPResponse {
        if let refusal = FakeFal.refusal(of: request) { return refusal }
        guard var job = jobs[id] else { return FakeFal.error(404, "Request not found") }
        guard job.isDone(now: surroundings.clock.now) else {
            return FakeFal.error(400, "Request is still in progress")
        }
        job.read += 1
        jobs[id] = job
        if job.behavior == .flakyResult, job.read < 3 {
            return .bytes(Array("<html>502</html>".utf8), type: "text/html", status: 502)
        }
        let (status, bytes) = job.result(for: request)
        if status == 200 { tallied.results += 1 }
        return .json(bytes, status: status)
    }

    private func cancel(_ request: HTTPRequest, _ id: String) -> HTTPResponse {
        if let refusal = FakeFal.refusal(of: request) { return refusal }
        guard let job = jobs[id] else { return .json(word("NOT_FOUND"), status: 404) }
        guard !job.isDone(now: surroundings.clock.now) else {
            return .json(word("ALREADY_COMPLETED"), status: 400)
        }
        jobs[id]?.isCancelled = true
        tallied.cancels += 1
        return .json(word("CANCELLATION_REQUESTED"), status: 202)
    }

    private func word(_ status: String) -> [UInt8] { Array(#"{"status":"\#(status)"}"#.utf8) }
}
