import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthWork

extension BotFixture {
    /// The usage of a tenant today, or else of ``ann``, after all ended calls are settled.
    func used(_ tenant: LiveTenant? = nil) async throws -> Usage {
        await bot.meter.drain()
        let (id, now) = ((tenant ?? ann).row.id, clock.timestamp)
        return try await store.usage(of: id, on: now)
    }
}
