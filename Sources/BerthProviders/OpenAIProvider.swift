package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthTelemetry
import BerthText

/// A provider that uses OpenAI's chat completions, such as OpenAI, OpenRouter, Groq, Ollama,
/// llama.cpp or vLLM.
@Loop package final class OpenAIProvider: ChatProvider {
    package nonisolated var name: String { upstream.name }
    private let upstream: Upstream
    private let endpoint: String
    /// The name of the output limit.
    ///
    /// OpenAI rejects `max_tokens` for its newer models; other servers know only that name.
    private let outputMember: String
    /// The models that have rejected a temperature, at most as many as are configured.
    private var untempered: Set<String> = []
    private let unknown: UnknownMembers

    /// Makes the provider without contacting the server.
    package init(
        _ settings: Configuration.Provider,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        upstream = Upstream(
            name: settings.name,
            key: settings.apiKey,
            route: HTTPClientRoute(settings),
            timeout: settings.timeout,
            client: client,
            surroundings: surroundings
        )
        endpoint = "\(settings.baseURL)/chat/completions"
        unknown = UnknownMembers(
            of: settings.name,
            arePassed: settings.passUnknown,
            in: surroundings
        )
        outputMember =
            settings.baseURL.host == "api.openai.com" ? "max_completion_tokens" : "max_tokens"
    }

    package func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream {
        // The copy of the request is held, and leased, until the transfer ends.
        let need = ChatCall.need(of: ByteCount(call.request.bytes.count))
        let lease = try upstream.leased(need, call)
        let asked = upstream.surroundings.clock.now
        let response = try await send(call, streaming: true)
        let events = try await upstream.events(of: response, lease, since: asked, for: call)
        return OpenAIStream(events, provider: name, mayBeEmpty: call.request.has("stop"))
    }

    package func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion {
        let size = ByteCount(call.request.bytes.count)
        let request = try upstream.leased(Upstream.sending(size), call)
        var lease = try upstream.leased(Upstream.wholeStart, call)
        let asked = upstream.surroundings.clock.now
        let response = try await send(call, streaming: false)
        let chunks = try await upstream.chunks(of: response, &lease, since: asked)
        _ = consume request
        let mayBeEmpty = call.request.has("stop")
        let received = chunks.reduce(0) { $0 + $1.bytes.count }
        let headers = response.headers
        let (object, bill) = try await LargeWork.run(on: received) {
            [upstream] () throws(ProviderError) in
            let object = try upstream.completion(of: chunks, mayBeEmpty: mayBeEmpty)
            return (object, ProviderBill.micros(in: object.object("usage"), headers))
        }
        // The caller makes a copy of the answer to set its own id.
        let both = ByteCount(object.bytes.count) + ByteCount(object.bytes.count)
        try upstream.grow(&lease, to: both)
        lease.shrink(to: both)
        return await ChatCompletion(
            object,
            bill: bill,
            lease: lease,
            to: call
        )
    }

    /// Sends a request.
    ///
    /// If the model rejects its temperature, the request is repeated without one.
    ///
    /// OpenAI's o-series and GPT-5 reject any temperature except 1. A rejected request is free.
    private func send(
        _ call: ChatCall,
        streaming: Bool
    ) async throws(ProviderError) -> HTTPClientResponse {
        let isTempered = call.request.has("temperature") && !untempered.contains(call.model)
        do throws(ProviderError) { return try await post(call, streaming: streaming) } catch {
            guard isTempered, error.isAboutTemperature else { throw error }
            untempered.insert(call.model)
            return try await post(call, streaming: streaming)
        }
    }

    private func post(
        _ call: ChatCall,
        streaming: Bool
    ) async throws(ProviderError) -> HTTPClientResponse {
        var headers: HTTPHeaders = [:]
        if let key = upstream.key { headers["authorization"] = "Bearer \(key.reveal())" }
        return try await upstream.post(
            await body(call, streaming: streaming),
            to: endpoint,
            headers: headers,
            streaming: streaming,
            memory: call.memory
        )
    }

    private func body(_ call: ChatCall, streaming: Bool) async -> [UInt8] {
        let output = Array("\(call.maximumOutput)".utf8)
        // Exactly one of the two names is set. The other is removed, because a client's value in it
        // could raise the limit.
        let names = ["max_completion_tokens", "max_tokens"]
        let named = names.first { call.request.has($0) } ?? outputMember
        let user = JSON.quote(call.user)
        let temperature = call.request.value("temperature").map(Array.init)
        let changes: KeyValuePairs<String, [UInt8]?> = [
            "model": JSON.quote(call.model),
            "stream": Array("\(streaming)".utf8),
            "stream_options": streaming ? Array(#"{"include_usage":true}"#.utf8) : nil,
            names[0]: named == names[0] ? output : nil,
            names[1]: named == names[1] ? output : nil,
            "temperature": untempered.contains(call.model) ? nil : temperature,
            "user": call.request.has("user") ? user : nil,
            "safety_identifier": call.request.has("safety_identifier") ? user : nil,
        ]
        let (request, dropped) = (call.request, unknown.dropped(call.unknown))
        return await LargeWork.run(on: request.bytes.count) {
            request.setting(changes, dropping: dropped)
        }
    }
}

extension ProviderError {
    /// Whether a model rejects the requested temperature, by OpenAI's error code and message.
    fileprivate var isAboutTemperature: Bool {
        guard case .refused(_, 400, let message, let code) = self else { return false }
        return ["unsupported_value", "unsupported_parameter"].contains(code)
            && message.contains("temperature")
    }
}
