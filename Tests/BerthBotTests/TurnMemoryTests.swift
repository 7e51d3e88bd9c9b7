import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// Turns for which there is no memory or too little.
@Suite(.loop, .timeLimit(.minutes(20))) struct TurnMemoryTests {
    private static let noon = Timestamp(milliseconds: 1_760_000_000_000)

    private static var setup: Setup {
        var policy = WorkPolicy.impatient
        policy.backoff = Backoff(base: .seconds(1), most: .seconds(8), attempts: 2)
        policy.patience = .seconds(60)
        return Setup(policy: policy) { settings in
            settings.memory.limit = .mebibytes(8)
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.allowAnswers(ofTokens: 6_000)
        }
    }

    @Loop @Test func `a message stands in line, and is written when there is memory`() async throws
    {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let hog = try Hog(bot)
            let (pool, turns) = (TaskPool(), Mailbox<LiveTurn>())
            pool.spawn {
                if let turn = try? await bot.bot.turns.begin("hi", in: session, by: bot.ann) {
                    turns.put(turn)
                }
            }
            #expect(await eventually { bot.budget.standing.waiting == 1 })
            #expect(try await bot.history(session).isEmpty)
            let second = await bot.failure {
                _ = try await bot.bot.turns.begin("again", in: session, by: bot.ann)
            }
            #expect(second?.name == "sessionBusy")
            hog.leave()
            let call = try await bot.hand.call()
            call.say("here")
            call.finish()
            #expect(try await turns.next("the turn").ended().text == "here")
            await pool.drain()
        }
    }

    @Loop @Test func `a stranger never waits in another tenant's session`() async throws {
        try await withBot(Self.setup) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let session = try await bot.session()
            let hog = try Hog(bot)
            let stranger = await bot.failure {
                _ = try await bot.bot.turns.begin("hi", in: session, by: bob)
            }
            #expect(stranger?.name == "noSession")
            let waiting = bot.budget.standing.waiting
            #expect(waiting == 0)
            hog.leave()
        }
    }

    @Loop @Test func `who has waited in vain is told, and nothing is written`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let hog = try Hog(bot)
            let (pool, errors) = (TaskPool(), Mailbox<BotError?>())
            pool.spawn {
                errors.put(
                    await bot.failure {
                        _ = try await bot.bot.turns.begin("hi", in: session, by: bot.ann)
                    }
                )
            }
            #expect(await eventually { bot.budget.standing.waiting == 1 })
            bot.clock.advance(by: PrepaidMemory.patience)
            #expect(try await errors.next("a refusal")?.name == "memory")
            #expect(try await bot.history(session).isEmpty)
            hog.leave()
            try await bot.exchange("hi", "here", in: session)
            await pool.drain()
        }
    }

    @Loop @Test
    func `a turn that finds no memory for its call is tried again, which is no attempt`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let reader = turn.reader()
            call.answer(HTTPResponse.error(503, "busy"))
            var pause = try await Self.pause(reader)
            let hog = try Hog(bot)
            for _ in 0..<3 {
                bot.clock.advance(by: pause)
                pause = try await Self.pause(reader)
            }
            #expect(bot.hand.received == 1)
            #expect(try await bot.history(session).first?.state == "accepted")
            hog.leave()
            bot.clock.advance(by: pause)
            let again = try await bot.hand.call()
            again.say("here")
            again.finish()
            #expect(try await turn.ended().text == "here")
            #expect(try await bot.used().requests == 1)
        }
    }

    @Loop @Test func `an answer that runs out of memory midway ends in words and keeps what came`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.say("so far")
            _ = try await turn.reader().next()
            let hog = try Hog(bot)
            call.say(String(repeating: "long ", count: 20_000))
            let (text, outcome) = try await turn.ended()
            #expect(text.hasPrefix("so far") && outcome.end == .failed)
            let words = "the answer ended early because memory ran out; ask again"
            #expect(outcome.error == words)
            hog.leave()
            #expect(try await bot.history(session).first?.answer == text)
            // The answer was bought, so it is charged, and the turn is not retried automatically.
            #expect(try await bot.used().outputTokens > 0)
            #expect(bot.hand.received == 1)
        }
    }

    @Loop @Test func `a short answer needs no more memory than its message has paid for`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let hog = try Hog(bot)
            call.say("here")
            call.finish()
            let (text, outcome) = try await turn.ended()
            #expect(text == "here" && outcome.end == .done)
            hog.leave()
        }
    }

    @Loop @Test func `a cached answer for which there is no memory is told later`() async throws {
        let setup = Setup(policy: Self.setup.policy) { settings in
            Self.setup.change(&settings)
            settings.cache.scope = .safe
        }
        try await withBot(setup) { bot in
            let long = String(repeating: "long ", count: 4_000)
            let (bob, _) = try await bot.bot.tenants.add("bob")
            try await bot.exchange("hello", long, in: try await bot.session(of: bob), by: bob)
            #expect(await eventually { bob.account.held == .zero })
            let session = try await bot.session()
            let turn = try await bot.bot.turns.begin("hello", in: session, by: bot.ann)
            // The log of the answer fits, its copies for the disk do not.
            let hog = try Hog(bot, leaving: .kibibytes(45))
            let reader = turn.reader()
            let pause = try await Self.pause(reader)
            hog.leave()
            bot.clock.advance(by: pause)
            let (text, outcome) = try await turn.ended()
            #expect(text == long && outcome.end == .done)
            #expect(bot.hand.received == 1)
        }
    }

    @Loop @Test func `a stored answer that finds no memory is refused as it is`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.say(String(repeating: "long ", count: 8_000))
            call.finish()
            _ = try await turn.ended()
            #expect(await eventually { bot.bot.turns.running == 0 })
            await settle()
            let hog = try Hog(bot, leaving: .kibibytes(16))
            let refusal = await bot.failure {
                _ = try await bot.bot.turns.find(turn.id, of: bot.ann)
            }
            #expect(refusal?.name == "memory")
            hog.leave()
        }
    }

    @Loop @Test func `a start with more turns than memory lets them go on one after the other`()
        async throws
    {
        let setup = Setup { $0.quotas.memory = .kibibytes(220) }
        try await withBot(setup, prepare: Self.threeTurns) { bot in
            let old = try bot.bot.tenants.named("old")
            for number in 1...3 {
                let call = try await bot.hand.call()
                let others = number < 3 ? 1 : 0
                #expect(await eventually { bot.budget.standing.waiting == others })
                #expect(bot.hand.received == number)
                // The waiting turn goes first.
                let busy = await bot.failure {
                    _ = try await bot.bot.turns.begin("new", in: "s3", by: old)
                }
                #expect(busy?.name == "sessionBusy")
                call.say("here")
                call.finish()
            }
            #expect(await eventually { bot.bot.turns.running == 0 })
            for session in ["s1", "s2", "s3"] {
                let turns = try await bot.history(session, of: old)
                #expect(turns.map(\.state) == ["done"] && turns.map(\.answer) == ["here"])
            }
        }
    }

    @Loop @Test func `turns that wait for memory when the service ends are owed still`()
        async throws
    {
        let setup = Setup { $0.quotas.memory = .kibibytes(220) }
        try await withBot(setup, prepare: Self.threeTurns) { bot in
            let old = try bot.bot.tenants.named("old")
            let call = try await bot.hand.call()
            #expect(await eventually { bot.budget.standing.waiting == 1 })
            bot.stop.request()
            await settle()
            call.say("here")
            call.finish()
            #expect(await eventually { bot.bot.turns.running == 0 })
            #expect(await eventually { bot.budget.standing.waiting == 0 })
            await bot.bot.finish()
            var states: [String] = []
            for session in ["s1", "s2", "s3"] {
                states += try await bot.history(session, of: old).map(\.state)
            }
            #expect(states == ["done", "accepted", "accepted"])
        }
    }

    private static let threeTurns: Preparation = { store async throws(StoreError) in
        let tenant = try await store.addTenant(named: "old", at: noon).id
        for number in 1...3 {
            let draft = SessionDraft(
                publicID: "s\(number)",
                place: Place(channel: .web),
                tenant: tenant
            )
            guard let session = try await store.openSession(draft, at: noon) else { return }
            let turn = TurnDraft(
                publicID: "t\(number)",
                session: session.id,
                tenant: tenant,
                text: "number \(number)"
            )
            _ = try await store.acceptTurn(turn, at: noon)
        }
    }

    /// Waits until the turn's next attempt is planned, and returns the time until then.
    @Loop private static func pause(_ reader: TurnReader) async throws -> Duration {
        while let event = try await reader.next() {
            if case .place(let place) = event { return place.wait }
        }
        throw RawClient.TookTooLong(waitedFor: "a pause", received: "the end")
    }
}

/// Leases all free memory except a rest, and gives it back.
@Loop private final class Hog {
    private var lease: MemoryLease

    init(_ bot: BotFixture, leaving rest: ByteCount = .zero) throws {
        let account = bot.budget.sharedAccount("hog", quota: bot.budget.limit)
        lease = account.nothing(for: .cacheEntry)
        try lease.extend(by: bot.budget.standing.free - rest)
    }

    func leave() { lease.shrink(to: .zero) }
}
