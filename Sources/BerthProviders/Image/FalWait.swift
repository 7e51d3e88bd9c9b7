import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// The wait for one job of fal's queue, and the delivery of its pictures.
///
/// A paid job is not given up for a fault of the network: the status is asked for again until the
/// deadline.
@Loop final class FalWait {
    private let job: FalJob
    private let provider: FalProvider
    private let memory: PrepaidMemory
    private var generator: SeededGenerator
    private let end: Instant
    private var delay = FalWait.first
    /// The answers in a row that do not know the job.
    private var strangers = 0
    private var wantsLogs = true

    /// The time between the first two questions for the status.
    static nonisolated let first = Duration.milliseconds(500)
    /// The longest time between two questions, except where the provider asks for more.
    static nonisolated let longest = Duration.seconds(2)
    /// The longest time between two questions if the provider reports the end by itself.
    static nonisolated let longestReported = Duration.seconds(10)
    /// The answers in a row that do not know the job, after which it is given up.
    private static nonisolated let mostStrangers = 4
    /// The attempts to read the result of a job that has ended.
    private static nonisolated let mostReads = 6
    /// The most bytes of a status with its log.
    private static nonisolated let statusLimit = ByteCount.kibibytes(64)

    init(for job: FalJob, at provider: FalProvider, _ memory: PrepaidMemory) {
        self.job = job
        self.provider = provider
        self.memory = memory
        generator = provider.upstream.surroundings.entropy.generator()
        end = provider.upstream.surroundings.clock.now + provider.upstream.timeout.whole
    }

    private var upstream: Upstream { provider.upstream }
    private var clock: any Clock { upstream.surroundings.clock }
    private var name: String { provider.name }

    /// Waits for the job's end and delivers its pictures.
    func result(
        into receiver: any PictureReceiver,
        telling tell: @Loop (PictureProgress) -> Void
    ) async throws(ProviderError) -> PictureBill {
        var told: PictureProgress?
        while true {
            var pause: Duration?
            switch try await ask() {
            case .status(let status):
                strangers = 0
                if told != status.progress { tell(status.progress) }
                told = status.progress
                if case .ended(let hasFailed) = status {
                    return try await ended(hasFailed, into: receiver)
                }
            case .later(let wait): pause = wait
            case .stranger(let reason):
                strangers += 1
                guard strangers < FalWait.mostStrangers else { throw uncertain(reason) }
            }
            try await rest(pause)
        }
    }

    // MARK: The status

    private enum Answer {
        case status(FalStatus)
        /// There is no status at the moment.
        case later(Duration?)
        /// The answer is not about the job.
        case stranger(String)
    }

    private func ask() async throws(ProviderError) -> Answer {
        let link = wantsLogs ? FalWait.withLogs(job.status) : job.status
        guard let response = try await get(link) else { return .later(nil) }
        switch response.status {
        case 200, 202: break
        case 401, 403: throw uncertain("it rejects the API key")
        case 408, 425, 429, 500...:
            response.cancel()
            return .later(upstream.wait(of: response, nil))
        default:
            response.cancel()
            return .stranger("it does not know the job: status \(response.status)")
        }
        do throws(ProviderError) {
            let limit = FalWait.statusLimit
            let bytes = try await upstream.smallBody(of: response, memory, limit: limit)
            let text = Array(BodyForm.trimmed(bytes[...]))
            guard let answer = try? JSONObject(answer: text), let status = FalStatus(answer) else {
                return .stranger("its status cannot be read")
            }
            return .status(status)
        } catch {
            if error == .cancelled { throw error }
            if case .malformed = error { wantsLogs = false }  // the log is too long
            return .later(nil)
        }
    }

    private static nonisolated func withLogs(_ link: String) -> String {
        link + (link.contains("?") ? "&" : "?") + "logs=1"
    }

    /// Sends a request for something of the job; nil if no answer came.
    private func get(_ url: String) async throws(ProviderError) -> HTTPClientResponse? {
        var request = HTTPClientRequest(method: "GET", url: url, headers: provider.headers)
        request.route = upstream.route
        request.decodesBody = true
        request.deadlines = HTTPClientDeadlines(firstByte: .seconds(30), stall: .seconds(30))
        do throws(HTTPClientError) { return try await upstream.client.send(request) } catch {
            if error == .cancelled { throw .cancelled }
            return nil
        }
    }

