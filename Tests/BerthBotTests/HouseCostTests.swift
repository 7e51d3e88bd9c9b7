import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// A turn that a kill has cut off, and what the next start does by itself.
@Suite(.loop, .timeLimit(.minutes(20))) struct HouseCostTests {
    private static let noon = Timestamp(milliseconds: 1_760_000_000_000)

    /// The store of a killed service, with a turn of 'old' under way that holds `micros`.
    private static func killed(_ micros: Int64) -> Preparation {
        { store async throws(StoreError) in
            let tenant = try await store.addTenant(named: "old", at: noon).id
            let draft = SessionDraft(publicID: "s", place: Place(channel: .web), tenant: tenant)
            guard let session = try await store.openSession(draft, at: noon) else { return }
            let turn = try await store.acceptTurn(
                TurnDraft(publicID: "t-1", session: session.id, tenant: tenant, text: "one"),
                at: noon
            )
            let reservation = Reservation(
                tenant: tenant,
                turn: turn,
                provider: "hand",
                model: "m",
                amounts: Amounts((.inputTokens, 20), (.outputTokens, 100), (.micros, micros))
            )
            _ = try await store.startCall(reservation, at: noon)
            try await store.savePartialAnswer("half", of: turn)
        }
    }

    @Loop @Test func `a cheap turn is answered once, and its first call is the house's`()
        async throws
    {
        let setup = Setup { $0.chatModels.removeAll { $0.provider != "hand" } }
        try await withBot(setup, prepare: Self.killed(9_999)) { bot in
            let old = try bot.bot.tenants.named("old")
            let call = try await bot.hand.call()
            #expect(call.messages == ["user: one"])
            call.say("whole")
            call.finish()
            let turn = try await bot.bot.turns.find("t-1", of: old).ended()
            #expect(turn.text == "whole" && turn.outcome.end == .done)
            await bot.bot.meter.drain()
            let used = try await bot.used(old)
            #expect(used.requests == 1 && used.reservedTokens == 0)
            #expect(used.tokens < 100 && used.micros < 9_999)
            let book = bot.bot.meter.usage(old)
            #expect(book.requests == 1 && book.spentMicros == used.micros)
            let queue = try #require(try await bot.admin("GET", "/admin/queue").object)
            #expect(queue.integer("asked_again") == 1 && queue.integer("house_micros") == 9_999)
            #expect(queue.integer("uncertain") == 0 && queue.integer("failed") == 0)
            let usage = try await bot.admin("GET", "/admin/usage").text
            #expect(usage.contains(#""micros":9999"#) && usage.contains(#""tenant":"(house)""#))
            await expectOneLine(bot)
            let metrics = try await bot.ask("GET", "/metrics").text
            #expect(metrics.contains("\nberth_asked_again_calls 1.0\n"))
            #expect(metrics.contains("\nberth_house_dollars 0.009999\n"))
            #expect(metrics.contains("\nberth_uncertain_calls 0.0\n"))
        }
    }

    /// Expects that Berth's own questions are in the same line as the calls that the house bears.
    @Loop private func expectOneLine(_ bot: BotFixture) async {
        let pool = TaskPool()
        pool.spawn {
            while let call = try? await bot.hand.next() {
                call.say("yes")
                call.finish()
            }
        }
        let trials = try? await bot.bot.tryModels()
        let asked = (trials ?? []).reduce(0) { $0 + $1.micros }
        pool.cancelAll()
        await pool.drain()
        await bot.bot.meter.drain()
        let object = try? await bot.admin("GET", "/admin/usage").object
        let lines = (object?.elements("usage") ?? []).compactMap { object?.object(at: $0) }
            .filter { $0.string("tenant") == "(house)" }
        #expect(lines.count == 1 && asked > 0)
        #expect(lines.first?.integer("micros") == 9_999 + Int(asked))
        #expect((lines.first?.integer("requests") ?? 0) > 1)
    }

    @Loop @Test(arguments: [(10_000, 0.01), (5, 0)] as [(Int64, Double)])
    func `a turn at the limit, or with none, stays with a person`(
        micros: Int64,
        limit: Double
    ) async throws {
        let setup = Setup { if limit == 0 { $0.uncertain.askAgainBelow = .zero } }
        try await withBot(setup, prepare: Self.killed(micros)) { bot in
            let old = try bot.bot.tenants.named("old")
            let turn = try await bot.bot.turns.find("t-1", of: old).ended()
            #expect(turn.text == "half" && turn.outcome.end == .uncertain)
            #expect(try await bot.used(old).micros == micros)
            let queue = try #require(try await bot.admin("GET", "/admin/queue").object)
            #expect(queue.integer("asked_again") == 0 && queue.integer("uncertain") == 1)
            let received = bot.hand.received
            #expect(received == 0)
        }
    }

    @Loop @Test func `a turn that fails when it is asked again is a person's`() async throws {
        try await withBot(prepare: Self.killed(5)) { bot in
            let old = try bot.bot.tenants.named("old")
            try await bot.hand.call().answer(.error(400, "no"))
            let turn = try await bot.bot.turns.find("t-1", of: old).ended()
            #expect(turn.outcome.end == .failed)
            await bot.bot.meter.drain()
            #expect(try await bot.used(old).micros == 0)
            try await bot.bot.retry("t-1")
            let call = try await bot.hand.call()
            call.say("here")
            call.finish()
            #expect(try await bot.bot.turns.find("t-1", of: old).ended().text == "here")
        }
    }

    @Loop @Test func `a tenant without quota is not charged, and its turn says why`() async throws {
        let setup = Setup { $0.quotas.requestsPerDay = 0 }
        try await withBot(setup, prepare: Self.killed(5)) { bot in
            let old = try bot.bot.tenants.named("old")
            let turn = try await bot.bot.turns.find("t-1", of: old).ended()
            #expect(turn.outcome.end == .failed)
            #expect(turn.outcome.error?.contains("requests") == true)
            #expect(try await bot.used(old).requests == 0)
        }
    }
}
