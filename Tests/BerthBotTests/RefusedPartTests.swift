import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Calls whose provider refuses or ignores a part of Berth's own, as the ledger and people see them.
@Suite(.loop, .timeLimit(.minutes(20))) struct RefusedPartTests {
    private static let words =
        "Unsupported parameter: 'max_tokens' is not supported with this model. "
        + "Use 'max_completion_tokens' instead."

    @Loop @Test func `a refused request and its repetition are one call with one reservation`()
        async throws
    {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, refused) = try await bot.ask("hello", in: session)
            let held = try await bot.used()
            refused.answer(.error(400, Self.words, code: "unsupported_parameter"))
            let call = try await bot.hand.call()
            #expect(call.object.integer("max_completion_tokens") == 1000)
            #expect(!call.object.has("max_tokens"))
            let during = try await bot.used()
            #expect(during.reservedTokens == held.reservedTokens && held.reservedTokens > 0)
            call.say("Hello")
            call.finish()
            #expect(try await turn.ended().text == "Hello")
            let used = try await bot.used()
            #expect(used.requests == 1 && used.outputTokens == 3 && used.reservedTokens == 0)
            let next = try await bot.exchange("again", "yes", in: session)
            #expect(next.object.has("max_completion_tokens") && bot.hand.received == 3)
        }
    }

    @Loop @Test(arguments: [false, true])
    func `an answer that grows beyond what was reserved is ended and settled as used`(
        saysUsage: Bool
    ) async throws {
        try await withBot { bot in
            let models = bot.bot.models.candidates("hand/m")
            let request = try bot.request(more: #","max_tokens":20"#)
            let pool = TaskPool()
            let ends = Mailbox<(String, String?)>()
            pool.spawn {
                guard let stream = try? await bot.stream(request, models) else { return }
                var (text, finish) = ("", String?.none)
                while let piece = try? await stream.next() {
                    text += piece.text
                    finish = piece.finish ?? finish
                }
                ends.put((text, finish))
            }
            let call = try await bot.hand.call()
            for number in 1...(saysUsage ? 5 : 40) { call.say("word\(number) ") }
            if saysUsage {
                let usage = TokenUsage(input: 7, output: 25, isEstimated: false)
                call.send(SSE.event(CompletionJSON.chunk(usage: usage)))
            }
            try await call.gone()
            let (text, finish) = try await ends.next("the end")
            #expect(finish == "length")
            #expect(text.hasSuffix(saysUsage ? "word5 " : "word21 "))
            let used = try await bot.used()
            #expect(used.reservedTokens == 0 && used.requests == 1)
            #expect(used.outputTokens == (saysUsage ? 25 : 35))
        }
    }

    @Loop @Test func `an answer of as many tokens as were reserved is not ended`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("count", in: session)
            // 1,000 tokens of seven bytes, which Berth estimates at 1,750.
            for _ in 1...1000 { call.say("sevenb ") }
            call.finish(usage: TokenUsage(input: 7, output: 1000, isEstimated: false))
            let ended = try await turn.ended()
            #expect(ended.text.utf8.count == 7000)
            #expect(try await bot.used().outputTokens == 1000)
        }
    }

    @Loop @Test func `a client's own member is told to the client as its error`() async throws {
        try await withBot { bot in
            let models = bot.bot.models.candidates("hand/m")
            let request = try bot.request(more: #","temperature":0.3"#)
            let pool = TaskPool()
            let errors = Mailbox<BotError?>()
            pool.spawn {
                errors.put(await bot.failure { _ = try await bot.complete(request, models) })
            }
            let call = try await bot.hand.call()
            let words = "Unsupported value: 'temperature' does not support 0.3 with this model."
            call.answer(.error(400, words, code: "unsupported_value"))
            let error = try #require(try await errors.next("the error"))
            #expect(error.disposition.status == 400 && error.description.contains(words))
            #expect(bot.hand.received == 1)
        }
    }
}
