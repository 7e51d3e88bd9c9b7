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

/// Clients of the API that read their answers slowly, over real sockets.
@Suite(.loop, .timeLimit(.minutes(20))) struct SlowReaderTests {
    /// One provider that answers one call at a time.
    private static func setup(memory: ByteCount = .mebibytes(16)) -> Setup {
        Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
            settings.quotas.memory = memory
            settings.allowAnswers(ofTokens: 10_000_000)
        }
    }

    private static let usage = TokenUsage(input: 7, output: 3, isEstimated: false)
    private static let word = String(repeating: "x", count: 1_000)

    /// Asks for a stream on a connection that takes little and that nobody reads.
    @Loop private func slowClient(_ bot: BotFixture, key: String) async throws -> RawClient {
        let client = try RawClient(port: bot.server.port, receiveBuffer: 4_096)
        let body = #"{"model":"berth","stream":true,"messages":[{"role":"user","content":"hi"}]}"#
        try await client.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:\(bot.server.port)\r\n"
                + "Authorization: Bearer \(key)\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        return client
    }

    @Loop @Test func `a slow reader holds no permit, and still reads all of its answer`()
        async throws
    {
        try await withBot(Self.setup()) { bot in
            let (bob, secret) = try await bot.bot.tenants.add("bob")
            let slow = try await slowClient(bot, key: bot.key)
            let call = try await bot.hand.call()
            // The kernel's buffers take about 2 MB of it, and the rest is read ahead, up to 4 MiB.
            let words = 4_000
            for _ in 0..<words { call.say(Self.word) }
            call.finish(usage: Self.usage)
            #expect(await eventually { bot.ann.account.held > .kibibytes(512) })
            let body = #"{"model":"berth","messages":[{"role":"user","content":"ho"}]}"#
            let pool = TaskPool()
            let answers = Mailbox<Int>()
            pool.spawn {
                let answer = try? await bot.ask(
                    "POST",
                    "/v1/chat/completions",
                    body,
                    as: .key(secret.text)
                )
                answers.put(answer?.status ?? 0)
            }
            let next = try await bot.hand.call()
            next.answer(
                .json(CompletionJSON.completion(text: "ok", finish: "stop", usage: Self.usage))
            )
            #expect(try await answers.next("bob's answer") == 200)
            let used = try await bot.used(bot.ann)
            #expect((used.requests, used.inputTokens, used.outputTokens) == (1, 7, 3))
            #expect(used.reservedTokens == 0)
            let held = bot.ann.account.held
            #expect(held > .kibibytes(256))
            let response = try await slow.response()
            #expect(response.isWhole && response.text.hasSuffix("data: [DONE]\n\n"))
            #expect(response.body.count { $0 == UInt8(ascii: "x") } >= words * 1_000)
            slow.close()
            #expect(await eventually { bot.ann.account.held == .zero })
            _ = bob
        }
    }

    @Loop @Test
    func `a reader whose memory is full ends its own call, is charged once and is told`()
        async throws
    {
        try await withBot(Self.setup(memory: .mebibytes(1))) { bot in
            let slow = try await slowClient(bot, key: bot.key)
            let call = try await bot.hand.call()
            for _ in 0..<20_000 { call.say(Self.word) }
            try await call.gone()
            // The provider is free for the next call, and has not failed.
            let state = try #require(bot.bot.queues.state(of: "hand"))
            #expect(state.access == .open && state.running == 0)
            let used = try await bot.used(bot.ann)
            #expect(used.requests == 1 && used.reservedTokens == 0)
            #expect(used.outputTokens > 1_000)
            let response = try await slow.response()
            #expect(response.isWhole && response.text.contains(#""code":"read_too_slowly""#))
            #expect(!response.text.contains("[DONE]"))
            let lines = bot.lines.all.filter { $0.contains("api call") }
            #expect(lines.count == 1 && lines[0].contains("too slowly"))
            slow.close()
            #expect(await eventually { bot.ann.account.held == .zero })
            let again = try await bot.used(bot.ann)
            #expect(again.requests == 1 && again.outputTokens == used.outputTokens)
        }
    }

    @Loop @Test func `a client that leaves before it has read ends its call`() async throws {
        try await withBot(Self.setup()) { bot in
            let slow = try await slowClient(bot, key: bot.key)
            let call = try await bot.hand.call()
            call.say("a")
            slow.close()
            try await call.gone()
            let used = try await bot.used(bot.ann)
            #expect(used.requests == 1 && used.reservedTokens == 0)
            #expect(await eventually { bot.ann.account.held == .zero })
        }
    }

    @Loop @Test func `a whole answer that nobody reads holds no permit`() async throws {
        try await withBot(Self.setup()) { bot in
            let client = try RawClient(port: bot.server.port, receiveBuffer: 4_096)
            let body = #"{"model":"berth","messages":[{"role":"user","content":"hi"}]}"#
            try await client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:\(bot.server.port)\r\n"
                    + "Authorization: Bearer \(bot.key)\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let text = String(repeating: "x", count: 2_000_000)
            let completion = CompletionJSON.completion(
                text: text,
                finish: "stop",
                usage: Self.usage
            )
            try await bot.hand.call().answer(.json(completion))
            #expect(await eventually { bot.bot.queues.state(of: "hand")?.running == 0 })
            let response = try await client.response()
            #expect(response.isWhole && response.body.count >= 2_000_000)
            client.close()
        }
    }
}
