import BerthBot
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// The paths of other answers, other words and the rest of a cut answer.
@Suite(.loop, .timeLimit(.minutes(20))) struct BranchChannelTests {
    /// Sends a request that begins a turn, has it answered, and returns the last event.
    @Loop private func end(
        _ path: String,
        _ body: String = "",
        _ text: String,
        finish: String = "stop",
        _ bot: BotFixture,
        _ caller: BotFixture.Caller
    ) async throws -> JSONObject {
        let reader = try await EventReader(bot.send("POST", path, Array(body.utf8), as: caller))
        let call = try await bot.hand.call()
        call.say(text)
        let end = #"{"choices":[{"index":0,"delta":{},"finish_reason":"\#(finish)"}]}"#
        call.send(SSE.event(Array(end.utf8)))
        let usage = #"{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}"#
        call.send(SSE.event(Array(#"{"choices":[],"usage":\#(usage)}"#.utf8)))
        call.end()
        return try #require(try await reader.rest().last?.object)
    }

    @Loop private func turns(
        _ session: String,
        _ bot: BotFixture,
        _ caller: BotFixture.Caller
    ) async throws -> [JSONObject] {
        let answer = try await bot.ask("GET", "/web/sessions/\(session)/turns", as: caller)
        let page = try #require(answer.object)
        return (page.elements("turns") ?? []).compactMap { page.object(at: $0) }
    }

    @Loop @Test func `a message is edited, answered anew, continued and shown as before`()
        async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let made = try await bot.ask("POST", "/web/sessions", "{}", as: ann)
            let session = try #require(made.object?.string("id"))
            let path = "/web/sessions/\(session)/turns"
            let first = try await end(path, #"{"text":"one"}"#, "1", bot, ann)
            #expect(first.string("model") == "hand/m")
            #expect(first.integer("cost_micros") == 13 && first.boolean("cached") == false)
            let id = try #require(first.string("id"))

            let body = #"{"text":"two"}"#
            let second = try await end("/web/turns/\(id)/edit", body, "2", bot, ann)
            let other = try #require(second.string("id"))
            var page = try await turns(session, bot, ann)
            #expect(page.map { $0.string("text") } == ["two"])
            #expect(page[0].object("branch")?.integer("place") == 2)
            #expect(page[0].object("branch")?.integer("count") == 2)
            #expect(page[0].integer("cost_micros") == 13)

            let again = "/web/turns/\(other)/again?model=hand/m"
            let third = try await end(again, "", "3", finish: "length", bot, ann)
            let cut = try #require(third.string("id"))
            let rest = try await end("/web/turns/\(cut)/continue", "", "4", bot, ann)
            #expect(rest.string("state") == "done")
            page = try await turns(session, bot, ann)
            #expect(page.map { $0.string("answer") } == ["3", "4"])
            #expect(page.map { $0.boolean("continues") } == [nil, true])

            let back = try await bot.ask("POST", "/web/turns/\(cut)/show?step=back", as: ann)
            #expect(back.status == 204)
            page = try await turns(session, bot, ann)
            #expect(page.map { $0.string("answer") } == ["2"])
        }
    }

    @Loop @Test func `what cannot be done is told in words`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let made = try await bot.ask("POST", "/web/sessions", "{}", as: ann)
            let session = try #require(made.object?.string("id"))
            let path = "/web/sessions/\(session)/turns"
            let first = try await end(path, #"{"text":"one"}"#, "1", bot, ann)
            let id = try #require(first.string("id"))
            for (path, body, status, words) in [
                ("continue", "", 409, "only the last answer can be continued"),
                ("again?model=none", "", 404, "there is no model 'none'"),
                ("show?step=up", "", 400, "step is back, same or next"),
                ("show?step=next", "", 404, "there is no such message"),
                ("edit", #"{"text":" "}"#, 400, "the message is empty"),
                ("edit", "{}", 400, "not the JSON"),
            ] {
                let answer = try await bot.ask("POST", "/web/turns/\(id)/\(path)", body, as: ann)
                #expect(answer.status == status, "\(path)")
                let told = answer.error?.string("message") ?? ""
                #expect(told.contains(words), "\(path): \(told)")
            }
        }
    }
}
