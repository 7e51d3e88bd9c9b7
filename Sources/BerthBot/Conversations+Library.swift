import BerthLoop
import BerthStore
import BerthTelemetry
package import BerthWork

/// Conversations as a collection: one by its name, all of them from the beginning, and a deletion
/// that can be undone.
extension Conversations {
    /// The time for which a deletion can be undone.
    package static nonisolated let undoTime = Duration.seconds(30)

    /// The conversation called `publicID` as clients see it, archived or not.
    package func info(
        _ publicID: String,
        for tenant: LiveTenant
    ) async throws(BotError) -> SessionInfo {
        SessionInfo(try await find(publicID, of: tenant))
    }

    /// The names of all conversations of a tenant on a channel, the archived ones last.
    ///
    /// There are at most ``mostLive`` of them.
    func ids(
        of tenant: LiveTenant,
        on channel: ChannelName
    ) async throws(BotError) -> [String] {
        var ids: [String] = []
        for isArchived in [false, true] {
            var before: String?
            repeat {
                let page = try await list(tenant, channel, isArchived: isArchived, before: before)
                ids += page.sessions.map(\.id)
                before = page.more ? page.sessions.last?.id : nil
            } while before != nil
        }
        return ids
    }

    /// The ended turns after `after`, or from the beginning, as many as a page has.
    ///
    /// At the end there are none.
    func turns(of session: Session, after: Turn.ID?) async throws(BotError) -> [Turn] {
        let (id, limit, bytes) = (session.id, Conversations.pageTurns, Conversations.pageBytes)
        return try await withBotErrors { () async throws(StoreError) in
            try await store.turns(of: id, after: after, through: nil, limit: limit, bytes: bytes)
        }
    }

    /// Takes a conversation out of every list, and has it deleted after ``undoTime``.
    ///
    /// - Returns: the time until which ``restore(_:by:)`` undoes it.
    func hold(_ publicID: String, by tenant: LiveTenant) async throws(BotError) -> Timestamp {
        let session = try await find(publicID, of: tenant).id
        let due = surroundings.clock.timestamp + Conversations.undoTime
        try await withBotErrors { () async throws(StoreError) in
            try await store.holdSession(session, until: due)
        }
        return due
    }

    /// Undoes a deletion.
    ///
    /// - Throws: ``BotError/noSession`` if it is too late.
    package func restore(_ publicID: String, by tenant: LiveTenant) async throws(BotError) {
        let (id, now) = (tenant.row.id, surroundings.clock.timestamp)
        let isThere = try await withBotErrors { () async throws(StoreError) in
            try await store.restoreSession(publicID: publicID, of: id, at: now)
        }
        guard isThere else { throw .noSession }
    }
}
