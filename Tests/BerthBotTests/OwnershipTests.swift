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
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct OwnershipTests {
    @Loop @Test func `what is another tenant's is not there`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("secret", in: session)
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (turns, talks) = (bot.bot.turns, bot.bot.conversations)
            let turnRefusals = await [
                bot.failure { _ = try await turns.find(turn.id, of: bob) },
                bot.failure { try turns.stop(turn.id, by: bob) },
                bot.failure { _ = try await turns.again(turn.id, by: bob) },
            ]
            #expect(turnRefusals.map { $0?.name } == ["noTurn", "noTurn", "noTurn"])
            let refusals = await [
                bot.failure { _ = try await turns.begin("hi", in: session, by: bob) },
                bot.failure { _ = try await turns.begin("/new", in: session, by: bob) },
                bot.failure { try await talks.delete(session, by: bob) },
                bot.failure { try await talks.change(session, SessionChange(title: "x"), by: bob) },
                bot.failure { _ = try await talks.turns(of: session, before: nil, for: bob) },
            ]
            #expect(refusals.allSatisfy { $0?.name == "noSession" })
            let own = try await bot.session(of: bob)
            let cursor = await bot.failure {
                _ = try await talks.turns(of: own, before: turn.id, for: bob)
            }
            #expect(cursor?.name == "noTurn")
            call.finish()
            _ = try await turn.ended()
            let late = await bot.failure { _ = try await turns.find(turn.id, of: bob) }
            #expect(late?.name == "noTurn")
            #expect(try await talks.list(bob, .web).sessions.map(\.id) == [own])
        }
    }

    /// A tenant with the most conversations on the web and in the terminal.
    private static let full: Preparation = { store async throws(StoreError) in
        let now = Timestamp(milliseconds: 1_760_000_000_000)
        let tenant = try await store.addTenant(named: "full", at: now)
        for channel in [ChannelName.web, .terminal] {
            for number in 0..<Conversations.mostLive {
                let draft = SessionDraft(
                    publicID: "\(channel)-\(number)",
                    place: Place(channel: channel),
                    tenant: tenant.id
                )
                _ = try await store.openSession(draft, at: now)
            }
        }
    }

    @Loop @Test func `one conversation too many is refused until one is deleted`() async throws {
        try await withBot(prepare: OwnershipTests.full) { bot in
            let (full, talks) = (try bot.bot.tenants.named("full"), bot.bot.conversations)
            let refusal = await bot.failure { _ = try await talks.create(full, .web) }
            #expect(refusal?.name == "tooManySessions")
            #expect(refusal?.description.contains("delete one") == true)
            try await talks.delete("web-7", by: full)
            _ = try await talks.create(full, .web)
            let again = await bot.failure { _ = try await talks.create(full, .web) }
            #expect(again?.name == "tooManySessions")
            _ = try await talks.create(bot.ann, .web)
        }
    }

    @Loop @Test func `in the terminal a new conversation takes the oldest one's place`()
        async throws
    {
        try await withBot(prepare: OwnershipTests.full) { bot in
            let (full, talks) = (try bot.bot.tenants.named("full"), bot.bot.conversations)
            let new = try await bot.bot.open(for: full, on: .terminal)
            let page = try await talks.turns(of: new.id, before: nil, for: full)
            #expect(page.turns.isEmpty)
            for (name, isLeft) in [("terminal-0", false), ("terminal-1", true), ("web-0", true)] {
                let refusal = await bot.failure {
                    _ = try await talks.turns(of: name, before: nil, for: full)
                }
                #expect((refusal == nil) == isLeft, "\(name)")
            }
        }
    }

    @Loop @Test func `a deleted conversation is gone, and its answer is not paid for further`()
        async throws
    {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            try await bot.bot.delete(session, by: bot.ann)
            #expect(try await turn.ended().outcome.end == .stopped)
            try await call.gone()
            let refusal = await bot.failure { _ = try await bot.history(session) }
            #expect(refusal?.name == "noSession")
        }
    }

    @Loop @Test func `a suspended tenant's answers are stopped, and nothing new is taken`()
        async throws
    {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            try await bot.bot.set(.suspended, of: bot.ann)
            #expect(try await turn.ended().outcome.end == .stopped)
            try await call.gone()
            let refusal = await bot.failure { _ = try await bot.ask("more", in: session) }
            #expect(refusal?.name == "suspended")
            let (model, request) = (bot.bot.models.choices[0], try bot.request())
            let call2 = await bot.failure {
                _ = try await bot.complete(request, [model])
            }
            #expect(call2?.name == "suspended")
            #expect(try await bot.history(session).count == 1)
            try await bot.bot.set(.active, of: bot.ann)
            try await bot.exchange("more", "yes", in: session)
        }
    }

    @Loop @Test func `a removed tenant's work ends and touches nobody else's rows`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("old", in: session)
            call.say("anna's secret")
            _ = try await turn.reader().next()
            // The next writer gets the row numbers of the deleted rows.
            try await bot.bot.tenants.set(.removed, of: bot.ann)
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let own = try await bot.session(of: bob)
            let next = try await bot.bot.turns.begin("new", in: own, by: bob)
            let second = try await bot.hand.call()
            call.finish()
            _ = try await turn.ended()
            #expect(try await bot.history(own, of: bob).map(\.state) == ["running"])
            second.say("for bob")
            second.finish()
            #expect(try await next.ended().text == "for bob")
            #expect(try await bot.history(own, of: bob).map(\.answer) == ["for bob"])
        }
    }

    @Loop @Test func `removing a tenant ends every way in and all that is under way`() async throws
    {
        try await withBot { bot in
            let link = try await bot.bot.access.link(for: bot.ann)
            let token = try bot.token(of: link)
            let cookie = try #require(try await bot.bot.access.login(token: token))
            let unused = try bot.token(of: try await bot.bot.access.link(for: bot.ann))
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("old", in: session)
            try await bot.bot.set(.removed, of: bot.ann)
            #expect(try await turn.ended().outcome.end == .stopped)
            try await call.gone()
            let holder = bot.bot.tenants.credential(ofKey: bot.key) == nil
            #expect(holder)
            let owner = bot.bot.access.credential(ofCookie: cookie) == nil
            #expect(owner)
            #expect(try await bot.bot.access.login(token: unused) == nil)
            let refusal = await bot.failure { _ = try await bot.ask("more", in: session) }
            #expect(refusal?.name == "suspended")
            // The test still holds the answer's log.
            #expect(await eventually { bot.budget.leased == .kibibytes(8) })
        }
    }

    @Loop @Test func `somebody with a removed tenant's name is somebody else`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("old", in: session)
            call.say("secret")
            _ = try await turn.reader().next()
            try await bot.bot.tenants.set(.removed, of: bot.ann)
            let (other, _) = try await bot.bot.tenants.add("ann")
            let refusals = await [
                bot.failure { _ = try await bot.bot.turns.find(turn.id, of: other) },
                bot.failure { try bot.bot.turns.stop(turn.id, by: other) },
            ]
            #expect(refusals.allSatisfy { $0?.name == "noTurn" })
            call.finish()
            _ = try await turn.ended()
        }
    }
}
