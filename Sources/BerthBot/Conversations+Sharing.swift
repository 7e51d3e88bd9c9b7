import BerthLoop
package import BerthStore
import BerthTelemetry
import BerthText
package import BerthWork

/// Links by which anybody may read a conversation, until its owner ends them.
extension Conversations {
    /// The bytes of a link's name: 128 random bits.
    private static nonisolated let nameSize = 16

    /// Shares what was said in a conversation so far.
    ///
    /// A conversation that is shared already keeps its link, which shows what has been said since.
    package func share(
        _ publicID: String,
        by tenant: LiveTenant
    ) async throws(BotError) -> Share {
        let session = try await find(publicID, of: tenant).id
        let name = surroundings.entropy.secret(Conversations.nameSize).base64url
        let now = surroundings.clock.timestamp
        return try await withBotErrors { () async throws(StoreError) in
            try await store.share(session, as: name, at: now)
        }
    }

    /// The links to a tenant's conversations, the newest first.
    package func shares(of tenant: LiveTenant) async throws(BotError) -> [Share] {
        let id = tenant.row.id
        return try await withBotErrors { () async throws(StoreError) in
            try await store.shares(of: id)
        }
    }

    /// Ends the link to a conversation.
    package func endShare(of publicID: String, by tenant: LiveTenant) async throws(BotError) {
        let session = try await find(publicID, of: tenant).id
        try await withBotErrors { () async throws(StoreError) in
            try await store.endShare(of: session)
        }
    }

    /// The conversation that a link shows.
    ///
    /// - Throws: ``BotError/noSession`` if there is no such link.
    package func shared(_ name: String) async throws(BotError) -> SharedSession {
        let shared = try await withBotErrors { () async throws(StoreError) in
            try await store.shared(name)
        }
        guard let shared else { throw .noSession }
        return shared
    }

    /// A page of a shared conversation, from its beginning on.
    ///
    /// - Parameters:
    ///   - shared: the conversation.
    ///   - name: the name of the link.
    ///   - after: the ``SharedPage`` turn that the reader has last, or nil for the beginning.
    /// - Returns: the page.
    /// - Throws: ``BotError/noTurn`` if `after` is no turn of the conversation.
    package func page(
        of shared: SharedSession,
        called name: String,
        after: String?
    ) async throws(BotError) -> SharedPage {
        let session = shared.session.id
        var last: Turn.ID?
        if let after {
            let turn = try await withBotErrors { () async throws(StoreError) in
                try await store.turn(publicID: after)
            }
            guard let turn, turn.session == session else { throw .noTurn }
            last = turn.id
        }
        let (after, limit) = (last, Conversations.pageTurns)
        let turns = try await withBotErrors { () async throws(StoreError) in
            try await store.turns(
                of: session,
                after: after,
                through: shared.lastTurn,
                limit: limit,
                bytes: Conversations.pageBytes
            )
        }
        let isLast = turns.isEmpty || turns.last?.id == shared.lastTurn
        return SharedPage(shared, name: name, turns, isLast: isLast)
    }

    /// The file that a link shows.
    ///
    /// - Throws: ``BotError/noSession`` if it is none of the conversation's pictures.
    package func requireShown(
        _ file: String,
        by shared: SharedSession
    ) async throws(BotError) {
        let isShown = try await withBotErrors { () async throws(StoreError) in
            try await store.shows(shared, file: file)
        }
        guard isShown else { throw .noSession }
    }
}
