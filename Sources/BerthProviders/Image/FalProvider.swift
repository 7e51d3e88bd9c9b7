package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthMemory
package import BerthTelemetry
import BerthText

/// The queue of fal.ai, which keeps jobs.
///
/// Source: <https://docs.fal.ai/model-apis/model-endpoints/queue>, as of 2026-11.
@Loop package final class FalProvider: PictureProvider {
    package nonisolated var name: String { upstream.name }
    package nonisolated var keepsJobs: Bool { true }
    let upstream: Upstream
    let base: WebURL
    let fetch: PictureFetch
    /// The orders that are being sent, which a cancelled caller does not end.
    private let orders = TaskPool()
    /// Wakes the waits for jobs whose end fal reports; nil if it cannot reach this service.
    let hooks: FalHooks?

    /// The time for which fal keeps a picture, which a service that is down may still fetch.
    private static nonisolated let kept = Duration.seconds(86_400)

    /// Makes the provider without contacting the server.
    ///
    /// `url` is the service's own, which fal reports to if it is public.
    package init(
        _ settings: Configuration.Provider,
        url: WebURL? = nil,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        upstream = Upstream(settings, client, in: surroundings)
        base = settings.baseURL
        fetch = PictureFetch(settings, client, surroundings.clock)
        hooks = url.flatMap { FalHooks(settings, $0, client, in: surroundings) }
    }

    package func order(
        _ call: PictureCall,
        into receiver: any PictureReceiver
    ) async throws(ProviderError) -> PictureOrder {
        if Task.isCancelled { throw .cancelled }
        // A cancelled order would be a job that nobody can cancel, because its name is unknown.
        let outcome = Outcome()
        let task = orders.spawn {
            do throws(ProviderError) {
                outcome.value = .success(try await self.ordered(call))
            } catch {
                outcome.value = .failure(error)
            }
        }
        await task.value
        return .job(try outcome.value.get())
    }

    /// The outcome of an order.
    @Loop private final class Outcome {
        var value: Result<PictureJob, ProviderError> = .failure(.cancelled)
    }

    private func ordered(_ call: PictureCall) async throws(ProviderError) -> PictureJob {
        let parts = FalInput.parts(call.request, model: call.model)
        let upload = PictureUpload(parts)
        let isPlain = parts.count == 1
        let need = isPlain ? Upstream.sending(ByteCount(upload.length)) : PictureUpload.memory
        let lease: MemoryLease
        do { lease = try call.memory.take(need, for: .upstreamTransfer) } catch {
            throw .memory(error)
        }
        var request = HTTPClientRequest(url: submit(call.model), headers: submitHeaders)
        request.deadlines = HTTPClientDeadlines(
            firstByte: upstream.timeout.first,
            stall: upstream.timeout.next
        )
        if case .bytes(let bytes) = parts[0], isPlain {
            request.body = bytes
        } else {
            request.upload = upload
        }
        let response = try await upstream.order(request, memory: call.memory)
        let job = try await job(in: response, call)
        _ = consume lease
        return PictureJob(model: call.model, text: job.text)
    }

    /// Reads the answer to an order that was taken.
    private func job(
        in response: HTTPClientResponse,
        _ call: PictureCall
    ) async throws(ProviderError) -> FalJob {
        let limit = ByteCount.kibibytes(64)
        guard let bytes = try? await upstream.smallBody(of: response, call.memory, limit: limit)
        else { throw .uncertain(provider: name, reason: "its answer broke off") }
        let text = Array(BodyForm.trimmed(bytes[...]))
        guard let answer = try? JSONObject(answer: text) else {
            throw .uncertain(provider: name, reason: "its answer is no JSON")
        }
        if let job = FalJob(answer, model: call.model, base: base) { return job }
        if let fault = UpstreamFault.find(in: answer, hiding: upstream.key) {
            throw upstream.error(of: fault, status: fault.status ?? 422, retryAfter: fault.wait)
        }
        throw .uncertain(provider: name, reason: "its answer names no request")
    }

    private func submit(_ model: String) -> String {
        let hook = hooks.map { "?fal_webhook=" + FalProvider.escaped($0.url) } ?? ""
        return "\(base)/\(model)\(hook)"
    }

    private static nonisolated func escaped(_ url: String) -> String {
        url.utf8.reduce(into: "") { text, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%" + [byte].hex.uppercased()
            }
        }
    }

    private var submitHeaders: HTTPHeaders {
        var headers = headers
        headers["content-type"] = "application/json"
        // fal drops a job that has not begun by the time at which the wait for it ends.
        headers["x-fal-request-timeout"] = "\(max(1, upstream.timeout.whole.secondsRoundedUp))"
        let seconds = FalProvider.kept.secondsRoundedUp
        headers["x-fal-object-lifecycle-preference"] =
            #"{"expiration_duration_seconds":\#(seconds)}"#
        return headers
    }

    /// The fields of every request.
    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["accept": "application/json"]
        if let key = upstream.key { headers["authorization"] = "Key \(key.reveal())" }
        return headers
    }

    package func result(
        of job: PictureJob,
        memory: PrepaidMemory,
        into receiver: any PictureReceiver,
        telling tell: @Loop (PictureProgress) -> Void
    ) async throws(ProviderError) -> PictureBill {
        guard let place = FalJob(job, base: base) else {
            throw .uncertain(provider: name, reason: "the stored job cannot be read")
        }
        hooks?.begin(place.id)
        defer { hooks?.end(place.id) }
        let wait = FalWait(for: place, at: self, memory)
        return try await wait.result(into: receiver, telling: tell)
    }

    package func cancel(_ job: PictureJob) async {
        guard let place = FalJob(job, base: base) else { return }
        // The caller is often cancelled itself.
        let task = orders.spawn { await self.cancel(place) }
        await task.value
    }

    /// Asks fal to end a job.
    func cancel(_ place: FalJob) async {
        var request = HTTPClientRequest(method: "PUT", url: place.cancel, headers: headers)
        request.route = upstream.route
        request.deadlines = HTTPClientDeadlines(firstByte: .seconds(15), stall: .seconds(5))
        guard let response = try? await upstream.client.send(request) else { return }
        response.cancel()
    }
}
