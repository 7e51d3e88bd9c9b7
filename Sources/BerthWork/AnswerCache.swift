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
/// no history, alone or after a system text that `cache.common` tenants have sent. The names of all
/// other answers are salted with their tenant. With `cache.scope: tenant` all names are, and with
/// `shared` none.
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
        let (kind, tenant) = (ask.kind, ask.payer.row.id.value)
        let isShared = await mayShare(ask)
        guard LargeWork.isLarge(request.work) else {
            return AnswerCache.name(request, kind, isShared ? nil : tenant, parts)
        }
        return await LargeWork.run(on: request.work) {
            AnswerCache.name(request, kind, isShared ? nil : tenant, parts)
        }
    }

    /// The name of the answer to `request`, for a tenant alone or for all.
    private nonisolated static func name(
        _ request: JSONObject,
        _ kind: CacheKind,
        _ tenant: Int64?,
        _ models: [ArraySlice<UInt8>]
    ) -> (key: CacheKey, isShared: Bool) {
        var parts = models
        for (name, value) in request.sorted(without: AnswerCache.unnamed) {
            parts += [name, value]
        }
        guard let tenant else {
            return (.shared(kind, parts: parts, hash: Secret256.digest), true)
        }
        return (.salted(kind, tenant: tenant, parts: parts, hash: Secret256.digest), false)
    }

    /// The answer that is cached under `key`.
    func find(_ key: CacheKey) async -> CachedAnswer? {
        let found = if let here = cache.look(key) { here } else { await cache.lookFurther(key) }
        return found.flatMap { CachedAnswer($0) }
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

    // MARK: What is shared

    /// The part of a prompt that its asker may want to keep to itself.
    private enum Prompt {
        /// One bare user message.
        case question
        /// One after a system text with this SHA-256.
        case instructed([UInt8])
        case other
    }

    /// Whether another tenant may be given the answer.
    private func mayShare(_ ask: Ask) async -> Bool {
        switch settings.scope {
        case .off, .tenant: return false
        case .safe, .shared: break
        }
        // A turn that is not free of context has its author's history or instructions.
        guard !ask.isOwn || ask.isContextFree else { return false }
        guard settings.scope == .safe, !ask.isContextFree else { return true }
        let request = ask.request
        let prompt =
            if LargeWork.isLarge(request.work) {
                await LargeWork.run(on: request.work) { AnswerCache.prompt(of: request) }
            } else { AnswerCache.prompt(of: request) }
        switch prompt {
        case .question: return true
        case .other: return false
        case .instructed(let hash):
            guard settings.common > 0 else { return false }
            let senders = cache.noteCommon(hash, by: ask.payer.row.id.value)
            return senders >= settings.common
        }
    }

    private nonisolated static func prompt(of request: JSONObject) -> Prompt {
        guard let messages = request.elements("messages"), (1...2).contains(messages.count),
            let question = request.object(at: messages[messages.count - 1]),
            isBare(question, by: ["user"])
        else { return .other }
        guard messages.count == 2 else { return .question }
        guard let system = request.object(at: messages[0]),
            isBare(system, by: ["system", "developer"]), let text = system.value("content")
        else { return .other }
        return .instructed(Secret256.digest([text]))
    }

    /// Whether a message has a text and nothing else, and one of the roles.
    private nonisolated static func isBare(_ message: JSONObject, by roles: [String]) -> Bool {
        message.count == 2 && message.isString("content")
            && message.word("role").map { roles.contains($0) } ?? false
    }
}
