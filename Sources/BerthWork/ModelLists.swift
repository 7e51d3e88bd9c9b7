package import BerthCache
package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthProviders
package import BerthTelemetry
import BerthText

/// Explains to the operator why a provider does not know a configured model.
///
/// The provider's list of models is requested when the first call of such a model is refused. It is
/// cached, so many refusals cost one request, even across restarts. The request is free and does
/// not wait in the queue.
@Loop package final class ModelLists {
    private let providers: [Configuration.Provider]
    /// The cache of lists, or nil if caching is off.
    private let cache: ResponseCache?
    private let client: any HTTPSending
    /// The account from which lists are leased while they are read.
    private let account: MemoryAccount
    private let surroundings: Surroundings
    private let pool = TaskPool()
    /// The models that were explained, or are being explained.
    private var told: Set<String> = []

    /// The base lifetime of a cached list.
    private static let lifetime = Duration.seconds(3_600)

    /// Makes the explanations.
    ///
    /// It does not ask any provider.
    package init(
        _ configuration: Configuration,
        _ budget: MemoryBudget,
        cache: ResponseCache,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        providers = configuration.providers
        self.cache = configuration.cache.scope == .off ? nil : cache
        self.client = client
        // No tenant's name has parentheses.
        account = budget.sharedAccount("model lists", quota: ModelList.limit)
        self.surroundings = surroundings
    }

    /// Logs once that a provider does not know `model`, with the nearest names that it lists.
    func explain(_ model: ModelChoice) {
        guard let provider = providers.first(where: { $0.name == model.provider.name }),
            told.insert(model.id).inserted
        else { return }
        pool.spawn { [self] in
            guard let names = await names(of: provider, without: model.model) else {
                told.remove(model.id)  // the next refusal tries again
                return
            }
            let advice =
                ModelList.has(model.model, in: names)
                ? "the provider lists the model: check whether this account may use it"
                : ModelList.advice(for: model.model, in: names)
            surroundings.log.warning(
                "a provider does not know a model: check models in the configuration",
                ["model": .text(model.id), "advice": .text(advice)]
            )
        }
    }

    /// The models of a provider.
    ///
    /// A cached list that has `model`, which was just refused, is out of date and requested again.
    ///
    /// - Returns: nil if the provider gives no list, or there is no memory for it.
    private func names(
        of provider: Configuration.Provider,
        without model: String
    ) async -> [String]? {
        let key = ModelLists.key(provider)
        let kept = await cache?.lookup(key)
        if let kept, let names = try? JSON.decode([String].self, from: kept),
            !ModelList.has(model, in: names)
        {
            return names
        }
        guard let lease = try? account.lease(ModelList.limit, for: .upstreamTransfer) else {
            return nil
        }
        let list = await ModelList.fetch(of: provider, client, by: surroundings.clock)
        _ = consume lease
        guard case .models(let names) = list else { return nil }
        if let json = try? JSON.encode(names) {
            cache?.store(json, for: key, base: ModelLists.lifetime)
        }
        return names
    }

    /// The cache key of a provider's list.
    ///
    /// A list includes the account's own models, so it depends on the API key.
    private static func key(_ provider: Configuration.Provider) -> CacheKey {
        let secret = Secret256.hash(provider.apiKey?.reveal() ?? "")
        let parts = [Array("\(provider.kind)".utf8), Array("\(provider.baseURL)".utf8), secret]
            .map { $0[...] }
        return .shared(.modelList, parts: parts, hash: Secret256.digest)
    }

    /// Cancels the requests under way and returns when they have ended.
    package func close() async {
        pool.cancelAll()
        await pool.drain()
    }
}
