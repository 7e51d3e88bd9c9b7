package import BerthCache
package import BerthConfig
package import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthText

/// The cache of answers to requests and turns, and of translations.
///
/// Another tenant may be given an answer only if the prompt is one bare user message, which carries
/// no history and no system text of a tenant. The names of all other answers are salted with their
/// tenant. With `cache.scope: tenant`, all names are.
@Loop package final class AnswerCache {
    private let cache: ResponseCache
    private let settings: Configuration.Cache

    /// The longest answer that is cached, with everything beside its text.
    static nonisolated let answerLimit = ByteCount.kibibytes(256)
    /// The lifetime of a translation that is asked for once, which depends on nothing that changes.
    static nonisolated let translationLifetime = Duration.seconds(30 * 86_400)

    /// Makes the cache over `cache`.
    package init(_ cache: ResponseCache, settings: Configuration.Cache) {
        self.cache = cache
        self.settings = settings
    }

    /// The name of an ask's answer, and whether another tenant may be given it.
    ///
    /// - Returns: nil if the answer is not cached. Answers to requests with tools, more than one
    ///   choice, a high temperature, audio, or stop sequences that a model does not take are not. Answers
    ///   of the demo are not either, because they are free.
    func name(_ ask: Ask) async -> (key: CacheKey, isShared: Bool)? {
        let request = ask.request
        guard settings.scope != .off, isKept(request),
            ask.models.allSatisfy({ $0.provider.followsStops(of: request) }),
            !ask.models.allSatisfy({ $0.provider is DemoProvider })
        else { return nil }
        let parts = ask.models.map { Array($0.id.utf8)[...] } + [[]]
        let (kind, tenant, isContextFree) = (ask.kind, ask.payer.row.id.value, ask.isContextFree)
        let isSafe = settings.scope == .safe
        return await LargeWork.run(on: request.work) { [parts] in
            var parts = parts
            for (name, value) in request.sorted(without: AnswerCache.unnamed) {
                parts += [name, value]
            }
            guard isSafe, isContextFree || AnswerCache.isBareQuestion(request) else {
                return (
                    .salted(kind, tenant: tenant, parts: parts, hash: Secret256.digest), false
                )
            }
            return (.shared(kind, parts: parts, hash: Secret256.digest), true)
        }
    }

    /// The answer that is cached under `key`.
    func find(_ key: CacheKey) async -> CachedAnswer? {
        await cache.lookup(key).flatMap { CachedAnswer($0) }
    }

    /// Caches an answer that ended properly, if there is memory for it and its entry.
    func keep(_ answer: CachedAnswer, under key: CacheKey, for ask: Ask) {
        guard answer.size <= AnswerCache.answerLimit.bytes,
            let lease = try? ask.memory.take(ByteCount(4 * answer.size), for: .cacheEntry)
        else { return }
        let base = key.kind == .translation ? AnswerCache.translationLifetime : nil
        cache.store(answer.bytes, for: key, base: base)
        _ = consume lease
    }

    // MARK: What is kept

    /// Members that do not change an answer, or that Berth sets itself.
    private static nonisolated let ignored = [
        "model", "stream", "stream_options",
    ]
    /// Members that describe the asker, and that do not change the answer.
    ///
    /// Some servers repeat them in their answers.
    static nonisolated let personal = ["user", "safety_identifier", "metadata"]
    private static nonisolated let unnamed = ignored + personal
    /// Members with which an answer is more than a text, or is wanted fresh.
    private static nonisolated let unkept = [
        "tools", "functions", "tool_choice", "function_call", "logprobs", "audio", "modalities",
        "web_search_options", "store", "prediction",
    ]

    private func isKept(_ request: JSONObject) -> Bool {
        guard !AnswerCache.unkept.contains(where: request.has), (request.integer("n") ?? 1) == 1
        else {
            return false
        }
        guard request.has("temperature") else { return true }
        let temperature = request.value("temperature")
            .flatMap { Double(String(decoding: $0, as: UTF8.self)) }
        return (temperature ?? .infinity) <= settings.maxTemperature
    }

    private nonisolated static func isBareQuestion(_ request: JSONObject) -> Bool {
        guard let messages = request.elements("messages"), messages.count == 1,
            let message = request.object(at: messages[0])
        else { return false }
        return message.count == 2 && message.isString("content")
            && message.string("role") == "user"
    }
}
