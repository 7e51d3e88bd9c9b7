package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthTelemetry
package import BerthText

/// A provider that uses Anthropic's Messages API, with requests and answers in OpenAI's format.
///
/// Source of headers and paths: <https://platform.claude.com/docs/en/api/overview>, as of 2026-11.
@Loop package final class AnthropicProvider: ChatProvider {
    /// The API version that Berth uses, which no longer has sampling parameters.
    package static nonisolated let version = "2026-10-21"

    package nonisolated var name: String { upstream.name }
    private let upstream: Upstream
    private let endpoint: String
    private let unknown: UnknownMembers
    private let learner: QuirkLearner

    /// Makes the provider without contacting the server.
    ///
    /// The provider keeps the quirks of its server in `quirks`.
    package init(
        _ settings: Configuration.Provider,
        client: any HTTPSending,
        quirks: QuirkBook = QuirkBook(),
        in surroundings: Surroundings
    ) {
        upstream = Upstream(settings, client, in: surroundings)
        endpoint = "\(settings.baseURL)/v1/messages"
        // The translation leaves out all that it does not know.
        unknown = UnknownMembers(of: settings.name, arePassed: false, in: surroundings)
        learner = QuirkLearner(settings, quirks, in: surroundings)
    }

    /// Returns the header fields of every request: the version, and the key if there is one.
    package static nonisolated func headers(key: Secret?) -> HTTPHeaders {
        var headers: HTTPHeaders = ["anthropic-version": version]
        if let key { headers["x-api-key"] = key.reveal() }
        return headers
    }

    package func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream {
        try await learner.stream(call) { [self] (trial) async throws(ProviderError) in
            try await open(trial)
        }
    }

    package func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion {
        try await learner.complete(call) { (trial) async throws(ProviderError) in
            try await whole(trial)
        }
    }

    /// Makes an attempt at a streamed answer.
    private func open(_ trial: QuirkTrial) async throws(ProviderError) -> any ChatStream {
        let (call, isStream) = (trial.call, trial.asksForStream)
        var lease = try upstream.leased(UpstreamEvents.bufferSize, call)
        let body = try await body(trial, on: &lease)
        let asked = upstream.surroundings.clock.now
        let response = try await post(body, call, streaming: isStream)
        let limit = upstream.limit(streaming: isStream)
        let events = try await upstream.events(of: response, lease, since: asked, limit, for: call)
        return AnthropicStream(events, provider: name, mayBeEmpty: call.request.has("stop"))
    }

    /// Makes an attempt at a whole answer.
    private func whole(_ trial: QuirkTrial) async throws(ProviderError) -> ChatCompletion {
        let call = trial.call
        var request = try upstream.leased(.zero, call)
        let body = try await body(trial, on: &request)
        var lease = try upstream.leased(Upstream.wholeStart, call)
        let asked = upstream.surroundings.clock.now
        let response = try await post(body, call, streaming: false)
        let chunks = try await upstream.chunks(of: response, &lease, since: asked)
        _ = consume request
        let mayBeEmpty = call.request.has("stop")
        // Quoting a tool call's arguments doubles their size at most. The caller makes another
        // copy of the answer to set its own id.
        let size = chunks.reduce(0) { $0 + $1.bytes.count }
        try upstream.grow(&lease, to: ByteCount(3 * size + 1024))
        let object = try await LargeWork.run(on: size) { [upstream] () throws(ProviderError) in
            try upstream.completion(ofMessage: chunks, mayBeEmpty: mayBeEmpty)
        }
        let both = ByteCount(2 * object.bytes.count)
        lease.shrink(to: both)
        try upstream.grow(&lease, to: both)
        return await ChatCompletion(object, lease: lease, to: call)
    }

    package nonisolated func followsStops(of request: JSONObject) -> Bool {
        AnthropicRequest.stops(of: request)?.allSatisfy { !JSONObject.isBlank($0) } ?? true
    }

    /// Returns the request's body, after growing `lease` by its size.
    private func body(
        _ trial: QuirkTrial,
        on lease: inout MemoryLease
    ) async throws(ProviderError) -> [UInt8] {
        let call = trial.call
        var request = AnthropicRequest(call, streaming: trial.asksForStream)
        request.maximumOutput = trial.maximumOutput
        request.namesUser = !trial.quirks.lacks(.user)
        _ = unknown.dropped(call.unknown)
        let paid = lease.count
        let copy = try upstream.leased(ByteCount(request.expectedSize), call)
        let body: [UInt8]
        do {
            body = try await LargeWork.run(on: call.request.work) {
                [request] () throws(AnthropicRequest.Refusal) in try request.body()
            }
        } catch {
            throw .untranslatable(provider: name, reason: error.message)
        }
        lease.join(copy)
        let held = paid + Upstream.sending(ByteCount(body.count))
        do { try lease.grow(to: held, step: .zero) } catch { throw .memory(error) }
        lease.shrink(to: held)
        return body
    }

    private func post(
        _ body: [UInt8],
        _ call: ChatCall,
        streaming: Bool
    ) async throws(ProviderError) -> HTTPClientResponse {
        try await upstream.post(
            body,
            to: endpoint,
            headers: AnthropicProvider.headers(key: upstream.key),
            streaming: streaming,
            memory: call.memory
        )
    }
}
