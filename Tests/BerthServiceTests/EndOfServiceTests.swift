import BerthBot
import BerthLoop
import BerthService
import BerthStore
import BerthTestKit
import Testing

/// The memory of a service that has ended.
@Suite(.loop, .timeLimit(.minutes(20))) struct EndOfServiceTests {
    @Loop @Test func `a service that has ended is freed with all its parts`() async throws {
        weak var service: Bot?
        weak var database: Database?
        try await withBot { bot in
            let answer = try await bot.ask("GET", "/healthz")
            #expect(answer.status == 200)
            (service, database) = (bot.service.bot, bot.service.database)
        }
        let isFreed = await eventually { service == nil && database == nil }
        #expect(isFreed)
    }
}
