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
    /// Calls without a conversation: the API's.
    package let calls: ChatCalls
    /// What is kept for who asks the same, in memory and in Redis.
    package let cache: ResponseCache
    /// The answers in it.
    package let answers: AnswerCache
    /// Conversations and their history.
    package let conversations: Conversations
    /// Messages and their answers.
    package let turns: Turns

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
        redis: RedisClient? = nil
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
        calls = ChatCalls(meter: meter, clock: clock, log: log, metrics: counts)
        cache = try Bot.cache(configuration, budget, redis, clock)
        answers = AnswerCache(cache, settings: configuration.cache, meter: meter)
        conversations = Conversations(database: database, models: models, clock: clock)
        let commands = Commands(
            database: database,
            conversations: conversations,
            models: models,
            meter: meter,
            access: access
        )
        turns = Turns(
            database: database,
            conversations: conversations,
            calls: calls,
            meter: meter,
            models: models,
            commands: commands,
            system: configuration.system,
            clock: clock,
            log: log,
            metrics: counts
        )
        try await Bot.recover(database, clock, log)
        try await tenants.load()
        let resumed = try await turns.resume { [tenants] in tenants.tenant($0) }
        if resumed > 0 { log.info("accepted turns go on", ["turns": .int(resumed)]) }
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
            let account = budget.account(for: "(cache)", quota: limit)
            return ResponseCache(
                memory: try MemoryCache(limit: limit, account: account, clock: clock),
                redis: redis,
                lifetimes: Lifetimes(base: configuration.cache.ttl),
                clock: clock
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

    /// Ends what is under way and returns when all of it is on the disk: the last thing before the
    /// database is closed.
    package func finish() async {
        await turns.finish()
        await meter.drain()
    }

    /// Marks what a killed service had asked of a provider: turns as interrupted, calls as uncertain.
    private static func recover(
        _ database: Database,
        _ clock: any Clock,
        _ log: Log
    ) async throws(BotError) {
        let now = clock.timestamp
        let (turns, calls) = try await database.change { (connection) throws(StoreError) in
            (
                try connection.interruptRunningTurns(at: now),
                try connection.chargeOpenCalls(at: now)
            )
        }
        guard turns + calls > 0 else { return }
        log.warning(
            "the last run did not end well: open work was closed",
            ["turns_interrupted": .int(turns), "calls_uncertain": .int(calls)]
        )
    }
}
