package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthMemory
import BerthTelemetry
package import BerthText

/// fal's queue, whose every job the test works at.
///
/// Several services may use it one after the other.
@Loop package final class HandFal {
    /// The orders so far, also those that were lost.
    package private(set) var orders = 0
    /// The jobs, in the order of their acceptance.
    package private(set) var jobs: [HandFalJob] = []
    /// Whether the replies to orders break off, so that their clients know of no job.
    package var losesReplies = false
    private let accepted = Mailbox<HandFalJob>()
    private let pool = TaskPool()
    private let stop = Stop()
    private var port = 0

    /// Starts the server.
    package init() throws {
        let machine = MachineListening(in: Surroundings(log: .silent))
        let listener = try machine.bind(.tcp(host: "127.0.0.1", port: 0), limits: .patient)
        port = listener.port
        let (service, stop) = (HTTPService(on: listener, handler), stop)
        pool.spawn { try? await service.run(until: stop) }
    }

    /// Ends the server.
    package func end() async {
        pool.cancelAll()
        await pool.drain()
    }

    /// Names it as the provider `fal` with one model of pictures, at 0.04 dollars a picture.
    ///
    /// - Parameters:
    ///   - settings: the configuration.
    ///   - prompt: the language that the model wants its prompts in, or nil for any.
    package func configure(_ settings: inout Configuration, prompt: String? = nil) {
        let text = """
            providers:
              - name: fal
                kind: fal
                base_url: http://127.0.0.1:\(port)
                api_key: sk-fal-secret
            models:
              image:
                - { provider: fal, model: fal-ai/hand, price: { image: 0.04 }\
            \(prompt.map { ", prompt: \($0)" } ?? "") }
            """
        guard let folder = try? TemporaryFolder(),
            (try? folder.write(Array(text.utf8), to: "berth.yaml")) != nil,
            let file = try? ConfigurationFile.load(
                path: folder.path(of: "berth.yaml"),
                environment: { _ in nil }
            )
        else { return }
        settings.providers += file.configuration.providers
        settings.imageModels = file.configuration.imageModels
    }

    /// Waits for the next job.
    package func job() async throws -> HandFalJob { try await accepted.next("a job at fal") }

    private var handler: HTTPHandler { { request in await self.answer(request) } }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let parts = request.path.split(separator: "/").map(String.init)
        if parts.first == "pictures", let job = job(parts.last) { return job.picture }
        guard let place = parts.firstIndex(of: "requests"), place + 1 < parts.count else {
            return await order(request)
        }
        guard let job = job(parts[place + 1]) else { return .error(404, "no such request") }
        switch parts.last {
        case "status": return .json(Array(job.status.utf8))
        case "cancel":
            job.cancel()
            return .json(Array(#"{"status":"CANCELLATION_REQUESTED"}"#.utf8))
        default: return job.result("http://127.0.0.1:\(port)/pictures/\(job.id)")
        }
    }

    private func job(_ id: String?) -> HandFalJob? { jobs.first { $0.id == id } }

    private func order(_ request: HTTPRequest) async -> HTTPResponse {
        guard let bytes = try? await request.body.collect(atMost: .mebibytes(1)),
            let input = try? JSONObject(bytes)
        else { return .error(400, "no JSON object") }
        orders += 1
        if losesReplies {
            return HTTPResponse(body: .stream { _ in throw CancellationError() })
        }
        let job = HandFalJob("job-\(orders)", input)
        jobs.append(job)
        accepted.put(job)
        return .json(Array(#"{"request_id":"\#(job.id)"}"#.utf8))
    }
}

/// One job of a ``HandFal``, which waits in the queue until the test says more.
@Loop package final class HandFalJob {
    /// fal's name of it.
    package let id: String
    /// The input, as the client sent it.
    package let input: JSONObject
    /// Whether the client has asked for its end.
    package private(set) var isCancelled = false
    fileprivate private(set) var status = #"{"status":"IN_QUEUE","queue_position":3}"#
    private var body = HandFalJob.png
    private var failure: HTTPResponse?

    fileprivate init(_ id: String, _ input: JSONObject) {
        self.id = id
        self.input = input
    }

    /// The job is worked at.
    package func begin() { status = #"{"status":"IN_PROGRESS"}"# }

    /// The job is done, with as many pictures as were asked for, whose bytes are `body`.
    package func finish(_ body: [UInt8] = HandFalJob.png) {
        self.body = body
        status = #"{"status":"COMPLETED"}"#
    }

    /// The job has failed.
    package func fail(_ failure: HTTPResponse) {
        self.failure = failure
        status = #"{"status":"COMPLETED","error":"it failed"}"#
    }

    fileprivate func cancel() { isCancelled = true }

    fileprivate var picture: HTTPResponse {
        HTTPResponse(headers: ["content-type": "image/png"], body: .bytes(body))
    }

    fileprivate func result(_ url: String) -> HTTPResponse {
        if let failure { return failure }
        let picture = #"{"url":"\#(url)","content_type":"image/png"}"#
        let count = input.integer("num_images") ?? 1
        let list = [String](repeating: picture, count: count).joined(separator: ",")
        return .json(Array(#"{"images":[\#(list)]}"#.utf8))
    }

    /// A PNG of one red pixel.
    package static nonisolated let png: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44,
        0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90,
        0x77, 0x53, 0xDE, 0x00, 0x00, 0x00, 0x0C, 0x49, 0x44, 0x41, 0x54, 0x08, 0xD7, 0x63, 0xF8,
        0xCF, 0xC0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0x18, 0xDD, 0x8D, 0xB0, 0x00, 0x00, 0x00,
        0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
    ]
}
