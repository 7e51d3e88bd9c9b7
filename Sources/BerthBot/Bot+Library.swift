import BerthCache
package import BerthLoop
import BerthStore
package import BerthWork

extension Bot {
    /// The instructions and prompts that people write for themselves.
    package var ownTexts: OwnTexts { turns.commands.ownTexts }

    /// The models that write `titles` and `summaries` of conversations, by these words.
    package var outlineModels: [String: String] { turns.runner.outliner.models }

    /// Deletes a conversation as ``delete(_:by:)`` does, after ``Conversations/undoTime``.
    ///
    /// Until then it is in no list, and ``Conversations/restore(_:by:)`` brings it back, also after
    /// a restart. The turn that is being answered in it ends at once.
    ///
    /// - Returns: the time until which the deletion can be undone.
    package func remove(
        _ session: String,
        by tenant: LiveTenant
    ) async throws(BotError) -> Timestamp {
        let found = try await conversations.find(session, of: tenant)
        var due = clock.timestamp
        try await turns.ending(
            session: found.publicID,
            { () throws(BotError) in due = try await conversations.hold(session, by: tenant) },
            by: tenant
        )
        cache.forget(tenant.row.id.value)
        return due
    }
}
