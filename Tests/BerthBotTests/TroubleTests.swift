import BerthAdmin
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
import Testing

@testable import BerthWork

/// The trouble of one request or tenant, which stays that one's.
@Suite(.loop, .timeLimit(.minutes(20))) struct TroubleTests {
    private static func setup(
        _ change: @escaping @Loop @Sendable (inout Configuration) -> Void = { _ in }
    ) -> Setup {
        var policy = WorkPolicy()
        policy.backoff = Backoff(base: .seconds(1), most: .seconds(8), attempts: 5)
        return Setup(policy: policy) { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            change(&settings)
        }
    }

    private static let shared = setup { $0.cache.scope = .safe }

    /// The next reason to wait that the turn's reader is told.
    @Loop private func cause(
        _ reader: TurnReader
    ) async throws -> (QueuePlace.Cause?, Duration) {
        while let event = try await reader.next() {
            if case .place(let place) = event { return (place.cause, place.wait) }
        }
        throw RawClient.TookTooLong(waitedFor: "a wait", received: "the end")
    }

    @Loop @Test func `a turn that fails again while others are answered has failed`() async throws {
        try await withBot(Self.setup()) { bot in
            try await bot.exchange("good", "yes", in: try await bot.session())
            let (turn, call) = try await bot.ask("poison", in: try await bot.session())
            let reader = turn.reader()
            call.answer(.error(500, "internal"))
            let (cause, wait) = try await cause(reader)
            #expect(cause == .failing && wait <= .seconds(1))
            bot.clock.advance(by: wait)
            try await bot.hand.call().answer(.error(500, "internal"))
            let outcome = try await turn.ended().outcome
            #expect(outcome.end == .failed)
            #expect(outcome.error?.contains("fails at this request (status 500)") == true)
            let received = bot.hand.received
            #expect(received == 3)
        }
    }

    @Loop @Test func `where nobody is answered a turn is tried for longer`() async throws {
        try await withBot(Self.setup()) { bot in
            let (turn, first) = try await bot.ask("hello", in: try await bot.session())
            let reader = turn.reader()
            var call = first
            for _ in 0..<3 {
                call.answer(.error(500, "internal"))
                bot.clock.advance(by: try await cause(reader).1)
                call = try await bot.hand.call()
            }
            call.say("here")
            call.finish()
            #expect(try await turn.ended().text == "here")
        }
    }

    @Loop @Test func `a reader is told of a pause, and an operator's resume ends it`() async throws
    {
        try await withBot(Self.setup()) { bot in
            let (turn, call) = try await bot.ask("hello", in: try await bot.session())
            let reader = turn.reader()
            call.answer(.error(429, "daily limit", retryAfter: .seconds(400)))
            let (cause, wait) = try await cause(reader)
            #expect(cause == .paused && wait >= .seconds(400))
            let held = try #require(try await bot.admin("GET", "/admin/queue").object)
            let line = try #require(held.elements("held")?.first.flatMap { held.object(at: $0) })
            #expect(line.string("name") == "hand/m" && line.string("state") == "paused")
            #expect(line.integer("ends_ms") != nil && line.string("tenant") == nil)
            let metrics = try await bot.ask("GET", "/metrics").text
            #expect(metrics.contains(#"berth_model_paused{model="hand/m"} 1"#))

            let body = #"{"name":"hand/m"}"#
            let resumed = try await bot.admin("POST", "/admin/queue/resume", body)
            #expect(resumed.text == #"{"name":"hand/m","resumed":1}"#)
            let again = try await bot.hand.call()
            again.say("here")
            again.finish()
            #expect(try await turn.ended().text == "here")

            let nothing = try await bot.admin("POST", "/admin/queue/resume", body)
            #expect(nothing.status == 409 && nothing.text.contains("held back"))
            for name in ["nobody", "hand/none", "demo"] {
                let unknown = try await bot.admin(
                    "POST",
                    "/admin/queue/resume",
                    #"{"name":"\#(name)"}"#
                )
                #expect(unknown.status == 404 && unknown.text.contains("the providers are"))
            }
        }
    }

    @Loop @Test func `an operator ends a turn that waits`() async throws {
        try await withBot(Self.setup()) { bot in
            let (turn, call) = try await bot.ask("hello", in: try await bot.session())
            let reader = turn.reader()
            call.answer(.error(503, "busy", retryAfter: .seconds(100)))
            _ = try await cause(reader)
            let list = try await bot.admin("GET", "/admin/queue/turns").text
            #expect(
                list == #"""
                    {"turns":[{"age_ms":0,"id":"\#(turn.id)","state":"waiting","tenant":"ann",\#
                    "why":"failing"}]}
                    """#
            )
            let ended = try await bot.admin("POST", "/admin/turns/\(turn.id)/end")
            #expect(ended.text == #"{"id":"\#(turn.id)","state":"stopped"}"#)
            #expect(try await turn.ended().outcome.end == .stopped)
            let twice = try await bot.admin("POST", "/admin/turns/\(turn.id)/end")
            #expect(twice.status == 404)
        }
    }

    @Loop @Test func `a reader is told in words without a provider's name or address`() {
        for cause in [QueuePlace.Cause.paused, .failing] {
            let words = Phrase.waiting(cause, .seconds(150)).text(in: .english)
            #expect(words.contains("about 3 min") && !words.contains("'"))
        }
    }

    // MARK: Followers of a shared call

    @Loop @Test func `a leader's full queue is not its followers' error`() async throws {
        let errors: [BotError] = [
            .queue(.full(tenant: "ann", waiting: 9, limit: 9, wait: .zero)),
            .queue(.tenantFull(tenant: "ann", waiting: 9, limit: 9, wait: .zero)),
            .suspended, .memory(Self.short), .provider(.memory(Self.short)),
        ]
        for error in errors { #expect(error.mayBeOfOnePayer, "\(error)") }
        for error in errors + [.provider(.memoryMidway(Self.short))] {
            #expect(!error.ofAnotherPayer.description.contains("ann"), "\(error)")
        }
    }

    private static let short = BudgetError.exhausted(
        requested: .kibibytes(8),
        free: .zero,
        tenant: "ann",
        purpose: .replyBuffer
    )

    /// A whole answer that is too large for the leader's memory, not for its follower's.
    @Loop @Test func `a follower does not lose its answer for want of its leader's memory`()
        async throws
    {
        try await withBot(Self.shared) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            try await bot.bot.tenants.changeQuotas(of: bot.ann) { $0.memoryBytes = 256 << 10 }
            let (pool, ends) = (TaskPool(), Mailbox<(String, String)>())
            let request = try bot.request("What is a berth?")
            for tenant in [bot.ann, bob] {
                pool.spawn {
                    do {
                        let answer = try await bot.complete(
                            request,
                            bot.bot.models.choices,
                            tenant
                        )
                        ends.put((tenant.name, "\(answer.text.count)"))
                    } catch { ends.put((tenant.name, "\(error)")) }
                }
                await settle()
            }
            let usage = TokenUsage(input: 7, output: 3, isEstimated: false)
            let text = String(repeating: "word ", count: 100_000)
            let large = CompletionJSON.completion(text: text, finish: "stop", usage: usage)
            try await bot.hand.call().answer(.json(large))
            for _ in 0..<2 {
                let (name, told) = try await ends.next("an answer")
                #expect(told == "500000", "\(name)")
            }
            let received = bot.hand.received
            #expect(received == 1)
            pool.cancelAll()
            await pool.drain()
            let (hers, shared) = (bot.ann.account.held, bob.account.held)
            #expect(hers == .zero && shared == .zero)
        }
    }

    /// The leader has room for one request, and its second model needs another.
    @Loop @Test func `a follower does not lose its answer for its leader's quota`() async throws {
        let setup = Setup { settings in
            settings.cache.scope = .safe
            settings.chatModels.removeAll { $0.provider != "hand" && $0.provider != "spare" }
        }
        try await withBot(setup) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let pool = TaskPool()
            let ann = try listen(bot, in: pool)
            let call = try await bot.hand.call()
            let follower = try listen(bot, as: bob, in: pool)
            await settle()
            try await bot.bot.tenants.changeQuotas(of: bot.ann) { $0.requestsPerDay = 0 }
            call.answer(.error(500, "broken"))
            #expect(try await ann.next("ann's refusal").contains("requests per day"))
            let second = try await bot.hand.call()
            second.say("hi")
            second.finish()
            #expect(try await follower.next("bob's answer") == "hi")
        }
    }
}
