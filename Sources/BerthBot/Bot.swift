package import BerthCache
package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthMemory
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
    private let lists: ModelLists

    /// Makes the bot and reads what it must know; what an earlier run left open is closed.
    ///
    /// - Throws: ``BotError`` when the database cannot be read.
    package init(
        _ configuration: Configuration,
        database: Database,
        budget: MemoryBudget,
        client: HTTPClient,
        clock: any Clock,
        log: Log,
        metrics: Metrics,
        redis: RedisClient? = nil,
        policy: WorkPolicy = WorkPolicy()
    ) async throws(BotError) {
        let counts = BotMetrics(metrics)
        tenants = TenantDirectory(
            database: database,
            budget: budget,
            defaults: configuration.quotas,
            limit: configuration.limits.tenants,
            clock: clock
        )
        access = WebAccess(
            database: database,
            tenants: tenants,
            url: configuration.url.description,
            clock: clock
        )
        models = ModelCatalog(configuration, client: client, clock: clock)
        meter = Meter(database: database, clock: clock, log: log, metrics: counts)
        queues = ProviderQueues(configuration.providers, policy, counts, clock: clock, log: log)
        let calls = ChatCalls(meter: meter, queues: queues, clock: clock, log: log, metrics: counts)
        gate = calls.gate
        cache = try Bot.cache(configuration, budget, redis, clock)
        lists = ModelLists(configuration, budget, cache: cache, client: client, log: log)
        calls.onUnknownModel = { [lists] in lists.explain($0) }
        answers = Answers(
            cache: AnswerCache(cache, settings: configuration.cache),
            calls: calls,
            meter: meter,
            flights: Bot.flights(configuration, budget),
            clock: clock,
            log: log,
            metrics: counts
        )
        translations = Translations(answers: answers, models: models, clock: clock)
        conversations = Conversations(database: database, models: models, clock: clock)
        turns = Turns(
            database: database,
            conversations: conversations,
            calls: calls,
            answers: answers,
            policy: policy,
            models: models,
            commands: Commands(database, conversations, models, meter, access),
            system: configuration.system,
            clock: clock,
            log: log,
            metrics: counts
        )
        try await start(database, clock, log, counts)
    }

    /// Whose memory the answers are that several tenants wait for; no tenant's name has
    /// parentheses.
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
        _ clock: any Clock
    ) throws(BotError) -> ResponseCache {
        let limit = configuration.cache.memory
        do {
            // No tenant's name has parentheses.
            let account = budget.sharedAccount("cache", quota: limit)
            return ResponseCache(
                memory: try MemoryCache(limit: limit, account: account, clock: clock),
                redis: redis,
                transit: budget.sharedAccount("redis", quota: .mebibytes(16)),
                lifetimes: Lifetimes(base: configuration.cache.ttl),
                clock: clock
            )
        } catch { throw .memory(error) }
    }

    /// Suspends, resumes or removes a tenant.
    ///
    /// The turns under way of a tenant that is not active end.
    ///
    /// Removing a tenant deletes its sessions and turns from the database. The ledger keeps its
    /// calls, which have no content. Its values in the response cache and in Redis are not deleted:
    /// no other tenant can look up those that carry something of the tenant's, and all of them
    /// expire.
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
