package import BerthCache
package import BerthConfig
import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthProviders
package import BerthStore
package import BerthTelemetry

/// The bot: everything of this module, made in the order of its dependencies.
@Loop package final class Bot {
    /// Who may ask, and with which key.
    package let tenants: TenantDirectory
    /// Login links and cookies.
    package let access: WebAccess
    /// The models that may be named.
    package let models: ModelCatalog
    /// Reserves and settles.
    package let meter: Meter
    /// What waits for each provider.
    package let queues: ProviderQueues
    /// Closed while the process is short of memory.
    package let gate: PressureGate
    /// What is kept for who asks the same, in memory and in Redis.
    package let cache: ResponseCache
    /// Answers from the cache, from who asks the same, from a provider.
    package let answers: Answers
    /// Conversations and their history.
    package let conversations: Conversations
    /// Messages and their answers.
    package let turns: Turns
    /// Translations for Berth's own use.
    package let translations: Translations
    /// The resources that it works with.
    package let resources: BotResources
    private let lists: ModelLists

    /// Makes the bot, reads what it must know, and closes what an earlier run left open.
    ///
    /// - Throws: ``BotError`` when the database cannot be read.
    package init(
        _ configuration: Configuration,
        _ resources: BotResources,
        policy: WorkPolicy = WorkPolicy(),
        in surroundings: Surroundings
    ) async throws(BotError) {
        self.resources = resources
        let (database, budget, client) = (resources.database, resources.budget, resources.client)
        let counts = BotMetrics(surroundings.metrics)
        tenants = TenantDirectory(
            database: database,
            budget: budget,
            defaults: configuration.quotas,
            limit: configuration.limits.tenants,
            in: surroundings
        )
        access = WebAccess(
            database: database,
            tenants: tenants,
            url: configuration.url.description,
            in: surroundings
        )
        models = ModelCatalog(configuration, client: client, in: surroundings)
        meter = Meter(database: database, in: surroundings, metrics: counts)
        queues = ProviderQueues(configuration.providers, policy, counts, in: surroundings)
        let calls = ChatCalls(meter: meter, queues: queues, in: surroundings, metrics: counts)
        gate = calls.gate
        cache = try Bot.cache(configuration, budget, resources.redis, in: surroundings)
        lists = ModelLists(configuration, budget, cache: cache, client: client, in: surroundings)
        calls.onUnknownModel = { [lists] in lists.explain($0) }
        answers = Answers(
            cache: AnswerCache(cache, settings: configuration.cache),
            calls: calls,
            meter: meter,
            flights: Bot.flights(configuration, budget),
            in: surroundings,
            metrics: counts
        )
        translations = Translations(answers: answers, models: models, in: surroundings)
        conversations = Conversations(database: database, models: models, in: surroundings)
        turns = Turns(
            conversations: conversations,
            calls: calls,
            answerer: TurnAnswerer(
                database: database,
                answers: answers,
                policy: policy,
                in: surroundings,
                metrics: counts
            ),
            commands: Commands(database, conversations, models, meter, access),
            system: configuration.system,
            in: surroundings
        )
        try await start(database, in: surroundings, counts)
    }

    /// Whose memory the answers are that several tenants wait for; no tenant's name has parentheses.
    private static func flights(
        _ configuration: Configuration,
        _ budget: MemoryBudget
    ) -> MemoryAccount {
        budget.sharedAccount("shared answers", quota: configuration.memory.limit)
    }

    /// The response cache in this process's memory and, where there is one, in Redis.
    private static func cache(
        _ configuration: Configuration,
        _ budget: MemoryBudget,
        _ redis: RedisClient?,
        in surroundings: Surroundings
    ) throws(BotError) -> ResponseCache {
        let limit = configuration.cache.memory
        do {
            // No tenant's name has parentheses.
            let account = budget.sharedAccount("cache", quota: limit)
            return ResponseCache(
                memory: try MemoryCache(limit: limit, account: account, in: surroundings),
                redis: redis,
                transit: budget.sharedAccount("redis", quota: .mebibytes(16)),
                lifetimes: Lifetimes(base: configuration.cache.ttl),
                in: surroundings
            )
        } catch { throw .memory(error) }
    }

    /// Suspends, resumes or removes a tenant; unless active, what is being answered for it ends.
    package func set(_ state: Tenant.State, of tenant: LiveTenant) async throws(BotError) {
        try await tenants.set(state, of: tenant)
        if state != .active { turns.stopAll(of: tenant) }
    }

    /// Deletes a conversation of a tenant, and ends what is being answered in it.
    package func delete(_ session: String, by tenant: LiveTenant) async throws(BotError) {
        try await conversations.delete(session, by: tenant)
        turns.stop(session: session)
    }

    /// Answers a turn again that has failed or is uncertain.
    ///
    /// - Throws: ``BotError``: why it cannot; nothing has then changed.
    package func retry(_ turn: String) async throws(BotError) {
        try await turns.retry(turn, payers: tenants.tenant)
    }

    /// Ends what is under way and returns when all of it is on the disk: the last thing before the
    /// database is closed.
    package func finish() async {
        queues.stop()
        await turns.finish()
        await answers.close()
        await lists.close()
        await meter.drain()
    }
}
