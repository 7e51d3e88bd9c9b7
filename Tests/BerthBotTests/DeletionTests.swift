import BerthBot
import BerthCache
import BerthConfig
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// Deleted conversations, and the rate at which new ones are made.
@Suite(.loop, .timeLimit(.minutes(20))) struct DeletionTests {
    @Loop @Test func `a turn ends before its conversation is deleted, and leaves nothing`()
        async throws
    {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.say("half")
            await settle()
            try await bot.bot.delete(session, by: bot.ann)
            let running = bot.bot.turns.running
            #expect(running == 0 && turn.outcome?.end == .stopped)
            #expect(try await bot.store.turn(publicID: turn.id) == nil)
            let used = try await bot.used()
            #expect(used.requests == 1 && used.reservedTokens == 0)
            let lost = await bot.failure { _ = try await bot.bot.turns.find(turn.id, of: bot.ann) }
            #expect(lost?.name == "noTurn")
        }
    }

    @Loop @Test func `another tenant's wish to delete a conversation ends nothing in it`()
        async throws
    {
        try await withBot { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let refusal = await bot.failure { try await bot.bot.delete(session, by: bob) }
            #expect(refusal?.name == "noSession")
            call.say("yes")
            call.finish()
            #expect(try await turn.ended().outcome.end == .done)
        }
    }

    @Loop @Test func `the terminal's oldest conversation ends its turn when it makes room`()
        async throws
    {
        let full: Preparation = { store async throws(StoreError) in
            let now = Timestamp(milliseconds: 1_760_000_000_000)
            let tenant = try await store.addTenant(named: "full", at: now)
            for number in 0..<Conversations.mostLive {
                let draft = SessionDraft(
                    publicID: "s-\(number)",
                    place: Place(channel: .terminal),
                    tenant: tenant.id
                )
                // The message to the first one does not make it the newest.
                let age = number == 0 ? Duration.zero : .seconds(20 * 365 * 86_400)
                _ = try await store.openSession(draft, at: now + age)
            }
        }
        try await withBot(prepare: full) { bot in
            let tenant = try bot.bot.tenants.named("full")
            let turn = try await bot.bot.turns.begin("hi", in: "s-0", by: tenant)
            let call = try await bot.hand.call()
            _ = try await bot.bot.open(for: tenant, on: .terminal)
            #expect(try await bot.store.session(publicID: "s-0") == nil)
            #expect(try await bot.store.session(publicID: "s-1") != nil)
            #expect(try await turn.ended().outcome.end == .stopped)
            try await call.gone()
        }
    }

    @Loop @Test func `conversations are made at a bounded rate, however they are deleted`()
        async throws
    {
        try await withBot { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            for channel in [ChannelName.web, .terminal] {
                for _ in 0..<Conversations.mostNew / 2 {
                    let session = try await bot.bot.open(for: bot.ann, on: channel)
                    try await bot.bot.delete(session.id, by: bot.ann)
                }
            }
            let refusal = await bot.failure {
                _ = try await bot.bot.open(for: bot.ann, on: .web)
            }
            #expect(refusal?.name == "tooManyNewSessions")
            #expect(refusal?.disposition.status == 429)
            #expect(refusal?.disposition.retryAfter == .seconds(1))
            #expect(refusal?.description.contains("try again in 1 s") == true)
            let place = Place(channel: .telegram, chat: "7")
            let elsewhere = await bot.failure {
                let talks = bot.bot.conversations
                _ = try await talks.open(at: place, isGroup: false, for: bot.ann)
            }
            #expect(elsewhere?.name == "tooManyNewSessions")
            _ = try await bot.bot.open(for: bob, on: .web)
            bot.clock.advance(by: .seconds(1))
            _ = try await bot.bot.open(for: bot.ann, on: .web)
        }
    }

    @Loop @Test func `answers cached for a tenant alone go with its conversation`() async throws {
        try await withBot(Setup { $0.cache.scope = .safe }) { bot in
            let session = try await bot.session()
            try await bot.exchange("hello", "yes", in: session)
            try await bot.exchange("and now?", "no", in: session)
            #expect(bot.bot.cache.statistics.memory.entries == 2)
            try await bot.bot.delete(session, by: bot.ann)
            // The first question carries nothing of the tenant, so others may be given its answer.
            #expect(bot.bot.cache.statistics.memory.entries == 1)
        }
    }
}
