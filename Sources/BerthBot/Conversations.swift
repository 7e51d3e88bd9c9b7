package import BerthLoop
package import BerthMemory
package import BerthProviders
import BerthQueue
package import BerthStore
package import BerthTelemetry
import BerthText
package import BerthWork

/// Lists, makes, changes, deletes and reads the conversations of tenants.
@Loop package final class Conversations {
    let store: any Store
    private let models: ModelCatalog
    let surroundings: Surroundings
    /// The number of each tenant's newest search under way.
    var searches: [Tenant.ID: Int] = [:]

    /// The most conversations in a page of the list.
    static nonisolated let listLimit = 100

    /// The most conversations of one tenant on one channel, deleted ones not counted.
    package static nonisolated let mostLive = 1_000

    /// The conversations that a tenant may make in a minute, over all channels.
    ///
    /// Those that were deleted count too.
    package static nonisolated let mostNew = 60

    /// The most turns of a page.
    static nonisolated let pageTurns = 50
    /// The text of a page after which no further turn is added to it.
    static nonisolated let pageBytes = 256 << 10
    /// The usual size of a page: its text, and the text again as JSON.
    ///
    /// A page whose last answer alone is this large can exceed it.
    package static nonisolated let usualPage = ByteCount(2 * pageBytes)

    /// Makes the conversations over `store`.
    package init(store: any Store, models: ModelCatalog, in surroundings: Surroundings) {
        self.store = store
        self.models = models
        self.surroundings = surroundings
    }

    /// A page of a tenant's conversations on `channel`: the pinned ones first, then the last used.
    ///
    /// - Parameters:
    ///   - tenant: the owner.
    ///   - channel: the channel.
    ///   - isArchived: whether the archived ones are listed, or the others.
    ///   - before: the public name of the last conversation that the client has, or nil for the
    ///     first page.
    /// - Returns: the page.
    /// - Throws: ``BotError/noSession`` if `before` was deleted.
    package func list(
        _ tenant: LiveTenant,
        _ channel: ChannelName,
        isArchived: Bool = false,
        before: String? = nil
    ) async throws(BotError) -> SessionPage {
        let (id, limit) = (tenant.row.id, Conversations.listLimit)
        // One more than the page, to learn whether there is a further page.
        let sessions = try await withBotErrors { () async throws(StoreError) in
            try await store.sessions(
                of: id,
                channel: channel,
                isArchived: isArchived,
                before: before,
                limit: limit + 1
            )
        }
        guard let sessions else { throw .noSession }
        let infos = sessions[..<min(limit, sessions.count)].map(SessionInfo.init)
        return SessionPage(sessions: infos, more: sessions.count > limit)
    }

    /// A new, empty conversation.
    ///
    /// - Throws: ``BotError/tooManySessions(limit:)``.
    package func create(
        _ tenant: LiveTenant,
        _ channel: ChannelName
    ) async throws(BotError) -> SessionInfo {
        let (id, now, publicID) = (
            tenant.row.id, surroundings.clock.timestamp,
            Secret256.publicID(from: surroundings.entropy)
        )
        let draft = SessionDraft(
            publicID: publicID,
            place: Place(channel: channel),
            tenant: id,
            limit: Conversations.mostLive
        )
        let session = try await withBotErrors { () async throws(StoreError) in
            try await store.openSession(draft, at: now)
        }
        guard let session else { throw .tooManySessions(limit: Conversations.mostLive) }
        return SessionInfo(session)
    }

    /// Counts a conversation that is about to be made.
    ///
    /// - Throws: ``BotError/tooManyNewSessions(perMinute:wait:)``.
    func checkRate(of tenant: LiveTenant) throws(BotError) {
        let (now, most) = (surroundings.clock.now, Conversations.mostNew)
        var rate = tenant.newSessions ?? TokenBucket(perMinute: most, burst: most, at: now)
        let isWithin = rate.take(1, at: now)
        tenant.newSessions = rate
        guard !isWithin else { return }
        throw .tooManyNewSessions(perMinute: most, wait: rate.ready(for: 1, at: now) - now)
    }

    /// The conversation on a channel in which nothing was said for longest, or nil without any.
    func oldest(
        of tenant: LiveTenant,
        _ channel: ChannelName
    ) async throws(BotError) -> String? {
        let id = tenant.row.id
        return try await withBotErrors { () async throws(StoreError) in
            try await store.oldestSession(of: id, channel: channel)
        }?
        .publicID
    }

    /// Changes a conversation's title or model, pins it or archives it.
    package func change(
        _ publicID: String,
        _ change: SessionChange,
        by tenant: LiveTenant
    ) async throws(BotError) {
        try await self.change(find(publicID, of: tenant), change)
    }

    /// Changes the title or the model of a conversation in which the tenant may ask.
    func change(_ session: Session, _ change: SessionChange) async throws(BotError) {
        let model = try change.model.map { (name) throws(BotError) in try known(name) }
        let update = SessionUpdate(
            title: change.title.map { $0.cut(toBytes: 400) },
            model: model.map { $0.map { .named($0) } ?? .any },
            isPinned: change.isPinned,
            isArchived: change.isArchived
        )
        try await withBotErrors { () async throws(StoreError) in
            try await store.changeSession(session.id, update)
        }
    }

    /// Deletes a conversation of its owner, whose cost stays in the ledger.
    package func delete(_ publicID: String, by tenant: LiveTenant) async throws(BotError) {
        let session = try await find(publicID, of: tenant)
        let now = surroundings.clock.timestamp
        try await withBotErrors { () async throws(StoreError) in
            try await store.deleteSession(session.id, at: now)
        }
    }

    /// A page of history, oldest first, of at most 50 turns and about 1 MiB.
    ///
    /// - Parameters:
    ///   - publicID: the conversation.
    ///   - before: the public name of the oldest turn that the client has, or nil for the newest
    ///     page.
    ///   - tenant: the tenant who asks.
    /// - Returns: the page.
    /// - Throws: ``BotError``.
    package func turns(
        of publicID: String,
        before: String?,
        for tenant: LiveTenant
    ) async throws(BotError) -> TurnPage {
        let session = try await find(publicID, of: tenant).id
        let (limit, bytes) = (Conversations.pageTurns, Conversations.pageBytes)
        let page = try await withBotErrors { () async throws(StoreError) in
            try await store.history(of: session, before: before, limit: limit, bytes: bytes)
        }
        guard let page else { throw .noTurn }
        let language = tenant.language
        let infos = page.turns.reversed().map { TurnInfo($0, in: language) }
        return TurnPage(turns: infos, more: page.hasMore)
    }

    /// The conversation at a place of a channel with chats, or nil if there is none.
    ///
    /// The caller is the place's own channel, which has heard the tenant there.
    ///
    /// - Throws: ``BotError/noSession`` if it belongs to another tenant.
    package func find(at place: Place, for tenant: LiveTenant) async throws(BotError) -> Session? {
        let session = try await withBotErrors { () async throws(StoreError) in
            try await store.session(at: place)
        }
        if let session { try tenant.mayAsk(in: session, at: place) }
        return session
    }

    /// The conversation at a place of a channel with chats, which is opened if there is none.
    ///
    /// - Parameters:
    ///   - place: has a chat.
    ///   - isGroup: whether a new conversation belongs to a group, in which each tenant pays for its
    ///     own turns. Any other belongs to the tenant.
    ///   - tenant: the tenant who was heard there.
    /// - Returns: the one conversation of the place, also if two callers open it at once.
    /// - Throws: ``BotError/noSession`` if it belongs to another tenant, ``BotError/suspended``, and
    ///   ``BotError/tooManySessions(limit:)``.
    package func open(
        at place: Place,
        isGroup: Bool,
        for tenant: LiveTenant
    ) async throws(BotError) -> Session {
        try tenant.mayAsk()
        if let session = try await find(at: place, for: tenant) { return session }
        try checkRate(of: tenant)
        let draft = SessionDraft(
            publicID: Secret256.publicID(from: surroundings.entropy),
            place: place,
            tenant: isGroup ? nil : tenant.row.id,
            limit: Conversations.mostLive
        )
        let now = surroundings.clock.timestamp
        let session: Session?
        do { session = try await store.openSession(draft, at: now) } catch {
            // Another message from the same place was quicker.
            guard case .exists = error, let session = try await find(at: place, for: tenant) else {
                throw BotError(error)
            }
            return session
        }
        guard let session else { throw .tooManySessions(limit: Conversations.mostLive) }
        return session
    }

    /// The conversation called `publicID`, if it is the tenant's.
    package func find(_ publicID: String, of tenant: LiveTenant) async throws(BotError) -> Session {
        let session = try await withBotErrors { () async throws(StoreError) in
            try await store.session(publicID: publicID)
        }
        guard let session, session.tenant == tenant.row.id else { throw .noSession }
        return session
    }

    /// The stored form of a model's name, or nil for the configuration's list.
    func known(_ name: String) throws(BotError) -> String? {
        guard !name.isEmpty else { return nil }
        guard let model = models.find(name) else {
            throw .unknownModel(name, known: models.names)
        }
        return name == ModelCatalog.anyModel ? nil : model.id
    }
}
