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
    private let learner: QuirkLearner
    private let unknown: UnknownMembers

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
        endpoint = "\(settings.baseURL)/chat/completions"
        unknown = UnknownMembers(
            of: settings.name,
            arePassed: settings.passUnknown,
            in: surroundings
        )
        learner = QuirkLearner(settings, quirks, in: surroundings)
    }

    package func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream {
        try await learner.stream(call) { [self] (trial) async throws(ProviderError) in
            try await open(trial)
        }
    }

    package func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion {
        try await learner.complete(call) { (trial) async throws(ProviderError) in
            trial.asksForStream ? try await collected(trial) : try await whole(trial)
        }
    }

    /// Makes an attempt at a streamed answer.
    private func open(_ trial: QuirkTrial) async throws(ProviderError) -> any ChatStream {
        let call = trial.call
        // The copy of the request is held, and leased, until the transfer ends.
        let need = ChatCall.need(of: ByteCount(call.request.bytes.count))
        let lease = try upstream.leased(need, call)
        let asked = upstream.surroundings.clock.now
        let response = try await post(trial)
        let limit = upstream.limit(streaming: trial.asksForStream)
        let events = try await upstream.events(of: response, lease, since: asked, limit, for: call)
        return OpenAIStream(
            events,
            provider: name,
            mayBeEmpty: call.request.has("stop"),
            isLimited: trial.outputLimit != .none
        )
    }

    /// Makes an attempt at a whole answer.
    private func whole(_ trial: QuirkTrial) async throws(ProviderError) -> ChatCompletion {
        let call = trial.call
        let size = ByteCount(call.request.bytes.count)
        let request = try upstream.leased(Upstream.sending(size), call)
        var lease = try upstream.leased(Upstream.wholeStart, call)
        let asked = upstream.surroundings.clock.now
        let response = try await post(trial)
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

    /// Makes an attempt at a whole answer that the server does not limit: it is streamed, and ended
    /// when it has more tokens than were reserved.
    private func collected(_ trial: QuirkTrial) async throws(ProviderError) -> ChatCompletion {
        let call = trial.call
        var lease = try upstream.leased(Upstream.wholeStart, call)
        let stream = try await open(trial)
        defer { stream.cancel() }
        var builder = CompletionBuilder()
        let choices = max(1, call.request.integer("n") ?? 1)
        var output = OutputGuard(limit: call.maximumOutput * choices)
        while let piece = try await stream.next() {
            let isExceeded: Bool
            if LargeWork.isLarge(piece.work) {
                (builder, output, isExceeded) = await LargeWork.run(on: piece.work) {
                    [builder, output] in
                    var (builder, output) = (builder, output)
                    builder.add(piece)
                    let isExceeded = output.isExceeded(by: piece, isLimited: false)
                    return (builder, output, isExceeded)
                }
            } else {
                builder.add(piece)
                isExceeded = output.isExceeded(by: piece, isLimited: false)
            }
            // The chunks, the answer and its copy.
            try upstream.grow(&lease, to: ByteCount(3 * builder.size), step: .kibibytes(16))
            guard !isExceeded else {
                builder.add(.finish("length"))
                break
            }
        }
        guard let json = builder.completion, let object = try? JSONObject(answer: json) else {
            throw .malformed(provider: name, reason: "it has no choice")
        }
        let bill = ProviderBill.micros(in: object.object("usage"))
        return await ChatCompletion(object, bill: bill, lease: lease, to: call)
    }

    private func post(_ trial: QuirkTrial) async throws(ProviderError) -> HTTPClientResponse {
        var headers: HTTPHeaders = [:]
        if let key = upstream.key { headers["authorization"] = "Bearer \(key.reveal())" }
        return try await upstream.post(
            body(trial),
            to: endpoint,
            headers: headers,
            streaming: trial.asksForStream,
            memory: trial.call.memory
        )
    }

    private func body(_ trial: QuirkTrial) async throws(ProviderError) -> [UInt8] {
        let (call, quirks) = (trial.call, trial.quirks)
        var changes: [(String, [UInt8]?)] = [("model", JSON.quote(call.model))]
        let asks = trial.asksForStream
        let isNamed = !quirks.lacks(.stream)
        changes.append(("stream", isNamed ? Array("\(asks)".utf8) : nil))
        let options = asks && !quirks.lacks(.streamOptions)
        changes.append(
            ("stream_options", options ? Array(#"{"include_usage":true}"#.utf8) : nil)
        )
        // One name is set. The others are removed, because a client's value could raise the limit.
        let limits = [.maxCompletionTokens, .maxTokens].filter { $0 != trial.outputLimit }
        changes += limits.map { (limit: Quirks.OutputLimit) in (limit.rawValue, nil) }
        if trial.outputLimit != .none {
            changes.append((trial.outputLimit.rawValue, Array("\(trial.maximumOutput)".utf8)))
        }
        // A client's own temperature is the client's to change.
        if call.isOwn, quirks.lacks(.temperature) { changes.append(("temperature", nil)) }
        for (name, part) in [
            ("user", Quirks.Part.user), ("safety_identifier", .safetyIdentifier),
        ] where call.request.has(name) {
            changes.append((name, quirks.lacks(part) ? nil : JSON.quote(call.user)))
        }
        if let messages = try await messages(of: call, quirks) {
            changes.append(("messages", messages))
        }
        let (request, dropped) = (call.request, unknown.dropped(call.unknown))
        return await LargeWork.run(on: request.work) { [changes] in
            request.setting(changes, dropping: dropped)
        }
    }

    /// The messages with the roles that the server takes, or nil if they stay as they are.
    private func messages(
        of call: ChatCall,
        _ quirks: Quirks
    ) async throws(ProviderError) -> [UInt8]? {
        guard quirks.lacks(.developer) || quirks.lacks(.system) else { return nil }
        let size = call.request.bytes.count
        let lease = try upstream.leased(ByteCount(2 * size), call)
        let messages = await LargeWork.run(on: call.request.work) {
            InstructionRoles.messages(of: call.request, quirks, isOwn: call.isOwn)
        }
        _ = consume lease
        return messages
    }
}
