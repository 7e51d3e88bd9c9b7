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

/// Turns and calls that read the log of a shared answer, each to its own end.
@Suite(.loop, .timeLimit(.minutes(20))) struct SharedLogTests {
    private static let setup = Setup { settings in
        settings.cache.scope = .safe
        settings.chatModels.removeAll { $0.provider != "hand" }
    }

    @Loop @Test func `a stopped turn tells what is kept of it, though its log goes on`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (hers, call) = try await bot.ask("What is a berth?", in: try await bot.session())
            let session = try await bot.session(of: bob)
            let his = try await bot.bot.turns.begin("What is a berth?", in: session, by: bob)
            let (reader, late) = (his.reader(), his.reader())
            call.say("A bed ")
            guard case .text("A bed ") = try await reader.next() else {
                Issue.record("no text")
                return
            }
            try bot.bot.turns.stop(his.id, by: bob)
            guard case .ended(let outcome) = try await reader.next() else {
                Issue.record("no end")
                return
            }
            #expect(outcome.end == .stopped)
            call.say("on a ship.")
            call.finish()
            #expect(try await hers.ended().text == "A bed on a ship.")
            var told = ""
            while case .text(let text) = try await late.next() { told += text }
            #expect(told == "A bed ")
            #expect(try await bot.history(session, of: bob).map(\.answer) == ["A bed "])
        }
    }

    @Loop @Test func `a whole answer that a turn shares is told in pieces that fit into an event`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let (pool, request) = (TaskPool(), try bot.request("What is a berth?"))
            pool.spawn { _ = try? await bot.complete(request, bot.bot.models.choices) }
            let call = try await bot.hand.call()
            let turn = try await bot.bot.turns.begin(
                "What is a berth?",
                in: try await bot.session(),
                by: bot.ann
            )
            await settle()
            let long = String(repeating: "ß👍", count: 20_000)
            let usage = TokenUsage(input: 7, output: 3, isEstimated: false)
            call.answer(
                .json(CompletionJSON.completion(text: long, finish: "stop", usage: usage))
            )
            var pieces: [String] = []
            let reader = turn.reader()
            while let event = try await reader.next() {
                if case .text(let text) = event { pieces.append(text) }
            }
            #expect(pieces.joined() == long)
            #expect(pieces.allSatisfy { $0.utf8.count <= 16 << 10 })
            let received = bot.hand.received
            #expect(received == 1)
        }
    }

    @Loop @Test func `the tokens of a shared answer that broke off are in every turn's history`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (hers, call) = try await bot.ask("What is a berth?", in: try await bot.session())
            let session = try await bot.session(of: bob)
            let his = try await bot.bot.turns.begin("What is a berth?", in: session, by: bob)
            await settle()
            call.say("A bed on a ship, or a place in a harbour.")
            _ = try await his.reader().next()
            call.cut()
            for (turn, tenant) in [(hers, bot.ann), (his, bob)] {
                let outcome = try await turn.ended().outcome
                let used = try await bot.used(tenant)
                #expect(outcome.end == .failed && outcome.outputTokens > 0)
                #expect(outcome.inputTokens == used.inputTokens)
                #expect(outcome.outputTokens == used.outputTokens)
            }
        }
    }

    @Loop @Test func `a caller that leaves before it has read the end is no answered one`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let (pool, streams) = (TaskPool(), Mailbox<any AnswerStream>())
            let request = try bot.request("What is a berth?")
            pool.spawn {
                let stream = try? await bot.stream(request, bot.bot.models.choices)
                if let stream { streams.put(stream) }
            }
            let call = try await bot.hand.call()
            call.say("A bed.")
            let stream = try await streams.next("the stream")
            call.finish()
            #expect(await eventually { stream.charged != nil })
            stream.finish()
            let counted = bot.metrics.text
            #expect(counted.contains(#"berth_api_calls_total{outcome="cancelled"} 1"#))
            #expect(!counted.contains(#"berth_api_calls_total{outcome="done"} 1"#))
        }
    }

    @Loop @Test func `a call goes on for all when its first asker's memory ends midway`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let (pool, ends) = (TaskPool(), Mailbox<String>())
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let request = try bot.request("What is a berth?")
            @Loop func ask(_ tenant: LiveTenant) {
                pool.spawn {
                    let failure = await bot.failure {
                        _ = try await bot.complete(request, bot.bot.models.choices, tenant)
                    }
                    ends.put(failure.map { "\($0)" } ?? "done")
                }
            }
            ask(bot.ann)
            let call = try await bot.hand.call()
            ask(bob)
            await settle()
            let account = bot.ann.account
            var rest = account.nothing(for: .cacheEntry)
            try rest.extend(by: bot.ann.quotas.memory - account.held)
            let usage = TokenUsage(input: 7, output: 3, isEstimated: false)
            let long = String(repeating: "long ", count: 200_000)
            call.answer(
                .json(CompletionJSON.completion(text: long, finish: "stop", usage: usage))
            )
            for _ in 0..<2 {
                #expect(try await ends.next("an end") == "done")
            }
            let received = bot.hand.received
            #expect(received == 1)
            for tenant in [bot.ann, bob] { #expect(try await bot.used(tenant).requests == 1) }
            rest.shrink(to: .zero)
            pool.cancelAll()
            await pool.drain()
        }
    }
}
