import BerthConfig
import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthTelemetry
package import BerthText

/// A server with OpenAI's embeddings.
///
/// Source: <https://platform.openai.com/docs/api-reference/embeddings/create>, as of 2026-11.
@Loop package final class OpenAIEmbeddings {
    /// The provider's name in the configuration.
    package nonisolated var name: String { upstream.name }
    private let upstream: Upstream
    private let endpoint: String
    private let unknown: UnknownMembers
    /// The largest vectors that were seen in bytes of JSON, by model and form.
    ///
    /// There are at most two forms of each configured model.
    private var seen: [Form: Int] = [:]

    private struct Form: Hashable {
        let model: String
        let isBase64: Bool
    }

    /// The numbers of a vector whose model was not seen yet.
    package static nonisolated let usualDimensions = 1_536
    /// The bytes of an embedding beside its numbers.
    private static nonisolated let around = 96
    /// The bytes of a number in a list, such as `-0.0068888928,`.
    private static nonisolated let perNumber = 14

    /// Makes the provider without contacting the server.
    init(
        _ settings: Configuration.Provider,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        upstream = Upstream(settings, client, in: surroundings)
        endpoint = "\(settings.baseURL)/embeddings"
        unknown = UnknownMembers(
            of: settings.name,
            arePassed: settings.passUnknown,
            in: surroundings
        )
    }

    /// The memory of an answer of `model` with one vector: twice its JSON, because its parts are
    /// joined.
    package func memoryPerInput(of request: JSONObject, at model: String) -> ByteCount {
        let isBase64 = request.word("encoding_format") == "base64"
        let seen = request.has("dimensions") ? nil : seen[Form(model: model, isBase64: isBase64)]
        let numbers = min(request.integer("dimensions") ?? Self.usualDimensions, 1 << 16)
        let size = isBase64 ? (4 * numbers + 2) / 3 * 4 : numbers * Self.perNumber
        return ByteCount(2 * (seen ?? size + Self.around))
    }

    /// Sends a request and returns its embeddings.
    ///
    /// It is sent once. The memory of the answer is leased before. Cancelling the task ends the
    /// call.
    ///
    /// - Throws: ``ProviderError``.
    package func embed(_ call: EmbeddingCall) async throws(ProviderError) -> Embeddings {
        let expected = memoryPerInput(of: call.request, at: call.model).bytes * call.inputs
        let request = try leased(
            Upstream.sending(ByteCount(call.request.bytes.count)),
            call.memory
        )
        var lease = try leased(max(Upstream.wholeStart, ByteCount(expected)), call.memory)
        let asked = upstream.surroundings.clock.now
        let response = try await post(call)
        let left = upstream.timeout.whole - (upstream.surroundings.clock.now - asked)
        let parts = try await upstream.collect(
            response,
            &lease,
            limit: Upstream.answerLimit,
            within: left
        )
        _ = consume request
        let both = ByteCount(parts.count) + ByteCount(parts.count)
        try upstream.grow(&lease, to: max(both, lease.count))
        let (upstream, headers, inputs) = (upstream, response.headers, call.inputs)
        let (object, usage) = try await LargeWork.run(on: parts.count) {
            () throws(ProviderError) in
            let bytes = parts.joined
            let form = BodyForm.of(bytes[...]) ?? .text
            guard let object = try upstream.objects(in: bytes, form).first,
                let vectors = object.elements("data")
            else { throw .malformed(provider: upstream.name, reason: "it has no 'data'") }
            guard vectors.count == inputs else {
                throw .malformed(
                    provider: upstream.name,
                    reason: "it has \(vectors.count) embeddings for \(inputs) inputs"
                )
            }
            var usage = OpenAIWire.usage(in: object) ?? .unknown
            let bill = ProviderBill.micros(in: object.object("usage"), headers)
            usage.bill = bill ?? usage.bill
            return (object, usage)
        }
        lease.shrink(to: ByteCount(object.bytes.count))
        note(object.bytes.count, of: call)
        return Embeddings(object, usage: usage, lease: lease)
    }

    /// Remembers the size of a model's vectors.
    private func note(_ bytes: Int, of call: EmbeddingCall) {
        guard !call.request.has("dimensions") else { return }
        let isBase64 = call.request.word("encoding_format") == "base64"
        let form = Form(model: call.model, isBase64: isBase64)
        seen[form] = max(seen[form] ?? 0, bytes / max(1, call.inputs) + 1)
    }

    private func post(_ call: EmbeddingCall) async throws(ProviderError) -> HTTPClientResponse {
        var headers: HTTPHeaders = [:]
        if let key = upstream.key { headers["authorization"] = "Bearer \(key.reveal())" }
        var changes: [(String, [UInt8]?)] = [("model", JSON.quote(call.model))]
        if call.request.has("user") { changes.append(("user", JSON.quote(call.user))) }
        let (request, dropped) = (call.request, unknown.dropped(call.unknown))
        let body = await LargeWork.run(on: request.bytes.count) { [changes] in
            request.setting(changes, dropping: dropped)
        }
        return try await upstream.post(
            body,
            to: endpoint,
            headers: headers,
            streaming: false,
            memory: call.memory
        )
    }

    private func leased(
        _ count: ByteCount,
        _ memory: PrepaidMemory
    ) throws(ProviderError) -> MemoryLease {
        do { return try memory.take(count, for: .upstreamTransfer) } catch {
            throw .memory(error)
        }
    }
}
