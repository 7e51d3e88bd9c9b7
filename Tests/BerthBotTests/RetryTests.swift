import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Turns that are retried, and turns that are not.
@Suite(.loop, .timeLimit(.minutes(20))) struct RetryTests {
    private static var setup: Setup {
        var policy = WorkPolicy.impatient
        policy.backoff = Backoff(base: .seconds(1), most: .seconds(8), attempts: 3)
        policy.patience = .seconds(60)
        return Setup(policy: policy) { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
        }
    }

    private static func unavailable(retryAfter: Int?) -> HTTPResponse {
        HTTPResponse.error(503, "busy", retryAfter: retryAfter.map { .seconds(Int64($0)) })
    }

    /// Waits until the turn's next attempt is planned, and returns the time until then.
    @Loop private func pause(_ reader: TurnReader) async throws -> Duration {
        while let event = try await reader.next() {
            if case .place(let place) = event { return place.wait }
        }
        throw RawClient.TookTooLong(waitedFor: "a pause", received: "the end")
    }

    @Loop @Test func `what passes is tried again after what the provider asks for`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let reader = turn.reader()
            call.answer(Self.unavailable(retryAfter: 7))
            let pause = try await pause(reader)
            #expect(pause >= .seconds(7) && pause < .seconds(9))
            // It is on the disk, so a restart would go on from here.
            let row = try await bot.stored(turn.id)
            #expect(row?.state == .accepted && row?.attempts == 1)
            #expect(row.flatMap(\.due).map { $0 - bot.clock.timestamp } == pause)
            // The provider's gate has a jitter of its own, of at most a second.
            bot.clock.advance(by: pause + .seconds(1))
            let second = try await bot.hand.call()
            second.say("here")
            second.finish()
            let (text, outcome) = try await turn.ended()
            #expect(text == "here" && outcome.end == .done)
            let used = try await bot.used()
            #expect(used.requests == 1 && used.reservedTokens == 0)
        }
    }

    @Loop @Test func `after the last attempt it has failed, with the reason, and can be retried`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, first) = try await bot.ask("hello", in: session)
            let reader = turn.reader()
            var call = first
            for _ in 0..<2 {
                call.answer(Self.unavailable(retryAfter: nil))
                bot.clock.advance(by: try await pause(reader))
                call = try await bot.hand.call()
            }
            call.answer(Self.unavailable(retryAfter: nil))
            let (_, outcome) = try await turn.ended()
            #expect(outcome.end == .failed)
            #expect(outcome.error?.contains("tried 3 times") == true)
            let listed = try await bot.bot.turns.troubled(limit: 10)
            #expect(listed.map(\.subject) == [.turn(turn.id)] && listed.first?.attempts == 3)
            try await bot.exchange("later", "yes", in: session)
            try await bot.bot.retry(turn.id)
            let again = try await bot.hand.call()
            #expect(again.messages == ["user: hello"])  // no later message
            again.say("here")
            again.finish()
            _ = try await bot.bot.turns.find(turn.id, of: bot.ann).ended()
            #expect(try await bot.history(session).map(\.answer) == ["here", "yes"])
            #expect(try await bot.bot.turns.troubles().failedTurns == 0)
        }
    }

    @Loop @Test func `what may have been bought is not bought again by itself`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.cut()
            let (_, outcome) = try await turn.ended()
            #expect(outcome.end == .failed)
            let received = bot.hand.received
            #expect(received == 1)
        }
    }

    @Loop @Test func `nor is it where the next model was asked and failed otherwise`()
        async throws
    {
        var policy = WorkPolicy.impatient
        policy.backoff = Backoff(base: .seconds(1), most: .seconds(8), attempts: 3)
        let setup = Setup(policy: policy) { settings in
            settings.chatModels.removeAll { $0.provider != "hand" && $0.provider != "dead" }
        }
        try await withBot(setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.cut()
            #expect(try await turn.ended().outcome.end == .failed)
            let received = bot.hand.received
            #expect(received == 1)
        }
    }

    @Loop @Test func `what the provider refuses is not asked again`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.answer(.error(401, "no"))
            #expect(try await turn.ended().outcome.end == .failed)
            let failure = await bot.failure { try await bot.bot.retry("nobody") }
            #expect(failure?.name == "noTurn")
        }
    }

    @Loop @Test func `a pause longer than its patience ends it`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.answer(Self.unavailable(retryAfter: 600))
            let (_, outcome) = try await turn.ended()
            #expect(outcome.end == .failed && outcome.error?.contains("deadline") == true)
        }
    }

    @Loop @Test func `a turn that is stopped while it waits is not asked again`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let reader = turn.reader()
            call.answer(Self.unavailable(retryAfter: 5))
            _ = try await pause(reader)
            try bot.bot.turns.stop(turn.id, by: bot.ann)
            #expect(try await turn.ended().outcome.end == .stopped)
            bot.clock.advance(by: .seconds(60))
            await settle()
            let received = bot.hand.received
            #expect(received == 1)
            #expect(try await bot.used().requests == 0)
        }
    }

    @Loop @Test func `in the queue a turn is told its place; a stop frees it`() async throws {
        let setup = Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
        }
        try await withBot(setup) { bot in
            let (first, second) = (try await bot.session(), try await bot.session())
            let (turn, call) = try await bot.ask("one", in: first)
            let waiting = try await bot.bot.turns.begin("two", in: second, by: bot.ann)
            let reader = waiting.reader()
            guard case .place(let place) = try await reader.next() else {
                Issue.record("no place")
                return
            }
            #expect(place.ahead == 0)
            let counts = bot.bot.queues.count(in: .chat)
            #expect(counts.waiting == 1 && counts.running == 1)
            #expect(try await bot.stored(waiting.id)?.state == .accepted)
            try bot.bot.turns.stop(waiting.id, by: bot.ann)
            #expect(try await waiting.ended().outcome.end == .stopped)
            call.say("one")
            call.finish()
            _ = try await turn.ended()
            let left = bot.bot.queues.count(in: .chat)
            #expect(left.waiting == 0 && left.running == 0)
            let received = bot.hand.received
            #expect(received == 1)
        }
    }

    @Loop @Test func `what waits in a queue that stops goes on at the next start`() async throws {
        let setup = Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
        }
        try await withBot(setup) { bot in
            let (first, second) = (try await bot.session(), try await bot.session())
            _ = try await bot.ask("one", in: first)
            let waiting = try await bot.bot.turns.begin("two", in: second, by: bot.ann)
            await settle()
            bot.bot.queues.stop()
            #expect(try await waiting.ended().outcome.end == .interrupted)
            #expect(try await bot.stored(waiting.id)?.state == .accepted)
        }
    }

    @Loop @Test func `at the stop what pauses, runs, shares and waits stays accepted`()
        async throws
    {
        var policy = WorkPolicy.impatient
        policy.backoff = Backoff(base: .seconds(1), most: .seconds(8), attempts: 3)
        let setup = Setup(policy: policy) { settings in
            settings.cache.scope = .safe
            settings.chatModels.removeAll { $0.provider != "hand" }
            for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
        }
        try await withBot(setup) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (pausing, call) = try await bot.ask("one", in: try await bot.session())
            let reader = pausing.reader()
            call.answer(Self.unavailable(retryAfter: nil))
            let pause = try await pause(reader)
            let (running, other) = try await bot.ask("two", in: try await bot.session())
            other.say("so far")
            _ = try await running.reader().next()
            let his = try await bot.session(of: bob)
            let sharing = try await bot.bot.turns.begin("two", in: his, by: bob)
            let hers = try await bot.session()
            let waiting = try await bot.bot.turns.begin("three", in: hers, by: bot.ann)
            await settle()
            await bot.bot.finish()
            for turn in [pausing, running, sharing, waiting] {
                #expect(try await turn.ended().outcome.end == .interrupted)
                let row = try await bot.stored(turn.id)
                #expect(row?.state == .accepted && row?.answer == "")
            }
            let due = try await bot.stored(pausing.id)?.due
            #expect(due.map { $0 - bot.clock.timestamp } == pause)
            for tenant in [bot.ann, bob] {
                let (ledger, book) = (try await bot.used(tenant), bot.bot.meter.usage(tenant))
                #expect(ledger.requests == 1 && ledger.reservedTokens == 0)
                #expect(book.requests == 1 && book.tokens == ledger.tokens)
            }
        }
    }

    @Loop @Test func `a retry that finds its conversation busy changes nothing`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.answer(.error(401, "no"))
            let failed = try await turn.ended().outcome
            let (pool, refusals) = (TaskPool(), Mailbox<String?>())
            pool.spawn {
                refusals.put(await bot.failure { try await bot.bot.retry(turn.id) }?.name)
            }
            let later = await bot.failure {
                _ = try await bot.bot.turns.begin("later", in: session, by: bot.ann)
            }
            let refused = try await refusals.next("the retry's end")
            let names = [refused, later?.name]
            #expect(names.filter { $0 == "sessionBusy" }.count == 1)
            let stored = try await bot.stored(turn.id)
            let isChanged = stored?.state == .failed && stored?.error != failed.error
            #expect(!isChanged)
        }
    }

    @Loop @Test func `a full queue refuses before anything is written`() async throws {
        var policy = WorkPolicy.impatient
        policy.waitingPerTenant = 1
        let setup = Setup(policy: policy) { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
        }
        try await withBot(setup) { bot in
            let sessions = [
                try await bot.session(), try await bot.session(), try await bot.session(),
            ]
            _ = try await bot.ask("one", in: sessions[0])
            _ = try await bot.bot.turns.begin("two", in: sessions[1], by: bot.ann)
            await settle()
            let refusal = await bot.failure {
                _ = try await bot.bot.turns.begin("three", in: sessions[2], by: bot.ann)
            }
            #expect(refusal?.name == "queue")
            #expect(try await bot.history(sessions[2]).isEmpty)
            let answer = try await bot.chat(
                #"{"model":"hand/m","messages":[{"role":"user","content":"four"}]}"#
            )
            #expect(answer.status == 429 && answer.headers["retry-after"] != nil)
            #expect(answer.error?.string("code") == "queue_full")
        }
    }
}

extension BotFixture {
    /// A turn's row.
    func stored(_ publicID: String) async throws -> Turn? {
        try await store.turn(publicID: publicID)
    }
}