    /// Waits before the next question: until the provider reports the end, or for a time that grows.
    private func rest(_ wanted: Duration?) async throws(ProviderError) {
        let left = end - clock.now
        guard left > .zero else { throw await late() }
        let longest = provider.hooks == nil ? FalWait.longest : FalWait.longestReported
        let jitter = Double.random(in: 0.8...1.2, using: &generator)
        let pause = max(wanted ?? .zero, delay * jitter)
        delay = min(delay * 1.5, longest)
        do {
            if let hooks = provider.hooks {
                await hooks.wait(for: job.id, atMost: min(pause, left))
                try Task.checkCancellation()
            } else {
                try await clock.sleep(for: min(pause, left))
            }
        } catch { throw .cancelled }
    }

    /// Ends a job that took too long.
    private func late() async -> ProviderError {
        await provider.cancel(job)
        let limit = upstream.timeout.whole.secondsRoundedUp
        return .timedOut(provider: name, reason: "the job was not done within \(limit) s")
    }

    private func uncertain(_ reason: String) -> ProviderError {
        .uncertain(provider: name, reason: reason)
    }

    // MARK: The result

    private func ended(
        _ hasFailed: Bool,
        into receiver: any PictureReceiver
    ) async throws(ProviderError) -> PictureBill {
        let delivery = PictureDelivery(of: name, to: receiver)
        delay = FalWait.first
        for attempt in 1...FalWait.mostReads {
            if let response = try await get(job.result) {
                if response.status == 200 {
                    return try await deliver(response, hasFailed, delivery)
                }
                if let failure = await failure(response, hasFailed) { throw failure }
            }
            guard attempt < FalWait.mostReads else { break }
            do { try await clock.sleep(for: delay) } catch { throw .cancelled }
            delay = min(delay * 2, .seconds(8))
        }
        throw hasFailed
            ? .unavailable(provider: name, status: 503, retryAfter: nil)
            : delivery.failure("the result of the job cannot be read")
    }

    private func deliver(
        _ response: HTTPClientResponse,
        _ hasFailed: Bool,
        _ delivery: PictureDelivery
    ) async throws(ProviderError) -> PictureBill {
        let whole = upstream.timeout.whole
        let answer = try await upstream.pictures(
            in: response,
            to: delivery,
            kind: nil,
            memory,
            within: whole
        )
        let isHidden = FalWait.hidden(in: answer.object)
        if !isHidden.isEmpty, isHidden.allSatisfy({ $0 }) {
            throw .rejectedJob(
                provider: name,
                status: 400,
                message: "its safety checker withheld the picture",
                code: FaultKind.contentPolicy.code
            )
        }
        let links = answer.links.enumerated().filter { index, _ in
            index >= isHidden.count || !isHidden[index]
        }
        guard delivery.finished > 0 || !links.isEmpty else {
            if hasFailed { throw .unavailable(provider: name, status: 503, retryAfter: nil) }
            throw delivery.failure("the result of the job names none")
        }
        try await provider.fetch.fetch(links.map(\.element), to: delivery)
        return PictureBill(pictures: max(delivery.finished, answer.links.count))
    }

    /// Whether the safety checker has made each picture black.
    private static nonisolated func hidden(in answer: JSONObject) -> [Bool] {
        (answer.elements("has_nsfw_concepts") ?? []).map {
            answer.bytes[$0].elementsEqual("true".utf8)
        }
    }

    /// The failure that the result of an ended job is; nil if it may be asked for again.
    private func failure(
        _ response: HTTPClientResponse,
        _ hasFailed: Bool
    ) async -> ProviderError? {
        let bytes = await upstream.errorBody(of: response, memory)
        let isOwn = BodyForm.of(bytes[...]) == .json
        let status = response.status
        // A gateway's page says nothing about the job.
        guard isOwn || hasFailed && !(500...).contains(status) else { return nil }
        if !hasFailed, [404, 408, 425, 429].contains(status) { return nil }
        if !hasFailed, [401, 403].contains(status) { return uncertain("it rejects the API key") }
        let fault = UpstreamFault(bytes, status: status, hiding: upstream.key)
        let wait = upstream.wait(of: response, fault)
        switch upstream.error(of: fault, status: status, retryAfter: wait) {
        case .refused(let provider, let status, let message, let code):
            // fal charges for a refusal if the model had begun to work.
            return .rejectedJob(provider: provider, status: status, message: message, code: code)
        case .keyRefused(let provider, let status):
            return .unavailable(provider: provider, status: status, retryAfter: nil)
        case let error: return error
        }
    }
}
