package import BerthText

/// Verbs that search in what tenants wrote and were answered.
///
/// There is no index. A search reads the tenant's own turns, newest first and in bounded steps, so a
/// deletion leaves nothing behind that would have to be deleted too.
package protocol SearchStore: Sendable {
    /// One step of a search in a tenant's messages and answers on a channel, newest first.
    ///
    /// A turn is a hit if each word is in its message or in its answer.
    ///
    /// - Parameters:
    ///   - words: the words.
    ///   - tenant: the owner of the conversations. Only its own turns in its own conversations that
    ///     are not deleted are read.
    ///   - channel: the conversations' channel.
    ///   - before: the public id of the turn at which the step before ended, or nil at the
    ///     beginning.
    ///   - limits: the step ends at the first of them.
    /// - Returns: nil if `before` is no turn any more.
    /// - Throws: ``StoreError`` as every verb does.
    func search(
        _ words: SearchWords,
        of tenant: Tenant.ID,
        on channel: ChannelName,
        before: String?,
        limits: SearchStep.Limits
    ) async throws(StoreError) -> SearchStep?

    /// A tenant's conversations on a channel whose title has all words, the last used first, at most
    /// `limit`.
    func searchTitles(
        _ words: SearchWords,
        of tenant: Tenant.ID,
        on channel: ChannelName,
        limit: Int
    ) async throws(StoreError) -> [SearchHit]
}

extension Database: SearchStore {
    package nonisolated func search(
        _ words: SearchWords,
        of tenant: Tenant.ID,
        on channel: ChannelName,
        before: String?,
        limits: SearchStep.Limits
    ) async throws(StoreError) -> SearchStep? {
        try await read { store throws(StoreError) in
            var last = Int64.max
            if let before {
                guard let turn = try store.turn(publicID: before), turn.tenant == tenant else {
                    return nil
                }
                last = turn.id.value
            }
            var step = SearchStep()
            // Each row costs at least this much, so that empty turns are no way around the limit.
            let row = 256
            try store.forEach(
                """
                SELECT turn.public_id, turn.text, turn.answer, session.public_id, session.title,
                    session.archived
                FROM turn CROSS JOIN session ON session.id = turn.session
                WHERE turn.tenant = ?1 AND turn.id < ?2 AND session.tenant = ?1
                    AND session.channel = ?3 AND session.deleted_ms IS NULL
                ORDER BY turn.id DESC
                """,
                tenant,
                last,
                channel
            ) { result throws(StoreError) in
                guard step.bytes < limits.bytes, step.hits.count < limits.hits else {
                    step.next = step.last
                    return false
                }
                step.last = result.text(0)
                step.bytes += row + result.byteCount(1) + result.byteCount(2)
                let excerpt = SearchExcerpt.of(result.bytes(1), result.bytes(2), words)
                guard let excerpt else { return true }
                let hit = SearchHit(
                    session: result.text(3),
                    title: result.text(4),
                    isArchived: result.bool(5),
                    turn: step.last,
                    excerpt: excerpt
                )
                step.hits.append(hit)
                return true
            }
            return step
        }
    }

    package nonisolated func searchTitles(
        _ words: SearchWords,
        of tenant: Tenant.ID,
        on channel: ChannelName,
        limit: Int
    ) async throws(StoreError) -> [SearchHit] {
        try await read { store throws(StoreError) in
            var hits: [SearchHit] = []
            try store.forEach(
                """
                SELECT public_id, title, archived FROM session
                WHERE tenant = ? AND channel = ? AND deleted_ms IS NULL AND title <> ''
                ORDER BY updated_ms DESC, id DESC
                """,
                tenant,
                channel
            ) { row throws(StoreError) in
                let title = row.text(1)
                if words.areAll(in: title) {
                    let (session, isArchived) = (row.text(0), row.bool(2))
                    let hit = SearchHit(
                        session: session,
                        title: title,
                        isArchived: isArchived,
                        turn: nil,
                        excerpt: ""
                    )
                    hits.append(hit)
                }
                return hits.count < limit
            }
            return hits
        }
    }
}
