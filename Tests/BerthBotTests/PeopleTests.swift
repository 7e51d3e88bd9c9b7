import BerthBot
import BerthConfig
import BerthLoop
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// People who become tenants.
@Suite(.loop) struct PeopleTests {
    @Loop private func meet(_ bot: BotFixture, _ number: Int) async throws -> LiveTenant? {
        let person = Person(channel: .telegram, external: "\(number)")
        let place = Place(channel: .telegram, chat: "42:\(number)")
        let admission = try await bot.bot.people.meet(person, named: "Sam", at: place)
        guard case .admitted(let tenant) = admission else { return nil }
        return tenant
    }

    @Loop @Test func `strangers of one name who come at once all become tenants`() async throws {
        let setup = Setup { ($0.access, $0.limits.tenants) = (.open, 12) }
        try await withBot(setup) { bot in
            let (room, pool) = (12 - bot.bot.tenants.all.count, TaskPool())
            var (names, refused) = ([String](), 0)
            for number in 1...room + 2 {
                pool.spawn {
                    let tenant = try? await meet(bot, number)
                    if let tenant { names.append(tenant.name) } else { refused += 1 }
                }
            }
            await pool.drain()
            #expect(Set(names) == Set(["sam"] + (2...room).map { "sam-\($0)" }))
            #expect(refused == 2)
        }
    }
}
