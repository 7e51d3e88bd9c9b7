import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// Cached answers, and the tenants who may get them.
@Suite(.loop, .timeLimit(.minutes(20))) struct AnswerCacheTests {
    private static let setup = Setup { settings in
        settings.cache.scope = .safe
        settings.chatModels.removeAll { $0.provider != "hand" }
    }
    private static let question = #"[{"role":"user","content":"What is a berth?"}]"#

    /// Asks and has the provider answer, which must not be asked if `answer` is nil.
    @Loop private func ask(
        _ bot: BotFixture,
        _ messages: String,
        more: String = "",
        answer: String?
    ) async throws -> Answer {
        let pool = TaskPool()
        if let answer {
            pool.spawn {
                guard let call = try? await bot.hand.call() else { return }
                call.say(answer)
                call.finish()
            }
        }
        // The provider `hand` streams. A hit is asked for in the form that the test names.
        let stream = answer != nil && !more.contains("stream") ? #","stream":true"# : ""
        return try await bot.chat(#"{"model":"berth"\#(more)\#(stream),"messages":\#(messages)}"#)
    }

    @Loop @Test func `the same question is asked of a provider once`() async throws {
        try await withBot(AnswerCacheTests.setup) { bot in
            let first = try await ask(bot, AnswerCacheTests.question, answer: "A bed on a ship.")
            let second = try await ask(bot, AnswerCacheTests.question, answer: nil)
            #expect(first.headers["x-berth-cache"] == nil)
            #expect(second.headers["x-berth-cache"] == "hit")
            #expect(second.text.contains("A bed on a ship."))
            let received = bot.hand.received
            #expect(received == 1)
            await bot.bot.meter.drain()
            let used = try await bot.used()
            #expect(used.requests == 2 && used.reservedTokens == 0)
        }
    }

    @Loop @Test func `a hit is replayed as a stream where a stream is asked for`() async throws {
        try await withBot(AnswerCacheTests.setup) { bot in
            _ = try await ask(bot, AnswerCacheTests.question, answer: "A bed on a ship.")
            let told = try await ask(
                bot,
                AnswerCacheTests.question,
                more: #","stream":true,"stream_options":{"include_usage":true}"#,
                answer: nil
            )
            #expect(told.headers["x-berth-cache"] == "hit")
            #expect(told.text.contains("A bed on a ship.") && told.text.contains("[DONE]"))
            #expect(told.text.contains(#""role":"assistant""#))
            #expect(told.text.contains("completion_tokens"))
        }
    }

    @Loop @Test func `a streamed answer is kept too`() async throws {
        try await withBot(AnswerCacheTests.setup) { bot in
            let stream = #","stream":true"#
            _ = try await ask(bot, AnswerCacheTests.question, more: stream, answer: "A bed.")
            let second = try await ask(bot, AnswerCacheTests.question, answer: nil)
            #expect(second.headers["x-berth-cache"] == "hit" && second.text.contains("A bed."))
        }
    }

    @Loop
    @Test(arguments: [
        #","temperature":0.9"#, #","tools":[]"#, #","n":2"#, #","max_tokens":7"#, #","seed":1"#,
    ])
    func `a request that could be answered otherwise is asked`(more: String) async throws {
        try await withBot(AnswerCacheTests.setup) { bot in
            _ = try await ask(bot, AnswerCacheTests.question, answer: "A bed.")
            let other = try await ask(bot, AnswerCacheTests.question, more: more, answer: "Other.")
            #expect(other.headers["x-berth-cache"] == nil && other.text.contains("Other."))
        }
    }

    @Loop @Test func `no-store is neither answered from the cache nor kept`() async throws {
        try await withBot(AnswerCacheTests.setup) { bot in
            let pool = TaskPool()
            for _ in 0..<2 {
                pool.spawn {
                    guard let call = try? await bot.hand.call() else { return }
                    call.say("Fresh.")
                    call.finish()
                }
                let answer = try await bot.ask(
                    "POST",
                    "/v1/chat/completions",
                    #"{"model":"berth","stream":true,"messages":\#(AnswerCacheTests.question)}"#,
                    as: .key(bot.key),
                    [("cache-control", "no-store")]
                )
                #expect(answer.text.contains("Fresh."))
            }
            let received = bot.hand.received
            #expect(received == 2)
        }
    }

    @Loop @Test func `requests that are used up are refused from the cache as well`() async throws {
        try await withBot(
            Setup { settings in
                settings.cache.scope = .safe
                settings.chatModels.removeAll { $0.provider != "hand" }
                settings.quotas.requestsPerDay = 1
            }
        ) { bot in
            _ = try await ask(bot, AnswerCacheTests.question, answer: "A bed.")
            let refused = try await ask(bot, AnswerCacheTests.question, answer: nil)
            #expect(refused.status == 429 && refused.headers["retry-after"] != nil)
        }
    }
}
