import BerthCache
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthText

/// Answers to requests and turns that were asked before, word for word, and translations.
///
/// Another tenant may be given an answer only where the prompt is one bare user message: it then
/// carries nothing of a tenant's, no history and no system text. All others are salted with their
/// tenant, as everything is under `cache.scope: tenant`.
@Loop final class AnswerCache {
    private let cache: ResponseCache
    private let settings: Configuration.Cache

    /// The longest answer that is kept, as JSON.
    static nonisolated let answerLimit = ByteCount.kibibytes(256)
    /// How long a translation is kept that is asked for once: what it depends on never changes.
    static nonisolated let translationLifetime = Duration.seconds(30 * 86_400)

    init(_ cache: ResponseCache, settings: Configuration.Cache) {
        self.cache = cache
        self.settings = settings
    }

    /// Under which name the answer to an order is kept.
    ///
    /// - Returns: nil for a request whose answers are not kept: with tools, several choices, a high
    ///   temperature or sounds; and for the demo, which says the same again for nothing.
    func key(_ order: ChatOrder) -> CacheKey? {
        let request = order.request
        guard settings.scope != .off, isKept(request),
            !order.models.allSatisfy({ $0.provider is DemoProvider })
        else { return nil }
        let names = request.names.filter { !AnswerCache.ignored.contains($0) }.sorted()
        let members = names.flatMap { (name) -> [ArraySlice<UInt8>] in
            [Array(name.utf8)[...], request.value(name) ?? []]
        }
        let parts = order.models.map { Array($0.id.utf8)[...] } + [[]] + members
        let carriesNothing = order.isContextFree || AnswerCache.isBareQuestion(request)
        guard settings.scope == .safe, carriesNothing else {
            let tenant = order.payer.row.id.value
            return .salted(order.kind, tenant: tenant, parts: parts, hash: Secret256.digest)
        }
        return .shared(order.kind, parts: parts, hash: Secret256.digest)
    }

    /// The answer kept under `key`: a whole completion in OpenAI's shape.
    func find(_ key: CacheKey) async -> JSONObject? {
        await cache.lookup(key).flatMap { try? JSONObject($0.value) }
    }

    /// Keeps an answer that came to its proper end.
    func keep(_ text: String, _ model: ModelChoice, _ usage: TokenUsage, for key: CacheKey) {
        let json = CompletionJSON.completion(text: text, finish: "stop", usage: usage)
        guard json.count <= AnswerCache.answerLimit.bytes, let answer = try? JSONObject(json) else {
            return
        }
        cache.store(
            answer.setting(["model": JSON.quote(model.id)]),
            for: key,
            base: key.kind == .translation ? AnswerCache.translationLifetime : nil
        )
    }

    /// Keeps a whole answer, unless something but text came.
    func keep(
        _ completion: ChatCompletion,
        _ model: ModelChoice,
        _ usage: TokenUsage,
        for key: CacheKey
    ) {
        let choice = completion.object.elements("choices")?.first
            .flatMap { completion.object.object(at: $0) }
        guard choice?.string("finish_reason") == "stop", !completion.text.isEmpty,
            choice?.object("message")?.has("tool_calls") == false
        else { return }
        keep(completion.text, model, usage, for: key)
    }

    // MARK: What is kept

    /// Members that do not change an answer, or that Berth sets itself.
    private static nonisolated let ignored: Set = [
        "model", "stream", "stream_options", "user", "safety_identifier", "metadata",
    ]
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

    private static func isBareQuestion(_ request: JSONObject) -> Bool {
        guard let messages = request.elements("messages"), messages.count == 1,
            let message = request.object(at: messages[0])
        else { return false }
        return Set(message.names) == ["role", "content"] && message.string("role") == "user"
            && message.isString("content")
    }
}
