package import BerthCache
package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthProviders
import BerthStore
package import BerthTelemetry
package import BerthText

/// Embeddings on a tenant's account, from the response cache or from a provider.
@Loop package final class PaidEmbeddings {
    /// The models that make embeddings.
    package let models: EmbeddingCatalog
    private let parts: Parts
    private let cache: ResponseCache
    private let scope: Configuration.Cache.Scope
    private let calls = JointCalls<EmbeddingAnswer>()
    private let surroundings: Surroundings

    /// The parts of the pipeline that it uses.
    package struct Parts {
        let calls: PaidCalls
        let meter: Meter
        let metrics: WorkMetrics

        /// Names the parts.
        package init(_ calls: PaidCalls, _ meter: Meter, _ metrics: WorkMetrics) {
            (self.calls, self.meter, self.metrics) = (calls, meter, metrics)
        }
    }

    /// The lifetime of a cached answer, which depends on nothing that changes.
    static nonisolated let lifetime = AnswerCache.translationLifetime

    /// Makes it over the calls, which hold, queue and settle, for the models of a configuration.
    package init(
        _ configuration: Configuration,
        _ client: any HTTPSending,
        _ parts: Parts,
        cache: ResponseCache,
        in surroundings: Surroundings
    ) {
        models = EmbeddingCatalog(configuration, client: client, in: surroundings)
        (self.parts, self.cache) = (parts, cache)
        scope = configuration.cache.scope
        self.surroundings = surroundings
    }

    /// Answers a request for embeddings.
    ///
    /// - Returns: the answer, and the model that gave it.
    /// - Throws: ``BotError``. A call that may have been bought is charged all the same.
    package func embed(_ ask: EmbeddingAsk) async throws(BotError) -> EmbeddingAnswer {
        let report = CallReport(ask, parts.metrics, in: surroundings)
        let open = OpenCall(ask)
        defer { open?.close() }
        do throws(BotError) {
            try ask.payer.mayAsk()
            let ask = try ask.entered().opened(as: open)
            guard !ask.isFresh, let name = await name(of: ask) else {
                let answer = try await bought(ask)
                report?.close(nil)
                return answer
            }
            if let answer = try await kept(name, ask) { return answer }
            let answer =
                ask.key == nil ? try await shared(name, ask) : try await bought(ask, as: name)
            report?.close(nil)
            return answer
        } catch {
            report?.close(error)
            throw open?.reason ?? error
        }
    }

    /// The answer of the call under way with that name, or of a new one.
    ///
    /// It costs its later callers nothing but their requests, as an answer from the cache does.
    private func shared(
        _ name: CacheKey,
        _ ask: EmbeddingAsk
    ) async throws(BotError) -> EmbeddingAnswer {
        while true {
            let made = try await calls.answer(to: name, of: ask.payer) {
                [self] () throws(BotError) in try await bought(ask, as: name)
            }
            if let made, made.isOwn { return made.answer }
            // The wait may have been long.
            try ask.payer.mayAsk()
            guard let made else { continue }
            guard made.payer === ask.payer else {
                // The bytes are in the memory of another tenant, and the cache has a copy.
                if let copy = try await kept(name, ask) { return copy }
                return try await bought(ask, as: name)
            }
            try parts.meter.countHit(ask.payer)
            return made.answer
        }
    }

    /// Buys an answer, and caches it under a name.
    private func bought(
        _ ask: EmbeddingAsk,
        as name: CacheKey
    ) async throws(BotError) -> EmbeddingAnswer {
        let answer = try await bought(ask)
        keep(answer, under: name, for: ask)
        return answer
    }

    /// Ends all calls under way and returns when they are settled.
    package func close() async { await calls.close() }

    private func bought(_ ask: EmbeddingAsk) async throws(BotError) -> EmbeddingAnswer {
        try await parts.calls.firstOf(ask, nil, nil) {
            (model, running, _) throws(BotError) -> EmbeddingAnswer in
            do throws(ProviderError) {
                let made = try await running.embed(ask, at: model)
                let usage = made.usage.completed(prompt: running.call.input, rest: 0)
                _ = running.settle(usage, sharedWith: nil)
                return EmbeddingAnswer(made.object, model.id, usage, retained: made)
            } catch {
                let error = running.blamed(error)
                _ = running.fail(error, sharedWith: nil)
                throw .provider(error)
            }
        }
    }

    // MARK: The cache

    /// Members that do not change the vectors, or that Berth sets itself.
    private static nonisolated let unnamed = ["model", "user", "metadata"]

    /// The name of a request's answer, which tenants share because a request has nothing but its
    /// inputs; nil if nothing is cached.
    private func name(of ask: EmbeddingAsk) async -> CacheKey? {
        guard scope != .off else { return nil }
        let (request, scope) = (ask.request, scope)
        let models = ask.models.map { Array($0.id.utf8)[...] } + [[]]
        let tenant = ask.payer.row.id.value
        return await LargeWork.run(on: request.bytes.count) {
            var parts = models
            for (name, value) in request.sorted(without: PaidEmbeddings.unnamed) {
                parts += [name, value]
            }
            return scope == .safe || scope == .shared
                ? .shared(.embedding, parts: parts, hash: Secret256.digest)
                : .salted(.embedding, tenant: tenant, parts: parts, hash: Secret256.digest)
        }
    }

    private func kept(
        _ key: CacheKey,
        _ ask: EmbeddingAsk
    ) async throws(BotError) -> EmbeddingAnswer? {
        guard let bytes = await cache.lookup(key) else { return nil }
        let entry = await LargeWork.run(on: bytes.count) { try? JSONObject(answer: bytes) }
        guard let entry, let model = entry.string("model"), let input = entry.integer("input"),
            let answer = entry.object("answer"), answer.isList("data")
        else { return nil }
        // Redis may have taken a while.
        try ask.payer.mayAsk()
        let lease: MemoryLease
        do {
            lease = try ask.memory.take(ByteCount(2 * bytes.count), for: .replyBuffer)
        } catch { throw .memory(error) }
        try parts.meter.countHit(ask.payer)
        parts.metrics.calls.add(1, "cached")
        let usage = TokenUsage(input: input, output: 0, isEstimated: false)
        var found = EmbeddingAnswer(answer, model, usage, retained: LeaseHolder(lease))
        found.isCached = true
        return found
    }

    /// Caches a small answer, if there is memory for its entry.
    private func keep(_ answer: EmbeddingAnswer, under key: CacheKey, for ask: EmbeddingAsk) {
        let size = answer.object.text.count
        guard size <= AnswerCache.answerLimit.bytes,
            let lease = try? ask.memory.take(ByteCount(4 * size), for: .cacheEntry)
        else { return }
        var bytes = Array(#"{"input":\#(answer.usage.input),"model":"#.utf8)
        bytes += JSON.quote(answer.model)
        bytes += Array(#","answer":"#.utf8)
        bytes += answer.object.text
        bytes.append(UInt8(ascii: "}"))
        cache.store(bytes, for: key, base: PaidEmbeddings.lifetime)
        _ = consume lease
    }
}

/// Embeddings that a client gets.
package struct EmbeddingAnswer: Sendable {
    /// The provider's answer, whose model is the provider's name.
    package let object: JSONObject
    /// The model that gave it, as `provider/model`.
    package let model: String
    /// The tokens that are charged.
    package let usage: TokenUsage
    /// Whether it comes from the cache.
    package var isCached = false
    /// Keeps the memory of ``object`` leased.
    package let retained: any AnyObject & Sendable

    init(
        _ object: JSONObject,
        _ model: String,
        _ usage: TokenUsage,
        retained: any AnyObject & Sendable
    ) {
        (self.object, self.model, self.usage) = (object, model, usage)
        self.retained = retained
    }
}
