package import BerthStore
import BerthText
package import BerthWork

/// The search in all conversations of a tenant.
extension Conversations {
    /// The most results of one page, without titles, and the most titles.
    package static nonisolated let mostHits = 20
    /// The text that one step reads before other work of the database has its turn.
    static nonisolated let searchStep = 1 << 20
    /// The text that one request reads.
    ///
    /// The client asks for the rest.
    static nonisolated let mostSearched = 16 << 20

    /// Searches a tenant's conversations on a channel: titles, messages and answers.
    ///
    /// A tenant has one search at a time. An older one ends after its step.
    ///
    /// - Parameters:
    ///   - query: words that spaces separate. A result has all of them.
    ///   - before: the ``SearchPage/next`` of the page before, or nil for the first page.
    ///   - tenant: the tenant who searches.
    ///   - channel: the channel.
    /// - Returns: a page, which may have no results and yet a ``SearchPage/next``.
    /// - Throws: ``BotError/noTurn`` if the turn `before` was deleted.
    package func search(
        _ query: String,
        before: String?,
        for tenant: LiveTenant,
        on channel: ChannelName
    ) async throws(BotError) -> SearchPage {
        var page = SearchPage()
        guard let words = SearchWords(query) else { return page }
        let id = tenant.row.id
        let number = (searches[id] ?? 0) + 1
        searches[id] = number
        defer { if searches[id] == number { searches[id] = nil } }
        if before == nil {
            let titles = try await withBotErrors { () async throws(StoreError) in
                try await store.searchTitles(
                    words,
                    of: id,
                    on: channel,
                    limit: Conversations.mostHits
                )
            }
            page.hits = titles.map { SearchPage.Hit($0, words) }
        }
        var (left, found) = (Conversations.mostSearched, 0)
        page.next = before
        repeat {
            let (before, most) = (page.next, Conversations.mostHits - found)
            let step = try await withBotErrors { () async throws(StoreError) in
                try await store.search(
                    words,
                    of: id,
                    on: channel,
                    before: before,
                    limits: SearchStep.Limits(hits: most, bytes: Conversations.searchStep)
                )
            }
            guard let step else { throw .noTurn }
            page.hits += step.hits.map { SearchPage.Hit($0, words) }
            page.next = step.next
            left -= step.bytes
            found += step.hits.count
        } while page.next != nil && found < Conversations.mostHits && left > 0
            && searches[id] == number
        return page
    }
}
