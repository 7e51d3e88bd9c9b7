import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthChannels

/// Requests with an `Idempotency-Key`.
@Suite(.loop, .timeLimit(.minutes(20))) struct IdempotencyTests {
    private static func body(_ text: String = "hi", stream: Bool = false) -> String {
        #"{"model":"hand/m","stream":\#(stream),"stream_options":{"include_usage":true},"#
            + #""messages":[{"role":"user","content":"\#(text)"}]}"#
    }

    private static let usage = TokenUsage(input: 7, output: 3, isEstimated: false)
    private static let whole = HTTPResponse.json(
        CompletionJSON.completion(text: "a bed", finish: "stop", usage: usage)
    )

    /// Sends a request with a key in a task.
    @Loop private func send(
        _ bot: BotFixture,
        _ body: String,
        key: String = "order-17",
        as caller: String? = nil,
        in pool: TaskPool
    ) -> Mailbox<Answer> {
        let answers = Mailbox<Answer>()
        pool.spawn {
            if let answer = try? await ask(bot, body, key: key, as: caller) { answers.put(answer) }
        }
        return answers
    }

    @Loop private func ask(
        _ bot: BotFixture,
        _ body: String,
        key: String = "order-17",
        as caller: String? = nil
    ) async throws -> Answer {
        try await bot.ask(
            "POST",
            "/v1/chat/completions",
            body,
            as: .key(caller ?? bot.key),
            [("idempotency-key", key)]
        )
    }

    /// Gives the next call of the provider an answer of two words.
    @Loop private func answer(_ bot: BotFixture, stream: Bool) async throws {
        let call = try await bot.hand.call()
        guard stream else { return call.answer(Self.whole) }
        call.say("a ")
        call.say("bed")
        call.finish()
    }

    /// The text of a streamed or whole answer, and the id that it has.
    private func content(_ answer: Answer) throws -> (text: String, ids: Set<String>, events: Int) {
        guard answer.headers["content-type"]?.hasPrefix("text/event-stream") == true else {
            let object = try #require(answer.object)
            let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
            let text = choice?.object("message")?.string("content") ?? ""
            return (text, [object.string("id") ?? ""], 0)
        }
        var parser = SSEParser()
        let events = try parser.feed(answer.bytes)
        #expect(events.last?.text == "[DONE]")
        let chunks = events.compactMap(\.object)
        #expect(chunks.last?.object("usage")?.integer("total_tokens") == 10)
        let text = chunks.compactMap { chunk in
            chunk.elements("choices")?.first.flatMap { chunk.object(at: $0) }?
                .object("delta")?.string("content")
        }
        return (text.joined(), Set(chunks.compactMap { $0.string("id") }), events.count)
    }

    @Loop @Test(arguments: [false, true])
    func `a repeated request has the first one's outcome, also after a restart`(
        stream: Bool
    ) async throws {
        let (folder, body) = (try TemporaryFolder(inMemory: true), Self.body(stream: stream))
        var first: Answer?
        try await withBot(Setup(folder: folder)) { bot in
            let pool = TaskPool()
            let mailbox = send(bot, body, in: pool)
            try await answer(bot, stream: stream)
            let one = try await mailbox.next("the first answer")
            let again = try await ask(bot, body)
            let (mine, replayed) = (try content(one), try content(again))
            #expect(one.status == 200 && again.status == 200 && bot.hand.received == 1)
            #expect(mine.text == "a bed" && replayed.text == "a bed")
            #expect(mine.ids.count == 1 && mine.ids == replayed.ids)
            #expect(one.headers["x-berth-idempotent"] == nil)
            #expect(again.headers["x-berth-idempotent"] == "replay")
            #expect(again.headers["content-type"] == one.headers["content-type"])
            let used = try await bot.used()
            #expect(used.requests == 1 && used.reservedTokens == 0)
            let isIdle = await eventually { bot.ann.account.held == .zero }
            #expect(isIdle)
            first = one
        }
        try await withBot(Setup(folder: folder, seed: 2)) { bot in
            let again = try await ask(bot, body)
            #expect(bot.hand.received == 0)
            #expect(try content(again).ids == content(try #require(first)).ids)
            #expect(again.headers["x-berth-idempotent"] == "replay")
        }
    }

    @Loop @Test(arguments: [false, true])
    func `a request that comes while the first one is answered reads the same answer`(
        stream: Bool
    ) async throws {
        try await withBot { bot in
            let (pool, body) = (TaskPool(), Self.body(stream: stream))
            let first = send(bot, body, in: pool)
            let call = try await bot.hand.call()
            if stream { call.say("a ") }
            let second = send(bot, body, in: pool)
            await settle()
            if stream {
                call.say("bed")
                call.finish()
            } else {
                call.answer(Self.whole)
            }
            let answers = (try await first.next("the first"), try await second.next("the second"))
            let (one, other) = (try content(answers.0), try content(answers.1))
            #expect(one.text == "a bed" && other.text == "a bed" && one.ids == other.ids)
            #expect(answers.1.headers["x-berth-idempotent"] == "replay")
            #expect(bot.hand.received == 1)
            #expect(try await bot.used().requests == 1)
            let text = bot.metrics.text
            #expect(text.contains(#"berth_idempotent_requests_total{outcome="joined"} 1"#))
        }
    }

    @Loop @Test func `a key belongs to one body and to one tenant`() async throws {
        try await withBot { bot in
            let pool = TaskPool()
            let (_, secret) = try await bot.bot.tenants.add("bob")
            let first = send(bot, Self.body(), in: pool)
            let call = try await bot.hand.call()
            let early = try await ask(bot, Self.body("other"))
            call.answer(Self.whole)
            _ = try await first.next("the first")
            for answer in [early, try await ask(bot, Self.body(stream: true))] {
                #expect(answer.status == 422)
                #expect(answer.error?.string("code") == "idempotency_key_reused")
                #expect(answer.error?.string("type") == "invalid_request_error")
                #expect(answer.error?.string("message")?.contains("use a new key") == true)
            }
            let his = send(bot, Self.body("other"), as: secret.text, in: pool)
            try await answer(bot, stream: false)
            #expect(try await his.next("his answer").headers["x-berth-idempotent"] == nil)
            let other = send(bot, Self.body("other"), key: "order-18", in: pool)
            try await answer(bot, stream: false)
            #expect(try await other.next("an answer").status == 200)
            #expect(bot.hand.received == 3)
        }
    }

    @Loop @Test(arguments: ["a\tb", String(repeating: "x", count: 256), "\u{85}", "é\u{9F}"])
    func `a key that is too long or has control characters is refused`(
        key: String
    ) async throws {
        try await withBot { bot in
            let answer = try await ask(bot, Self.body(), key: key)
            #expect(answer.status == 400 && bot.hand.received == 0)
            #expect(answer.error?.string("code") == "invalid_idempotency_key")
        }
    }

    @Loop @Test(arguments: [String(repeating: "x", count: 255), "ä ö", "0"])
    func `any other key is taken`(key: String) async throws {
        try await withBot { bot in
            let pool = TaskPool()
            let first = send(bot, Self.body(), key: key, in: pool)
            try await answer(bot, stream: false)
            #expect(try await first.next("an answer").status == 200)
            #expect(try await ask(bot, Self.body(), key: key).status == 200)
            #expect(bot.hand.received == 1)
        }
    }

    @Loop @Test(arguments: [400, 401, 429, 503])
    func `a failure that bought nothing is not remembered`(status: Int) async throws {
        try await withBot { bot in
            for stream in [false, true] {
                let (pool, body) = (TaskPool(), Self.body(stream: stream))
                let key = "order-\(stream)"
                let first = send(bot, body, key: key, in: pool)
                try await bot.hand.call().answer(.error(status, "no"))
                #expect(try await first.next("a failure").status >= 400)
                bot.clock.advance(by: .seconds(60))  // the provider's pause
                let second = send(bot, body, key: key, in: pool)
                try await answer(bot, stream: stream)
                let again = try await second.next("an answer")
                #expect(again.status == 200 && again.headers["x-berth-idempotent"] == nil)
            }
        }
    }

    @Loop @Test func `a refusal before the provider is not remembered`() async throws {
        try await withBot { bot in
            try await bot.bot.tenants.changeQuotas(of: bot.ann) { $0.requestsPerDay = 0 }
            #expect(try await ask(bot, Self.body()).status == 429)
            try await bot.bot.tenants.changeQuotas(of: bot.ann) { $0.requestsPerDay = nil }
            let pool = TaskPool()
            let second = send(bot, Self.body(), in: pool)
            try await answer(bot, stream: false)
            #expect(try await second.next("an answer").status == 200)
        }
    }

    @Loop @Test(arguments: [false, true])
    func `a failure that may have been bought is the outcome`(stream: Bool) async throws {
        try await withBot { bot in
            let (pool, body) = (TaskPool(), Self.body(stream: stream))
            let first = send(bot, body, in: pool)
            let call = try await bot.hand.call()
            if stream { call.say("half") } else { call.send(Array(#"{"choices":"#.utf8)) }
            call.cut()
            let failure = try await first.next("a failure")
            let again = try await ask(bot, body)
            #expect(bot.hand.received == 1 && failure.status == again.status)
            #expect(failure.text.contains(#""error""#) && again.text.contains(#""error""#))
            #expect(again.headers["x-berth-idempotent"] == "replay")
            #expect(try await bot.used().requests == 1)
        }
    }

    @Loop @Test(arguments: [false, true])
    func `a call goes on when its client leaves, and the next request gets its answer`(
        stream: Bool
    ) async throws {
        try await withBot { bot in
            let (pool, body) = (TaskPool(), Self.body(stream: stream))
            let asked = pool.spawn { _ = try? await ask(bot, body) }
            let call = try await bot.hand.call()
            if stream { call.say("a ") }
            asked.cancel()
            #expect(await eventually { bot.server.openConnections == 0 })
            if stream {
                call.say("bed")
                call.finish()
            } else {
                call.answer(Self.whole)
            }
            #expect(try content(try await ask(bot, body)).text == "a bed")
            #expect(bot.hand.received == 1)
        }
    }

    @Loop @Test func `a call whose outcome a killed service never wrote is not bought again`()
        async throws
    {
        let body = Self.body()
        let path = Array("/v1/chat/completions".utf8) + [0]
        let key = IdempotencyKey(
            name: Secret256.hash("order-17"),
            request: Secret256.digest([path[...], Array(body.utf8)[...]])
        )
        let folder = try TemporaryFolder(inMemory: true)
        try await withBot(Setup(folder: folder)) { bot in
            var reservation = Reservation(
                tenant: bot.ann.row.id,
                provider: "hand",
                model: "m",
                amounts: Amounts((.outputTokens, 10))
            )
            reservation.key = key
            _ = try await bot.store.startCall(reservation, at: bot.clock.timestamp)
        }
        try await withBot(Setup(folder: folder, seed: 2)) { bot in
            let answer = try await ask(bot, body)
            #expect(answer.status == 409 && bot.hand.received == 0)
            #expect(answer.error?.string("code") == "idempotency_outcome_unknown")
            #expect(answer.error?.string("message")?.contains("may have been charged") == true)
            #expect(try await ask(bot, Self.body("other")).status == 422)
        }
    }

    @Loop @Test(arguments: [false, true])
    func `an outcome that is too large to be kept is said, and not bought again`(
        stream: Bool
    ) async throws {
        try await withBot { bot in
            try await bot.bot.tenants.changeQuotas(of: bot.ann) { $0.diskBytes = 20 }
            let (pool, body) = (TaskPool(), Self.body(stream: stream))
            let first = send(bot, body, in: pool)
            try await answer(bot, stream: stream)
            #expect(try content(try await first.next("an answer")).text == "a bed")
            let again = try await ask(bot, body)
            #expect(again.status == 409 && bot.hand.received == 1)
            #expect(again.error?.string("code") == "idempotency_outcome_not_kept")
        }
    }

    @Loop @Test(arguments: [false, true])
    func `a revoked key ends the call that it began, also without its client`(
        hasLeft: Bool
    ) async throws {
        try await withBot { bot in
            let pool = TaskPool()
            let (bob, secret) = try await bot.bot.tenants.add("bob")
            let body = Self.body(stream: true)
            let asked = pool.spawn { _ = try? await ask(bot, body, as: secret.text) }
            let call = try await bot.hand.call()
            call.say("half")
            if hasLeft {
                asked.cancel()
                #expect(await eventually { bot.server.openConnections == 0 })
            }
            _ = try await bot.bot.tenants.revokeKeys(of: bob)
            try await call.gone()
            let new = try await bot.bot.tenants.addKey(to: bob).text
            let again = try await ask(bot, body, as: new)
            #expect(again.status == 409 && bot.hand.received == 1)
        }
    }

    @Loop @Test func `a suspended tenant's call ends in words, and is unknown later`()
        async throws
    {
        try await withBot { bot in
            let (pool, body) = (TaskPool(), Self.body())
            let first = send(bot, body, in: pool)
            let call = try await bot.hand.call()
            try await bot.bot.set(.suspended, of: bot.ann)
            #expect(try await first.next("a refusal").status == 403)
            try await call.gone()
            try await bot.bot.set(.active, of: bot.ann)
            #expect(try await ask(bot, body).status == 409)
            #expect(bot.hand.received == 1)
        }
    }

    @Loop @Test func `a key is forgotten after a day`() async throws {
        try await withBot { bot in
            for _ in 0..<2 {
                let pool = TaskPool()
                let first = send(bot, Self.body(), in: pool)
                try await answer(bot, stream: false)
                #expect(try await first.next("an answer").status == 200)
                bot.clock.advance(by: IdempotencyKey.lifetime)
            }
            #expect(bot.hand.received == 2)
        }
    }

    @Loop @Test func `an answer from the cache is replayed as it was given`() async throws {
        try await withBot(Setup { $0.cache.scope = .safe }) { bot in
            let (pool, body) = (TaskPool(), Self.body(stream: true))
            let first = send(bot, body, key: "a", in: pool)
            try await answer(bot, stream: true)
            _ = try await first.next("an answer")
            let hit = try await ask(bot, body, key: "b")
            #expect(hit.headers["x-berth-cache"] == "hit")
            let again = try await ask(bot, body, key: "b")
            #expect(bot.hand.received == 1)
            #expect(try content(hit).text == "a bed" && content(again).text == "a bed")
            #expect(try content(hit).ids == content(again).ids)
        }
    }
}
