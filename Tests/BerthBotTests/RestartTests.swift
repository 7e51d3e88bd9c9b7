import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(5))) struct RestartTests {
    private static let noon = Timestamp(milliseconds: 1_760_000_000_000)

    /// What a killed service leaves: a turn with half an answer, one without, a call under way.
    private static let afterKill: @Sendable (Connection) throws(StoreError) -> Void = { store in
        let tenant = try store.addTenant(named: "old", at: noon)
        let session = try store.addSession(
            publicID: "s",
            channel: .web,
            tenant: tenant.id,
            at: noon
        )
        let first = try store.acceptTurn(
            publicID: "t-1",
            session: session.id,
            tenant: tenant.id,
            text: "one",
            at: noon
        )
        try store.startTurn(first)
        _ = try store.reserve(
            Reservation(
                tenant: tenant.id,
                turn: first,
                provider: "hand",
                model: "m",
                tokens: 100,
                micros: 5
            ),
            at: noon
        )
        try store.savePartialAnswer("half", of: first)
        _ = try store.acceptTurn(
            publicID: "t-2",
            session: session.id,
            tenant: tenant.id,
            text: "two",
            at: noon
        )
    }

    @Loop @Test func `after a kill what was asked is uncertain and charged, the rest goes on`()
        async throws
    {
        try await withBot(prepare: RestartTests.afterKill) { bot in
            let old = try bot.bot.tenants.named("old")
            let call = try await bot.hand.call()
            #expect(call.messages == ["user: two"])
            call.say("here")
            call.finish()
            let resumed = try await bot.bot.turns.find("t-2", of: old).ended()
            #expect(resumed.text == "here" && resumed.outcome.end == .done)
            await bot.bot.meter.drain()
            let turns = try await bot.history("s", of: old)
            #expect(turns.map(\.state) == ["uncertain", "done"])
            #expect(turns.map(\.answer) == ["half", "here"])
            let used = try await bot.used(old)
            #expect(used.requests == 2 && used.reservedTokens == 0)
            #expect(used.outputTokens >= 100 && used.outputTokens < 200)
            let found = try await bot.bot.turns.find("t-1", of: old).ended()
            #expect(found.text == "half" && found.outcome.end == .uncertain)
        }
    }

    @Loop @Test func `what is uncertain can be asked again`() async throws {
        try await withBot(prepare: RestartTests.afterKill) { bot in
            let old = try bot.bot.tenants.named("old")
            let resumed = try await bot.hand.call()
            resumed.finish()
            _ = try await bot.bot.turns.find("t-2", of: old).ended()
            let turn = try await bot.bot.turns.again("t-1", by: old)
            let call = try await bot.hand.call()
            #expect(call.messages.last == "user: one")
            call.say("here")
            call.finish()
            #expect(try await turn.ended().text == "here")
            #expect(try await bot.history("s", of: old).count == 3)
        }
    }

    @Loop @Test func `a stopping service finishes turns, then keeps what they have`() async throws {
        try await withBot { bot in
            let (first, second) = (try await bot.session(), try await bot.session())
            let (quick, call) = try await bot.ask("quick", in: first)
            let (slow, other) = try await bot.ask("slow", in: second)
            other.say("so far")
            _ = try await slow.reader().next()
            bot.stop.request()
            await settle()
            let refusal = await bot.failure { _ = try await bot.ask("new", in: first) }
            #expect(refusal?.name == "stopping")
            call.say("done")
            call.finish()
            #expect(try await quick.ended().outcome.end == .done)
            bot.clock.advance(by: .seconds(10))
            let (text, outcome) = try await slow.ended()
            #expect(text == "so far" && outcome.end == .interrupted)
            #expect(outcome.error?.contains("goes on") == true)
            // At the next start it goes on, from its beginning.
            let stored = try await bot.history(second).first
            #expect(stored?.state == "accepted" && stored?.answer == "")
        }
    }

    @Loop @Test func `partial answers are kept every two seconds`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let reader = turn.reader()
            call.say("one ")
            _ = try await reader.next()
            #expect(try await bot.history(session).first?.answer == "")
            bot.clock.advance(by: .seconds(2))
            call.say("two ")
            _ = try await reader.next()
            // A read comes after the writes that were given before it.
            await settle()
            #expect(try await bot.history(session).first?.answer == "one two ")
        }
    }
}
