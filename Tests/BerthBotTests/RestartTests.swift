import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthWork
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct RestartTests {
    private static let noon = Timestamp(milliseconds: 1_760_000_000_000)

    /// The store of a killed service: a turn with half an answer, one without, a call under way.
    private static let afterKill: Preparation = { store async throws(StoreError) in
        let tenant = try await store.addTenant(named: "old", at: noon).id
        guard let session = try await store.openSession(web("s", of: tenant), at: noon) else {
            return
        }
        let first = try await store.acceptTurn(
            TurnDraft(publicID: "t-1", session: session.id, tenant: tenant, text: "one"),
            at: noon
        )
        _ = try await store.startCall(reservation(of: tenant, for: first), at: noon)
        try await store.savePartialAnswer("half", of: first)
        _ = try await store.acceptTurn(
            TurnDraft(publicID: "t-2", session: session.id, tenant: tenant, text: "two"),
            at: noon
        )
    }

    private static func web(_ publicID: String, of tenant: Tenant.ID) -> SessionDraft {
        SessionDraft(publicID: publicID, place: Place(channel: .web), tenant: tenant)
    }

    private static func reservation(of tenant: Tenant.ID, for turn: Turn.ID) -> Reservation {
        Reservation(
            tenant: tenant,
            turn: turn,
            provider: "hand",
            model: "m",
            amounts: Amounts((.outputTokens, 100), (.micros, 20_000))
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
            // The answer is in a branch of its own.
            let turns = try await bot.history("s", of: old)
            #expect(turns.map(\.text) == ["one"] && turns.first?.branch?.count == 2)
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
            // The next start answers it from the beginning.
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
            // The read runs after the writes that were queued before it.
            await settle()
            #expect(try await bot.history(session).first?.answer == "one two ")
        }
    }

    /// A change of a turn that was accepted.
    typealias TurnChange =
        @Sendable (any Store, Tenant.ID, Turn.ID) async throws(StoreError) -> Void

    /// Accepted turns of one tenant, each in a conversation of its own.
    private static func accepted(
        _ count: Int,
        _ change: @escaping TurnChange = { _, _, _ async throws(StoreError) in }
    ) -> Preparation {
        { store async throws(StoreError) in
            let tenant = try await store.addTenant(named: "old", at: noon).id
            for number in 1...count {
                let draft = web("s-\(number)", of: tenant)
                guard let session = try await store.openSession(draft, at: noon) else { return }
                let turn = try await store.acceptTurn(
                    TurnDraft(
                        publicID: "t-\(number)",
                        session: session.id,
                        tenant: tenant,
                        text: "text \(number)"
                    ),
                    at: noon
                )
                try await change(store, tenant, turn)
            }
        }
    }

    @Loop @Test func `however many were accepted, a start takes them all up`() async throws {
        let setup = Setup { settings in
            settings.quotas.requestsPerDay = 1_000
            settings.quotas.tokensPerDay = 100_000_000
            settings.quotas.memory = .mebibytes(64)
        }
        try await withBot(setup, prepare: Self.accepted(250)) { bot in
            let running = bot.bot.turns.running
            #expect(running == 250)
            let failed = try await bot.bot.turns.troubles().failedTurns
            #expect(failed == 0)
        }
    }

    @Loop @Test func `no accepted turn is refused at the start because the queue is full`()
        async throws
    {
        var policy = WorkPolicy.impatient
        policy.waitingPerTenant = 1
        policy.backoff = Backoff(base: .seconds(1), most: .seconds(1), attempts: 9)
        let setup = Setup(policy: policy) { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
        }
        try await withBot(setup, prepare: Self.accepted(4)) { bot in
            let old = try bot.bot.tenants.named("old")
            let pool = TaskPool()
            pool.spawn {
                while let call = try? await bot.hand.next() {
                    call.say("here")
                    call.finish()
                }
            }
            for _ in 0..<40 {
                _ = try await bot.used(old)  // all decisions are on the disk
                await settle()
                bot.clock.advance(by: .seconds(1))
            }
            pool.cancelAll()
            for number in 1...4 {
                let turn = try await bot.bot.turns.find("t-\(number)", of: old)
                #expect(try await turn.ended().outcome.end == .done)
            }
        }
    }

    @Loop @Test func `a turn that is stopped in the pause it was found in holds nothing more`()
        async throws
    {
        let prepare = Self.accepted(1) { store, tenant, turn async throws(StoreError) in
            _ = try await store.startCall(Self.reservation(of: tenant, for: turn), at: Self.noon)
            let due = Self.noon + .seconds(60)
            try await store.retryTurnLater(turn, at: due, because: "busy", now: Self.noon)
        }
        try await withBot(prepare: prepare) { bot in
            let old = try bot.bot.tenants.named("old")
            let turn = try await bot.bot.turns.find("t-1", of: old)
            try bot.bot.turns.stop("t-1", by: old)
            #expect(try await turn.ended().outcome.end == .stopped)
            await settle()
            let book = bot.bot.meter.usage(old)
            #expect(book.requests == 0 && book.tokens == 0 && book.spentMicros == 0)
        }
    }

    /// The state, after a restart, of a call that was open when the service was killed.
    @Loop private func call(after change: @escaping CallChange) async throws -> Call.State? {
        let opened = Mailbox<Call.ID>()
        let prepare = Self.accepted(1) { store, tenant, turn async throws(StoreError) in
            let reservation = Self.reservation(of: tenant, for: turn)
            let call = try await store.startCall(reservation, at: Self.noon)
            await opened.put(call)
            let settlement = Settlement(
                call: call,
                reservation: reservation,
                since: Self.noon,
                cost: Amounts((.inputTokens, 7), (.outputTokens, 3)),
                isEstimated: false
            )
            try await change(store, turn, settlement)
        }
        let found = Mailbox<Call.State?>()
        try await withBot(prepare: prepare) { bot in
            let call = try await bot.store.call(try await opened.next())
            found.put(call?.state)
        }
        return try await found.next()
    }

    /// A change of a turn whose call is open.
    typealias CallChange =
        @Sendable (any Store, Turn.ID, Settlement) async throws(StoreError) -> Void

    @Loop @Test func `a call that others still listened to when its turn was stopped is uncertain`()
        async throws
    {
        let state = try await call { store, turn, _ async throws(StoreError) in
            try await store.finishTurn(turn, as: TurnOutcome(.stopped, answer: ""), at: Self.noon)
        }
        #expect(state == .uncertain)
    }

    @Loop @Test
    func `a call is settled with the end of its turn, released where it is tried again`()
        async throws
    {
        let done = try await call { store, turn, settlement async throws(StoreError) in
            _ = try await store.finishTurn(
                turn,
                as: TurnOutcome(.done, answer: "here"),
                settling: [settlement],
                outbox: [],
                at: Self.noon
            )
        }
        #expect(done == .settled)
        let again = try await call { store, turn, _ async throws(StoreError) in
            let due = Self.noon + .seconds(60)
            try await store.retryTurnLater(turn, at: due, because: "busy", now: Self.noon)
        }
        #expect(again == .released)
    }
}
