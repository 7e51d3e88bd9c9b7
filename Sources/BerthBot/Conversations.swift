package import BerthLoop
package import BerthMemory
package import BerthProviders
package import BerthStore
package import BerthTelemetry
import BerthText
package import BerthWork

/// Lists, makes, changes, deletes and reads the conversations of tenants.
@Loop package final class Conversations {
    private let store: any Store
    private let models: ModelCatalog
    private let surroundings: Surroundings

    /// The most conversations in a list.
    ///
    /// Older ones are kept but not listed.
    private static nonisolated let listLimit = 200

    /// The most conversations of one tenant on one channel, deleted ones not counted.
    package static nonisolated let mostLive = 1_000

    /// The most turns of a page.
    private static nonisolated let pageTurns = 50
    /// The text of a page after which no further turn is added to it.
    private static nonisolated let pageBytes = 256 << 10
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

    /// A tenant's conversations on `channel`, the last used first.
    package func list(
        _ tenant: LiveTenant,
        _ channel: Channel
    ) async throws(BotError) -> [SessionInfo] {
        let id = tenant.row.id
        let limit = Conversations.listLimit
        return try await withBotErrors { () async throws(StoreError) in
            try await store.sessions(of: id, channel: channel, limit: limit)
        }
        .map(SessionInfo.init)
    }

    /// A new, empty conversation.
    ///
    /// In the terminal, whose old conversations are not used again, it replaces the oldest if there
    /// are ``mostLive``.
    ///
    /// - Throws: ``BotError/tooManySessions(limit:)`` if there are that many on another channel.
    package func create(
        _ tenant: LiveTenant,
        _ channel: Channel
    ) async throws(BotError) -> SessionInfo {
        let (id, now, publicID) = (
            tenant.row.id, surroundings.clock.timestamp,
            Secret256.publicID(from: surroundings.entropy)
        )
        let draft = SessionDraft(
            publicID: publicID,
            place: Place(channel: channel),
            tenant: id,
            limit: Conversations.mostLive,
            replacesOldest: channel == .terminal
        )
        let session = try await withBotErrors { () async throws(StoreError) in
            try await store.openSession(draft, at: now)
        }
        guard let session else { throw .tooManySessions(limit: Conversations.mostLive) }
        return SessionInfo(session)
    }

    /// Changes a conversation's title or model.
    package func change(
        _ publicID: String,
        _ change: SessionChange,
        by tenant: LiveTenant
    ) async throws(BotError) {
        let session = try await find(publicID, of: tenant)
        let model = try change.model.map { (name) throws(BotError) in try known(name) }
        let update = SessionUpdate(
            title: change.title.map { $0.cut(to: 200) },
            model: model.map { $0.map { .named($0) } ?? .any }
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
        return TurnPage(turns: page.turns.reversed().map(TurnInfo.init), more: page.hasMore)
    }

    /// The conversation called `publicID`, if it is the tenant's.
    func find(_ publicID: String, of tenant: LiveTenant) async throws(BotError) -> Session {
        let session = try await withBotErrors { () async throws(StoreError) in
            try await store.session(publicID: publicID)
        }
        guard let session, session.tenant == tenant.row.id else { throw .noSession }
        return session
    }

    /// The stored form of a model's name, or nil for the configuration's list.
    func known(_ name: String) throws(BotError) -> String? {
        if name.isEmpty || name == ModelCatalog.anyModel { return nil }
        guard let model = models.find(name) else {
            throw .unknownModel(name, known: models.names)
        }
        return model.id
    }
}
