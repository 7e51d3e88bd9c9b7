import BerthBot
import BerthHTTP
import BerthLoop
package import BerthProviders
package import BerthText
package import BerthWork

extension BotFixture {
    /// Asks for a whole answer on the account of `tenant`, or else of ``ann``.
    ///
    /// - Throws: ``BotError``.
    package func complete(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ tenant: LiveTenant? = nil
    ) async throws(BotError) -> WholeAnswer {
        try await bot.answers.complete(ask(request, models, tenant))
    }

    /// Asks for a stream, likewise.
    ///
    /// An answer from the cache fails the test.
    ///
    /// - Throws: ``BotError``.
    package func stream(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ tenant: LiveTenant? = nil
    ) async throws -> any AnswerStream {
        let answer = try await bot.answers.stream(ask(request, models, tenant))
        if answer.isCached { throw IsCached() }
        return answer
    }

    /// An unexpected answer from the cache.
    package struct IsCached: Error {}

    private func ask(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ tenant: LiveTenant?
    ) -> Ask { Ask(request, models, tenant ?? ann, since: clock.now) }
}
