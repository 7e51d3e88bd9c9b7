package import BerthCache
package import BerthConfig
package import BerthFiles
import BerthHTTP
package import BerthImage
package import BerthLoop
import BerthMemory
package import BerthProviders
package import BerthStore
package import BerthTelemetry
package import BerthWork

/// The bot: tenants, sessions and turns over the pipeline of paid work, made in the order of their
/// dependencies.
@Loop package final class Bot {
    /// Tenants and their API keys.
    package let tenants: TenantDirectory
    /// Login links and cookies.
    package let access: WebAccess
    /// The passkeys by which people log in.
    package let passkeys: Passkeys
    /// The people of channels, and how they become tenants.
    package let people: People
    /// The models that requests may name.
    package let models: ModelCatalog
    /// The reservations and settlements of calls.
    package let meter: Meter
    /// The queue of each provider.
    package let queues: ProviderQueues
    /// Closed while the process is short of memory.
    package let gate: PressureGate
    /// Cached answers, in memory and in Redis.
    package let cache: ResponseCache
    /// Answers from the cache, from shared calls, from providers.
    package let answers: Answers
    /// Conversations and their history.
    package let conversations: Conversations
    /// Messages and their answers.
    package let turns: Turns
    /// Translations for Berth's own use.
    package let translations: Translations
    /// The models of pictures that requests may name.
    package let pictureModels: PictureCatalog
    /// Pictures on the tenants' accounts.
    package let paidPictures: PaidPictures
    /// Pictures from the cache, from the same order under way, from providers.
    package let pictureAnswers: PictureAnswers
    /// Transcripts of recordings on the tenants' accounts.
    package let speech: PaidSpeech
    /// Embeddings on the tenants' accounts.
    package let embeddings: PaidEmbeddings
    /// The tenants' files.
    package let files: TenantFiles
    /// The conversion of pictures.
    package let pictures: Pictures
    /// The largest number of requests of one tenant that are under way.
    package let requestsPerTenant: Int
    /// The resources that it works with.
    package let resources: BotResources
    /// The quirks that the providers have learnt.
    package let quirks = QuirkBook()
    /// The parts that do not work now.
    package let faults = ServiceFaults()
    private let lists: ModelLists
    /// The service's time.
    let clock: any Clock

    /// Makes the bot, reads its tenants from the database, and closes the open work of an earlier
    /// run.
    ///
    /// - Throws: ``BotError`` if the database cannot be read.
    package init(
        _ configuration: Configuration,
        _ resources: BotResources,
        _ files: TenantFiles,
        policy: WorkPolicy = WorkPolicy(),
        in surroundings: Surroundings
    ) async throws(BotError) {
        (self.resources, self.files) = (resources, files)
        clock = surroundings.clock
        requestsPerTenant = configuration.limits.connectionsPerTenant
        let (store, budget, client) = (resources.store, resources.budget, resources.client)
        pictures = Pictures(budget: budget, in: surroundings)
        let (counts, work) = (BotMetrics(surroundings.metrics), WorkMetrics(surroundings.metrics))
        tenants = Bot.directory(configuration, resources, in: surroundings)
        access = Bot.access(configuration, resources, tenants, in: surroundings)
        passkeys = Passkeys(store: resources.store, access: access, in: surroundings)
        people = Bot.people(configuration, store, tenants, in: surroundings)
        models = ModelCatalog(configuration, client: client, quirks: quirks, in: surroundings)
        meter = Meter(store, work, in: surroundings)
        queues = ProviderQueues(configuration.providers, policy, work, in: surroundings)
        cache = try Bot.cache(configuration, resources, in: surroundings)
        lists = ModelLists(configuration, budget, cache: cache, client: client, in: surroundings)
        let calls = PaidCalls(meter, queues, lists, work, in: surroundings)
        gate = calls.gate
        // No tenant's name has parentheses.
        let flights = budget.sharedAccount("shared answers", quota: configuration.memory.limit)
        let kept = AnswerCache(cache, settings: configuration.cache)
        answers = Answers(kept, calls, meter, flights: flights, work, in: surroundings)
        translations = Translations(answers, models, resources.store, in: surroundings)
        let demo = DemoPictures(pictures)
        pictureModels = PictureCatalog(configuration, demo: demo, client: client, in: surroundings)
        let drawing = PaidPictures.Parts(store, files, pictures, pictureModels)
        paidPictures = PaidPictures(calls, meter, drawing, in: surroundings)
        speech = PaidSpeech(configuration, client, calls, work, in: surroundings)
        let paying = PaidEmbeddings.Parts(calls, meter, work)
        embeddings = PaidEmbeddings(configuration, client, paying, cache: cache, in: surroundings)
        let kit = (store: store, files: files, scope: configuration.cache.scope)
        pictureAnswers = PictureAnswers(paidPictures, (calls, meter), kit, work, in: surroundings)
        conversations = Conversations(store: store, models: models, in: surroundings)
        let parts = Turns.Parts(
            store: store,
            models: models,
            pictureModels: pictureModels,
            calls: calls,
            paidPictures: paidPictures,
            pictureAnswers: pictureAnswers,
            translations: translations,
            pictures: MessagePictures(files, pictures),
            texts: MessageTexts(files),
            answers: answers,
            meter: meter,
            commands: Commands((tenants, access), conversations, models, meter, files),
            outliner: Outliner(calls, (configuration, models), store, counts, in: surroundings),
            replies: resources.replies,
            policy: policy,
            system: configuration.system
        )
        turns = Turns(parts, counts, in: surroundings)
        try await start(counts, configuration.uncertain, policy, in: surroundings)
    }

    /// The tenants, which are not read yet.
    private static func directory(
        _ configuration: Configuration,
        _ resources: BotResources,
        in surroundings: Surroundings
    ) -> TenantDirectory {
        TenantDirectory(
            store: resources.store,
            budget: resources.budget,
            defaults: configuration.quotas,
            limit: configuration.limits.tenants,
            in: surroundings
        )
    }

    /// The people of channels.
    private static func people(
        _ configuration: Configuration,
        _ store: any Store,
        _ tenants: TenantDirectory,
        in surroundings: Surroundings
    ) -> People {
        People(store: store, tenants: tenants, access: configuration.access, in: surroundings)
    }

    /// The login links and cookies.
    private static func access(
        _ configuration: Configuration,
        _ resources: BotResources,
        _ tenants: TenantDirectory,
        in surroundings: Surroundings
    ) -> WebAccess {
        WebAccess(
            store: resources.store,
            tenants: tenants,
            url: configuration.url.description,
            in: surroundings
        )
    }

    /// The response cache in this process's memory and, if there is one, in Redis.
    private static func cache(
        _ configuration: Configuration,
        _ resources: BotResources,
        in surroundings: Surroundings
    ) throws(BotError) -> ResponseCache {
        let (limit, budget) = (configuration.cache.memory, resources.budget)
        do {
            // No tenant's name has parentheses.
            let account = budget.sharedAccount("cache", quota: limit)
            return ResponseCache(
                memory: try MemoryCache(limit: limit, account: account, in: surroundings),
                redis: resources.redis,
                transit: budget.sharedAccount("redis", quota: .mebibytes(16)),
                lifetimes: Lifetimes(base: configuration.cache.ttl),
                in: surroundings
            )
        } catch { throw .memory(error) }
    }

    /// Closes the open work of an earlier run, reads the tenants, and resumes accepted turns.
    private func start(
        _ metrics: BotMetrics,
        _ uncertain: Configuration.Uncertain,
        _ policy: WorkPolicy,
        in surroundings: Surroundings
    ) async throws(BotError) {
        let (now, replies) = (surroundings.clock.timestamp, resources.replies)
        let store = resources.store
        let limit = uncertain.askAgainBelow.micros
        let found = try await withBotErrors { () async throws(StoreError) in
            try await store.recover(at: now, askingAgainBelow: limit) { place, language in
                replies.uncertain(at: place, in: language)
            }
        }
        if found.turns + found.askedAgain + found.calls > 0 {
            surroundings.log.warning(
                "the last run ended abnormally: its open work was closed",
                [
                    "turns_uncertain": .int(found.turns), "calls_uncertain": .int(found.calls),
                    "turns_asked_again": .int(found.askedAgain),
                ]
            )
        }
        metrics.troubles = try await turns.troubles()
        try await tenants.load()
        guard policy.resumesTurns else { return }
        // Before the turns, which may wait for the same pictures.
        let orders = try await pictureAnswers.takeUp(payers: tenants.tenant)
        if orders > 0 { surroundings.log.info("orders taken up", ["orders": .int(orders)]) }
        let resumed = try await turns.resume(payers: tenants.tenant)
        if resumed > 0 {
            surroundings.log.info("accepted turns resumed", ["turns": .int(resumed)])
        }
    }

    /// Suspends, resumes or removes a tenant.
    ///
    /// Suspending or removing a tenant ends its turns and its API calls. A call that waits is not
    /// bought, and a call that runs is cancelled at its provider.
    ///
    /// Removing a tenant deletes its files, and its sessions and turns from the database. The ledger keeps its
    /// calls, which have no content. Its values in Redis are not deleted. Other tenants cannot look
    /// up a value that carries anything of this tenant, and all values expire.
    ///
    /// - Returns: the number and length of the deleted files.
    @discardableResult
    package func set(
        _ state: Tenant.State,
        of tenant: LiveTenant
    ) async throws(BotError) -> FileTotal {
        try await tenants.set(state, of: tenant)
        guard state != .active else { return FileTotal(files: 0, bytes: 0) }
        turns.stopAll(of: tenant)
        tenant.endCalls(.suspended)
        guard state == .removed else { return FileTotal(files: 0, bytes: 0) }
        cache.forget(tenant.row.id.value)
        return await files.removeFolder(of: tenant.row.id)
    }

    /// Checks whether a file of `kind` may be uploaded now.
    ///
    /// - Throws: ``BotError/picture(_:)`` for a picture while memory is short.
    package func admit(_ kind: FileKind) throws(BotError) {
        guard kind.isPicture else { return }
        do throws(PictureError) { try pictures.admit() } catch { throw .picture(error) }
    }

    /// Makes a conversation.
    ///
    /// In the terminal, whose old conversations are not used again, it replaces the oldest if there
    /// are ``Conversations/mostLive``.
    ///
    /// - Throws: ``BotError/tooManyNewSessions(perMinute:wait:)``, and on any other channel
    ///   ``BotError/tooManySessions(limit:)``.
    package func open(
        for tenant: LiveTenant,
        on channel: ChannelName
    ) async throws(BotError) -> SessionInfo {
        try conversations.checkRate(of: tenant)
        do { return try await conversations.create(tenant, channel) } catch {
            guard case .tooManySessions = error, channel == .terminal,
                let oldest = try await conversations.oldest(of: tenant, channel)
            else { throw error }
            // Another request may have deleted it.
            try? await delete(oldest, by: tenant)
            return try await conversations.create(tenant, channel)
        }
    }

    /// Deletes a conversation of a tenant, and ends the turn that is being answered in it first.
    ///
    /// Its rows are deleted at once, except those of a long one. ``Purge`` deletes them, and what
    /// the database's log still holds of all of them, within ``Purge/interval``. Answers that this
    /// process has cached for the tenant alone are dropped. The cost stays in the ledger.
    package func delete(_ session: String, by tenant: LiveTenant) async throws(BotError) {
        let found = try await conversations.find(session, of: tenant)
        try await turns.ending(
            session: found.publicID,
            { () throws(BotError) in try await conversations.delete(session, by: tenant) },
            by: tenant
        )
        cache.forget(tenant.row.id.value)
    }

    /// Retries a turn that has failed or is uncertain.
    ///
    /// - Throws: ``BotError``. Nothing has changed then.
    package func retry(_ turn: String) async throws(BotError) {
        try await turns.retry(turn, payers: tenants.tenant)
    }

    /// Delivers a part of a reply again that was given up.
    ///
    /// - Returns: whether it had been given up.
    /// - Throws: ``BotError`` if the database cannot be written.
    package func redeliver(_ part: OutboxPart.ID) async throws(BotError) -> Bool {
        let store = resources.store
        let isWaiting = try await withBotErrors { () async throws(StoreError) in
            try await store.requeueOutbox(part)
        }
        if isWaiting { resources.replies.bell.signal() }
        return isWaiting
    }

    /// Ends all work under way and returns when all of it is on the disk.
    ///
    /// It is called just before the database is closed.
    package func finish() async {
        queues.stop()
        await turns.finish()
        await answers.close()
        await embeddings.close()
        await pictureAnswers.close()
        await paidPictures.close()
        await lists.close()
        await meter.drain()
    }
}
