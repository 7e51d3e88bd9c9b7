package import BerthCache
package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthProviders
package import BerthTelemetry
import BerthText

/// Tells the operator what is wrong with a model that its provider does not know.
///
/// The provider's list is asked for when the first call of such a model was refused, and kept: many
/// refusals cost one question, also over restarts. It is no call of a model's: it costs nothing and
/// does not wait in the queue.
@Loop package final class ModelLists {
    private let providers: [Configuration.Provider]
    /// nil where nothing is kept.
    private let cache: ResponseCache?
    private let client: any HTTPSending
    /// Charged for lists while they are read.
    private let account: MemoryAccount
    private let surroundings: Surroundings
    private let pool = TaskPool()
    /// The models that the operator was told of, or is being told of.
    private var told: Set<String> = []

    /// How long a list is kept; longer where it is asked for again, shorter where it changes.
    private static let lifetime = Duration.seconds(3_600)

    /// Makes it; nothing is asked yet.
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

    /// A provider said that it does not know `model`: says so in the log, once, with the nearest that
    /// the provider lists.
    func explain(_ model: ModelChoice) {
        guard let provider = providers.first(where: { $0.name == model.provider.name }),
            told.insert(model.id).inserted
        else { return }
        pool.spawn { [self] in
            guard let names = await names(of: provider, without: model.model) else {
                told.remove(model.id)  // the next refusal asks again
                return
            }
            let advice =
                ModelList.has(model.model, in: names)
                ? "it lists the model all the same: may this account use it?"
                : ModelList.advice(for: model.model, in: names)
            surroundings.log.warning(
                "a model is not known to its provider: check models in the configuration",
                ["model": .text(model.id), "advice": .text(advice)]
            )
        }
    }

    /// The models of a provider; a kept list that has `model`, which was just refused, is out of date.
    ///
    /// - Returns: nil where the provider does not say, or there is no memory for its list.
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
        let list = await ModelList.fetch(of: provider, client)
        _ = consume lease
        guard case .models(let names) = list else { return nil }
        if let json = try? JSON.encode(names) {
            cache?.store(json, for: key, base: ModelLists.lifetime)
        }
        return names
    }

    /// An account's own models are in its list: another key has another list.
    private static func key(_ provider: Configuration.Provider) -> CacheKey {
        let secret = Secret256.hash(provider.apiKey?.reveal() ?? "")
        let parts = [Array("\(provider.kind)".utf8), Array("\(provider.baseURL)".utf8), secret]
            .map { $0[...] }
        return .shared(.modelList, parts: parts, hash: Secret256.digest)
    }

    /// Ends what is being asked.
    package func close() async {
        pool.cancelAll()
        await pool.drain()
    }
}
