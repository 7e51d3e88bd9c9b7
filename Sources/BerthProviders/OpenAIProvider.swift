package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthMemory

/// Any server that speaks OpenAI's chat completions: OpenAI, OpenRouter, Groq, Ollama, llama.cpp,
/// vLLM and many more.
@Loop package final class OpenAIProvider: ChatProvider {
    package nonisolated let name: String
    private let endpoint: String
    private let key: Secret?
    private let client: HTTPClient
    private let clock: any Clock
    /// OpenAI itself refuses `max_tokens` for its newer models; the others know only that name.
    private let outputMember: String

    /// Makes the provider; nothing is contacted.
    package init(_ settings: Configuration.Provider, client: HTTPClient, clock: any Clock) {
        name = settings.name
        endpoint = "\(settings.baseURL)/chat/completions"
        key = settings.apiKey
        outputMember =
            settings.baseURL.host == "api.openai.com" ? "max_completion_tokens" : "max_tokens"
        self.client = client
        self.clock = clock
    }

    package func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream {
        // Our copy of the request is held, and paid for, as long as the transfer.
        let held = ByteCount(call.request.bytes.count) + OpenAIStream.bufferSize
        let lease = try leased(held, call.account)
        let response = try await send(call, streaming: true)
        let type = response.headers["content-type"]?.lowercased()
        let isStream = type?.hasPrefix("text/event-stream") ?? false
        guard isStream else {
            let object = try await object(of: response, call, limit: OpenAIProvider.errorLimit)
            throw failure(in: object) ?? .malformed(provider: name, reason: "it does not stream")
        }
        return OpenAIStream(response, provider: name, key: key, lease: lease, clock: clock)
    }

    package func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion {
        let request = try leased(ByteCount(call.request.bytes.count), call.account)
        let response = try await send(call, streaming: false)
        var lease = try leased(.kibibytes(16), call.account)
        let object = try await collect(response, &lease)
        _ = consume request
        if let failure = failure(in: object) { throw failure }
        // Whoever passes the answer on makes a copy with its own id.
        let both = ByteCount(object.bytes.count) + ByteCount(object.bytes.count)
        do { try lease.grow(to: both, step: .zero) } catch { throw .memory(error) }
        lease.shrink(to: both)
        return ChatCompletion(
            object: object,
            text: OpenAIWire.text(of: object),
            usage: OpenAIWire.usage(in: object),
            lease: lease
        )
    }

    // MARK: Sending

    /// Error answers larger than this are not read further.
    private static let errorLimit = ByteCount.kibibytes(256)
    /// The largest whole answer: 1 MiB of text is 250,000 tokens; pictures in it are larger.
    private static let answerLimit = ByteCount.mebibytes(16)

    /// A whole answer's first byte is its last: a reasoning model may take OpenAI's own 600 s.
    private static let wholeDeadlines = HTTPClientDeadlines(firstByte: .seconds(600))

    private func send(
        _ call: ChatCall,
        streaming: Bool
    ) async throws(ProviderError) -> HTTPClientResponse {
        var headers: HTTPHeaders = [
            "content-type": "application/json",
            "accept": streaming ? "text/event-stream" : "application/json",
        ]
        if let key { headers["authorization"] = "Bearer \(key.reveal())" }
        let request = HTTPClientRequest(
            method: "POST",
            url: endpoint,
            headers: headers,
            body: body(call, streaming: streaming),
            deadlines: streaming ? HTTPClientDeadlines() : OpenAIProvider.wholeDeadlines
        )
        let response: HTTPClientResponse
        do { response = try await client.send(request) } catch { throw translated(error) }
        guard response.status == 200 else { throw await refusal(response, call) }
        return response
    }

    private func body(_ call: ChatCall, streaming: Bool) -> [UInt8] {
        let output = Array("\(call.maximumOutput)".utf8)
        // One of the two names, never both: whichever is left as it came could buy without bound.
        let names = ["max_completion_tokens", "max_tokens"]
        let named = names.first { call.request.has($0) } ?? outputMember
        let user = JSON.quote(call.user)
        return call.request.setting([
            "model": JSON.quote(call.model),
            "stream": Array("\(streaming)".utf8),
            "stream_options": streaming ? Array(#"{"include_usage":true}"#.utf8) : nil,
            names[0]: named == names[0] ? output : nil,
            names[1]: named == names[1] ? output : nil,
            "user": call.request.has("user") ? user : nil,
            "safety_identifier": call.request.has("safety_identifier") ? user : nil,
        ])
    }

    // MARK: Answers that are errors

    private func refusal(_ response: HTTPClientResponse, _ call: ChatCall) async -> ProviderError {
        let retryAfter = RetryAfter.read(response.headers, now: clock.timestamp)
        let object = try? await object(of: response, call, limit: OpenAIProvider.errorLimit)
        let error = object.flatMap { OpenAIWire.error(in: $0, hiding: key) }
        if error?.isAccountEmpty == true { return .accountEmpty(provider: name) }
        switch response.status {
        // A provider may repeat the key in its words: those are not passed on.
        case 401, 403:
            return .keyRefused(provider: name, status: response.status)
        case 402: return .accountEmpty(provider: name)
        case 429: return .rateLimited(provider: name, retryAfter: retryAfter)
        case 408, 500...:
            return .unavailable(
                provider: name,
                status: response.status,
                retryAfter: retryAfter
            )
        default:
            return .refused(
                provider: name,
                status: response.status,
                message: error?.message ?? "status \(response.status)",
                code: error?.code
            )
        }
    }

    private func failure(in object: JSONObject) -> ProviderError? {
        OpenAIWire.error(in: object, hiding: key).map {
            .failedMidway(provider: name, message: $0.message)
        }
    }

    // MARK: Bodies

    private func object(
        of response: HTTPClientResponse,
        _ call: ChatCall,
        limit: ByteCount
    ) async throws(ProviderError) -> JSONObject {
        var lease = try leased(limit, call.account)
        return try await collect(response, &lease, limit: limit)
    }

    private func collect(
        _ response: HTTPClientResponse,
        _ lease: inout MemoryLease,
        limit: ByteCount = OpenAIProvider.answerLimit
    ) async throws(ProviderError) -> JSONObject {
        var bytes: [UInt8] = []
        while let piece = try await next(response) {
            let total = ByteCount(bytes.count + piece.count)
            guard total <= limit else {
                response.cancel()
                throw .malformed(provider: name, reason: "it is larger than \(limit)")
            }
            do { try lease.grow(to: total, step: .kibibytes(64)) } catch { throw .memory(error) }
            bytes += piece
        }
        do { return try JSONObject(bytes) } catch {
            throw .malformed(provider: name, reason: error.description)
        }
    }

    private func next(_ response: HTTPClientResponse) async throws(ProviderError) -> [UInt8]? {
        do { return try await response.next() } catch { throw translated(error) }
    }

    private func leased(
        _ count: ByteCount,
        _ account: MemoryAccount
    ) throws(ProviderError) -> MemoryLease {
        do { return try account.lease(count, for: .upstreamTransfer) } catch {
            throw .memory(error)
        }
    }

    private func translated(_ error: HTTPClientError) -> ProviderError {
        ProviderError(error, provider: name)
    }
}
