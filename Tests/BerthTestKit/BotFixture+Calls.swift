import BerthBot
import BerthHTTP
import BerthLoop
package import BerthProviders
package import BerthText
package import BerthWork

extension BotFixture {
    /// Asks for a whole answer on the account of `tenant`, without one ``ann``'s.
    ///
    /// - Throws: ``BotError``.
    package func complete(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ tenant: LiveTenant? = nil
    ) async throws(BotError) -> WholeAnswer {
        try await bot.answers.complete(order(request, models, tenant))
    }

    /// Asks for a stream, likewise; one that is no stream fails the test.
    ///
    /// - Throws: ``BotError``.
    package func stream(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ tenant: LiveTenant? = nil
    ) async throws -> any AnswerStream {
        switch try await bot.answers.stream(order(request, models, tenant)) {
        case .stream(let stream): return stream
        case .kept: throw IsKept()
        }
    }

    /// An answer came from the cache where none was expected.
    package struct IsKept: Error {}

    private func order(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ tenant: LiveTenant?
    ) -> ChatOrder { ChatOrder(request, models, tenant ?? ann, since: clock.now) }
}
