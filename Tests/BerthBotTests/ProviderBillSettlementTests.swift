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

@Suite(.loop, .timeLimit(.minutes(20))) struct ProviderBillSettlementTests {
    private static let chat =
        #"{"model":"hand/m","messages":[{"role":"user","content":"hi"}],"stream":STREAM}"#

    /// A usage of 7 and 3 tokens, which the fixture's price makes 13 millionths of a dollar.
    private static func usage(_ more: String) -> String {
        #"{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10\#(more)}"#
    }

    /// The answer of one call, whole or streamed, whose usage is `usage`.
    @Loop private func ask(_ bot: BotFixture, streamed: Bool, usage: String) async throws {
        let body = ProviderBillSettlementTests.chat.replacing("STREAM", with: "\(streamed)")
        let pool = TaskPool()
        let done = pool.spawn { _ = try? await bot.chat(body) }
        let call = try await bot.hand.call()
        if streamed {
            call.say("well")
            call.send(SSE.event(CompletionJSON.chunk(finish: "stop")))
            call.send(SSE.event(Array(#"{"choices":[],"usage":\#(usage)}"#.utf8)))
            call.send(Array("data: [DONE]\n\n".utf8))
            call.end()
        } else {
            let choice = #"{"index":0,"message":{"content":"well"},"finish_reason":"stop"}"#
            call.answer(.json(Array(#"{"choices":[\#(choice)],"usage":\#(usage)}"#.utf8)))
        }
        await done.value
    }

    @Loop
    @Test(arguments: [true, false])
    func `a bill above the price is what is charged`(streamed: Bool) async throws {
        for (more, micros) in [
            (#","cost":0.25"#, Int64(250_000)), (#","cost":0.000001"#, 13), ("", 13),
            (#","cost_in_usd_ticks":5000000000"#, 500_000), (#","cost_in_nano_usd":9000000"#, 9000),
            (#","cost":1e300"#, 10_000_000_000),
        ] {
            try await withBot(Setup { $0.quotas.spendPerMonth = Money(micros: 100_000_000_000) }) {
                bot in
                try await ask(bot, streamed: streamed, usage: Self.usage(more))
                let used = try await bot.used()
                #expect(used.micros == micros, "\(more)")
                #expect(used.inputTokens == 7 && used.outputTokens == 3)
                let info = bot.bot.meter.usage(bot.ann)
                #expect(info.spentMicros == micros)
                let lines = bot.lines.all.filter { $0.contains("a provider's bill is higher") }
                #expect(lines.count == (micros > 13 ? 1 : 0))
            }
        }
    }

    @Loop
    @Test(arguments: [true, false])
    func `a bill without tokens is charged too`(streamed: Bool) async throws {
        try await withBot { bot in
            try await ask(bot, streamed: streamed, usage: #"{"cost":0.5}"#)
            #expect(try await bot.used().micros == 500_000)
        }
    }

    @Loop @Test func `a bill uses the month's quota up`() async throws {
        try await withBot(Setup { $0.quotas.spendPerMonth = Money(micros: 1_000_000) }) { bot in
            try await ask(bot, streamed: true, usage: Self.usage(#","cost":2.5"#))
            let body = ProviderBillSettlementTests.chat.replacing("STREAM", with: "false")
            let refusal = try await bot.chat(body)
            #expect(refusal.status == 429)
            let received = bot.hand.received
            #expect(received == 1)
        }
    }
}
