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

/// The queue over the admin socket.
@Suite(.loop, .timeLimit(.minutes(20))) struct QueueAdminTests {
    /// One provider, which runs one call at a time.
    private static func narrow(_ policy: WorkPolicy = .impatient) -> Setup {
        Setup(policy: policy) { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.providers.removeAll { $0.name != "hand" }
            settings.providers[0].concurrency = 1
        }
    }

    private static let noon = Timestamp(milliseconds: 1_760_000_000_000)

    /// The store of a killed service, with a turn and an API call under way.
    private static let killed: Preparation = { store async throws(StoreError) in
        let tenant = try await store.addTenant(named: "old", at: noon).id
        let draft = SessionDraft(publicID: "s", place: Place(channel: .web), tenant: tenant)
        guard let session = try await store.openSession(draft, at: noon) else { return }
        let turn = try await store.acceptTurn(
            TurnDraft(
                publicID: "t-1",
                session: session.id,
                tenant: tenant,
                text: "a secret question"
            ),
            at: noon
        )
        for turn in [turn, nil] {
            let reservation = Reservation(
                tenant: tenant,
                turn: turn,
                provider: "hand",
                model: "m",
                amounts: Amounts((.outputTokens, 10), (.micros, 20_000))
            )
            _ = try await store.startCall(reservation, at: noon)
        }
    }

    // MARK: Reports

    @Loop @Test func `what waits and runs is shown by lane and provider`() async throws {
        try await withBot(Self.narrow()) { bot in
            let (_, call) = try await bot.turn("one")
            let (second, _) = try await bot.begin("two")
            let reader = second.reader()
            _ = try await reader.next()  // its queue position
            let running = try await bot.admin("GET", "/admin/queue")
            #expect(
                running.text == #"""
                    {"asked_again":0,"failed":0,"held":[],"house_micros":0,"lanes":[{"lane":"chat","running":1,"waiting":1},\#
                    {"lane":"image","running":0,"waiting":0},\#
                    {"lane":"background","running":0,"waiting":0}],\#
                    "providers":[{"limit":1,"provider":"hand","running":1,"state":"open",\#
                    "waiting":1}],"sent_again":0,"uncertain":0}
                    """#
            )
            call.answer(.error(401, "no"))
            let next = try await bot.hand.call()
            next.say("hello")
            next.finish()
            try await reader.toEnd()
            let ended = try #require(try await bot.admin("GET", "/admin/queue").object)
            #expect(ended.integer("failed") == 1 && ended.integer("uncertain") == 0)
        }
    }

    @Loop @Test func `what failed is listed with its reason, without anybody's words`()
        async throws
    {
        try await withBot(Self.narrow()) { bot in
            let (turn, call) = try await bot.turn("a secret question")
            call.say("a secret answer")
            call.send(SSE.event(Array(#"{"error":{"message":"secretly so"}}"#.utf8)))
            call.end()
            try await turn.reader().toEnd()
            let answer = try await bot.admin("GET", "/admin/queue/failed")
            #expect(
                answer.text == #"""
                    {"troubles":[{"attempts":1,"ended_ms":\#(bot.clock.timestamp.milliseconds),\#
                    "id":"\#(turn.id)","model":"hand/m","retryable":true,"state":"failed",\#
                    "tenant":"ann","why":"provider 'hand' reported an error during the answer"}]}
                    """#
            )
        }
    }

    @Loop @Test func `what a kill leaves is listed, and what cannot be retried says so`()
        async throws
    {
        try await withBot(Self.narrow(), prepare: Self.killed) { bot in
            let queue = try #require(try await bot.admin("GET", "/admin/queue").object)
            #expect(queue.integer("failed") == 0 && queue.integer("uncertain") == 2)
            let answer = try await bot.admin("GET", "/admin/queue/failed")
            #expect(!answer.text.contains("secret"))
            let lines = answer.object?.elements("troubles") ?? []
            let troubles = lines.compactMap { answer.object?.object(at: $0) }
            #expect(troubles.map { $0.string("state") } == ["uncertain", "uncertain"])
            #expect(troubles.map { $0.string("tenant") } == ["old", "old"])
            let call = try #require(troubles.first { $0.boolean("retryable") == false })
            #expect(call.string("why")?.hasSuffix("which cannot be retried") == true)
            let id = try #require(call.string("id"))
            let refused = try await bot.retry(id)
            #expect(refused.status == 400)
            #expect(refused.error?.string("message")?.contains("its client is gone") == true)
            let metrics = try await bot.ask("GET", "/metrics").text
            #expect(try Exposition(metrics).samples["berth_uncertain_calls"] == 2)
        }
    }

    // MARK: Calls of the API

    /// Asks the API, and returns the answer when it comes.
    @Loop private func call(
        _ bot: BotFixture,
        _ text: String,
        stream: Bool,
        in pool: TaskPool
    ) -> Mailbox<Answer> {
        let answers = Mailbox<Answer>()
        pool.spawn {
            let body =
                #"{"model":"berth","stream":\#(stream),"messages":[{"role":"user","content":"\#(text)"}]}"#
            if let answer = try? await bot.chat(body) { answers.put(answer) }
        }
        return answers
    }

    @Loop @Test(arguments: [true, false], [true, false])
    func `API calls that run and wait are listed, and ended one by one`(
        stream: Bool,
        shared: Bool
    ) async throws {
        let setup = Setup { settings in
            Self.narrow().change(&settings)
            if shared { settings.cache.scope = .safe }
        }
        try await withBot(setup) { bot in
            let pool = TaskPool()
            let running = call(bot, "a secret question", stream: stream, in: pool)
            let provider = try await bot.hand.call()
            bot.clock.advance(by: .seconds(2))
            let waiting = call(bot, "another secret", stream: stream, in: pool)
            #expect(await eventually { bot.bot.queues.count(in: .chat).waiting == 1 })
            let list = try await bot.admin("GET", "/admin/queue/calls")
            let lines = (list.object?.elements("calls") ?? []).compactMap {
                list.object?.object(at: $0)
            }
            #expect(lines.map { $0.string("state") } == ["running", "waiting"])
            #expect(lines.map { $0.string("tenant") } == ["ann", "ann"])
            #expect(lines.map { $0.string("model") } == ["hand/m", "hand/m"])
            #expect(lines.map { $0.integer("age_ms") } == [2_000, 0])
            #expect(!list.text.contains("secret"))
            let ids = lines.compactMap { $0.string("id") }
            #expect(Set(ids).count == 2)
            for (id, answer) in zip(ids.reversed(), [waiting, running]) {
                let ended = try await bot.admin("POST", "/admin/turns/\(id)/end")
                #expect(ended.text == #"{"id":"\#(id)","state":"stopped"}"#)
                let told = try await answer.next("a refusal")
                #expect(told.status == 403 && told.error?.string("code") == "ended_by_operator")
                let twice = try await bot.admin("POST", "/admin/turns/\(id)/end")
                #expect(twice.status == 404 && twice.text.contains("berth queue calls"))
            }
            try await provider.gone()
            await pool.drain()
            #expect(bot.hand.received == 1)
            #expect(try await bot.admin("GET", "/admin/queue/calls").text == #"{"calls":[]}"#)
        }
    }

    @Loop @Test func `a call that is ended goes on for those who share it`() async throws {
        let setup = Setup { settings in
            Self.narrow().change(&settings)
            settings.cache.scope = .safe
        }
        try await withBot(setup) { bot in
            let pool = TaskPool()
            let first = call(bot, "hi", stream: false, in: pool)
            let provider = try await bot.hand.call()
            let second = call(bot, "hi", stream: false, in: pool)
            #expect(await eventually { bot.bot.openCalls(limit: 9).count == 2 })
            let calls = bot.bot.openCalls(limit: 9)
            #expect(calls.map(\.isAsked) == [true, true])
            _ = try await bot.admin("POST", "/admin/turns/\(calls[0].id)/end")
            #expect(try await first.next("a refusal").status == 403)
            let usage = TokenUsage(input: 1, output: 1, isEstimated: false)
            provider.answer(
                .json(CompletionJSON.completion(text: "yes", finish: "stop", usage: usage))
            )
            #expect(try await second.next("an answer").status == 200)
            await pool.drain()
        }
    }

    // MARK: Retrying

    @Loop @Test func `a failed turn is answered again, once`() async throws {
        try await withBot(Self.narrow()) { bot in
            let (turn, call) = try await bot.turn("one")
            call.answer(.error(401, "no"))
            try await turn.reader().toEnd()
            let answer = try await bot.retry(turn.id)
            #expect(answer.status == 200)
            #expect(answer.text == #"{"id":"\#(turn.id)","state":"accepted"}"#)
            let again = try await bot.hand.call()
            let twice = try await bot.retry(turn.id)
            #expect(twice.status == 409)
            #expect(twice.error?.string("message")?.contains("is running") == true)
            again.say("here")
            again.finish()
            try await bot.bot.turns.find(turn.id, of: bot.ann).reader().toEnd()
            #expect(try await bot.admin("GET", "/admin/queue/failed").text == #"{"troubles":[]}"#)
            let done = try await bot.retry(turn.id)
            #expect(done.status == 409)
            #expect(done.error?.string("message")?.contains("it is done") == true)
        }
    }

    @Loop @Test func `what cannot be answered now is refused, and nothing changes`() async throws {
        try await withBot(Self.narrow(), prepare: Self.killed) { bot in
            let old = try bot.bot.tenants.named("old")
            let unknown = try await bot.retry("nobody")
            #expect(unknown.status == 404)
            #expect(unknown.error?.string("message")?.contains("berth queue failed") == true)

            let busy = try await bot.bot.turns.begin("now", in: "s", by: old)
            let call = try await bot.hand.call()
            #expect(try await bot.retry("t-1").status == 409)
            call.finish()
            try await busy.reader().toEnd()

            try await bot.bot.tenants.changeQuotas(of: old) { $0.requestsPerDay = 1 }
            let over = try await bot.retry("t-1")
            #expect(over.status == 429)
            #expect(over.error?.string("message")?.contains("requests per day") == true)

            try await bot.bot.set(.suspended, of: old)
            #expect(try await bot.retry("t-1").status == 403)
            let list = try await bot.admin("GET", "/admin/queue/failed").text
            #expect(list.contains(#""state":"uncertain","tenant":"old""#))

            try await bot.bot.set(.removed, of: old)
            #expect(try await bot.retry("t-1").status == 404)
            let left = try await bot.admin("GET", "/admin/queue/failed").text
            #expect(left.contains(#""tenant":"(removed "#) && !left.contains("t-1"))
        }
    }

    // MARK: Prometheus

    @Loop @Test func `lanes, waits and providers are told to Prometheus`() async throws {
        try await withBot(Self.narrow()) { bot in
            let (_, call) = try await bot.turn("one")
            let (second, _) = try await bot.begin("two")
            let reader = second.reader()
            _ = try await reader.next()
            var samples = try Exposition(try await bot.ask("GET", "/metrics").text).samples
            #expect(samples[#"berth_queue_waiting{lane="chat"}"#] == 1)
            #expect(samples[#"berth_queue_running{lane="chat"}"#] == 1)
            #expect(samples[#"berth_queue_waiting{lane="image"}"#] == 0)
            #expect(samples[#"berth_provider_concurrency_limit{provider="hand"}"#] == 1)
            #expect(samples[#"berth_provider_breaker_open{provider="hand"}"#] == 0)
            #expect(samples["berth_queue_wait_seconds_count"] == 1)
            #expect(samples["berth_turn_retries_total"] == 0)
            bot.clock.advance(by: .seconds(3))
            call.finish()
            try await bot.hand.call().finish()
            try await reader.toEnd()
            samples = try Exposition(try await bot.ask("GET", "/metrics").text).samples
            #expect(samples["berth_queue_wait_seconds_count"] == 2)
            #expect((samples["berth_queue_wait_seconds_sum"] ?? 0) >= 3)
            #expect(samples[#"berth_queue_running{lane="chat"}"#] == 0)
        }
    }

    @Loop @Test func `a provider that is left alone is told`() async throws {
        var policy = WorkPolicy.impatient
        (policy.breaker.requests, policy.breaker.tenants) = (1, 1)
        try await withBot(Self.narrow(policy)) { bot in
            let (turn, call) = try await bot.turn("one")
            call.answer(.error(401, "no"))
            try await turn.reader().toEnd()
            let samples = try Exposition(try await bot.ask("GET", "/metrics").text).samples
            #expect(samples[#"berth_provider_breaker_open{provider="hand"}"#] == 1)
            let queue = try await bot.admin("GET", "/admin/queue").text
            #expect(queue.contains(#""state":"failing""#))
        }
    }
}

extension BotFixture {
    /// Sends a message of ``ann`` in a conversation of its own.
    fileprivate func begin(_ text: String) async throws -> (LiveTurn, String) {
        let session = try await bot.conversations.create(ann, .web).id
        return (try await bot.turns.begin(text, in: session, by: ann), session)
    }

    /// Sends a message and returns when the provider is asked.
    fileprivate func turn(_ text: String) async throws -> (LiveTurn, HandCall) {
        (try await begin(text).0, try await hand.call())
    }

    fileprivate func retry(_ id: String) async throws -> Answer {
        try await admin("POST", "/admin/turns/\(id)/retry")
    }
}

extension TurnReader {
    /// Reads on until the turn has ended.
    fileprivate func toEnd() async throws {
        while let event = try await next() { if case .ended = event { return } }
    }
}
