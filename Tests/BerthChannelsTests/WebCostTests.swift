import BerthBot
import BerthHTTP
import BerthLoop
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// The verbs of the store that requests of the web page cost.
@Suite(.loop, .timeLimit(.minutes(20))) struct WebCostTests {
    @Loop @Test func `a message that is answered costs two reads and three writes at most`()
        async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let made = try await bot.ask("POST", "/web/sessions", "{}", as: ann)
            let session = try #require(made.object?.string("id"))
            // The second message has a history.
            for text in ["first", "second"] {
                let before = bot.store.counts
                let body = Array(#"{"text":"\#(text)"}"#.utf8)
                let reader = try await EventReader(
                    bot.send("POST", "/web/sessions/\(session)/turns", body, as: ann)
                )
                let call = try await bot.hand.call()
                call.say("here")
                call.finish()
                #expect(try await reader.rest().last?.event == "done")
                await bot.bot.meter.drain()
                await settle()
                let after = bot.store.counts
                #expect(1...2 ~= after.reads - before.reads)
                #expect(1...3 ~= after.writes - before.writes)
            }
        }
    }

    @Loop @Test func `a cookie is known without the store`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            await settle()
            let before = bot.store.counts
            #expect(try await bot.ask("GET", "/web/me", as: ann).status == 200)
            let stranger = BotFixture.Caller.cookie("unknown")
            #expect(try await bot.ask("GET", "/web/me", as: stranger).status == 401)
            let after = bot.store.counts
            #expect(after == before)
        }
    }
}
