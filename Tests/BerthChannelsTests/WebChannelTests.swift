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

@Suite(.loop, .timeLimit(.minutes(20))) struct WebChannelTests {
    /// Makes a conversation over HTTP.
    @Loop private func session(_ bot: BotFixture, _ caller: BotFixture.Caller) async throws
        -> String
    {
        let answer = try await bot.ask("POST", "/web/sessions", "{}", as: caller)
        return try #require(answer.object?.string("id"))
    }

    /// Sends a message over HTTP.
    @Loop private func say(
        _ text: String,
        _ session: String,
        _ bot: BotFixture,
        _ caller: BotFixture.Caller
    ) async throws -> EventReader {
        let body = Array(#"{"text":"#.utf8) + JSON.quote(text) + Array("}".utf8)
        return try await EventReader(
            bot.send("POST", "/web/sessions/\(session)/turns", body, as: caller)
        )
    }

    @Loop @Test func `the first event names the turn, which is on the disk`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await session(bot, ann)
            let reader = try await say("hello", session, bot, ann)
            let first = try #require(try await reader.next())
            let id = try #require(first.object?.string("id"))
            #expect(first.event == "turn")
            let row = try await bot.store.turn(publicID: id)
            #expect(row?.text == "hello")
            let call = try await bot.hand.call()
            call.say("a\nb")
            let delta = try #require(try await reader.next())
            #expect(delta.event == "delta" && delta.object?.string("text") == "a\nb")
            call.finish()
            let end = try #require(try await reader.next())
            #expect(end.event == "done" && end.object?.string("state") == "done")
            #expect(end.object?.integer("input_tokens") == 7)
            let history = try await bot.ask("GET", "/web/sessions/\(session)/turns", as: ann)
            #expect(history.text.contains(#""answer":"a\nb""#))
            #expect(try await reader.next() == nil)
        }
    }

    @Loop @Test func `the bot speaks the browser's language, until another one is chosen`()
        async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let ukrainian = [("accept-language", "uk-UA,uk;q=0.9,en;q=0.8")]
            let stranger = try await bot.ask("GET", "/web/me", as: .nobody, ukrainian)
            let words = stranger.error?.string("message")
            #expect(stranger.status == 401 && words?.contains("не ввійшли") == true)
            #expect(try await bot.ask("GET", "/web/me", as: ann, ukrainian).status == 200)
            let session = try await session(bot, ann)
            // Requests without a language follow the last one that had one.
            let help = try await say("/help", session, bot, ann).rest()
            let answer = help.compactMap { $0.object?.string("text") }.joined()
            #expect(answer.contains("що робить"))
            let refused = try await bot.ask("GET", "/web/sessions/none/turns", as: ann)
            #expect(refused.error?.string("message") == "такої розмови немає")
            _ = try await say("/lang zh", session, bot, ann).rest()
            #expect(try await bot.ask("GET", "/web/me", as: ann, ukrainian).status == 200)
            let chosen = try await bot.ask("GET", "/web/sessions/none/turns", as: ann, ukrainian)
            #expect(chosen.error?.string("message") == "没有这个对话")
        }
    }

    @Loop @Test func `a turn survives its connection and can be joined again`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await session(bot, ann)
            let reader = try await say("hello", session, bot, ann)
            let id = try #require(try await reader.next()?.object?.string("id"))
            let call = try await bot.hand.call()
            call.say("one ")
            _ = try await reader.next()
            reader.leave()
            let other = try await EventReader(bot.send("GET", "/web/turns/\(id)/events", as: ann))
            #expect(try await other.next()?.event == "turn")
            #expect(try await other.next()?.object?.string("text") == "one ")
            call.say("two")
            #expect(try await other.next()?.object?.string("text") == "two")
            call.finish()
            #expect(try await other.rest().map(\.event) == ["done"])
            let late = try await EventReader(bot.send("GET", "/web/turns/\(id)/events", as: ann))
            #expect(try await late.rest().map(\.event) == ["turn", "delta", "done"])
        }
    }

    @Loop @Test func `stop ends a turn, again asks it once more`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await session(bot, ann)
            let reader = try await say("hello", session, bot, ann)
            let id = try #require(try await reader.next()?.object?.string("id"))
            let call = try await bot.hand.call()
            let busy = try await say("more", session, bot, ann)
            #expect(busy.response.status == 409)
            #expect(try await bot.ask("POST", "/web/turns/\(id)/stop", as: ann).status == 202)
            #expect(try await reader.rest().last?.object?.string("state") == "stopped")
            try await call.gone()
            #expect(try await bot.ask("POST", "/web/turns/\(id)/stop", as: ann).status == 404)
            let again = try await EventReader(bot.send("POST", "/web/turns/\(id)/again", as: ann))
            #expect(try await again.next()?.event == "turn")
            let second = try await bot.hand.call()
            let twice = try await bot.ask("POST", "/web/turns/\(id)/again", as: ann)
            #expect(twice.status == 409)
            #expect(twice.error?.string("code") == "session_busy")
            second.finish()
            #expect(try await again.rest().last?.object?.string("state") == "done")
        }
    }

    @Loop @Test func `what is another tenant's is 404, on every path`() async throws {
        try await withBot { bot in
            let (bob, key) = try await bot.bot.tenants.add("bob")
            let (ann, other) = (try await bot.login(bot.ann), try await bot.login(bob))
            let session = try await session(bot, ann)
            let reader = try await say("a secret", session, bot, ann)
            let id = try #require(try await reader.next()?.object?.string("id"))
            let call = try await bot.hand.call()
            let paths = [
                ("PATCH", "/sessions/\(session)"), ("DELETE", "/sessions/\(session)"),
                ("GET", "/sessions/\(session)/turns"), ("POST", "/sessions/\(session)/turns"),
                ("GET", "/turns/\(id)/events"), ("POST", "/turns/\(id)/stop"),
                ("POST", "/turns/\(id)/again"), ("GET", "/sessions/x/turns"),
                ("POST", "/turns/\(id)/edit"), ("POST", "/turns/\(id)/continue"),
                ("POST", "/turns/\(id)/show?step=back"),
            ]
            let callers = [("/web", other), ("/terminal", BotFixture.Caller.key(key.text))]
            for (method, path) in paths {
                for (prefix, caller) in callers {
                    let body = method == "GET" ? "" : #"{"text":"hi","title":"mine"}"#
                    let answer = try await bot.ask(method, prefix + path, body, as: caller)
                    #expect(answer.status == 404, "\(method) \(path)")
                    #expect(!answer.text.contains("secret"))
                }
                let nobody = try await bot.ask(method, "/web" + path, "{}")
                #expect(nobody.status == 401)
            }
            call.finish()
            #expect(try await reader.rest().last?.object?.string("state") == "done")
        }
    }

    @Loop @Test func `a suspended tenant may look and do nothing, a removed one is nobody`()
        async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await session(bot, ann)
            try await bot.bot.set(.suspended, of: bot.ann)
            let path = "/web/sessions/\(session)"
            #expect(try await bot.ask("GET", "\(path)/turns", as: ann).status == 200)
            let me = try await bot.ask("GET", "/web/me", as: ann)
            #expect(me.object?.string("notice")?.contains("suspended") == true)
            for (method, tail) in [("POST", "/turns"), ("PATCH", ""), ("DELETE", "")] {
                let answer = try await bot.ask(method, path + tail, #"{"text":"/web"}"#, as: ann)
                #expect(answer.status == 403 && answer.error?.string("code") == "suspended")
            }
            let token = try bot.token(of: try await bot.bot.access.link(for: bot.ann))
            #expect(try await bot.login(token: token).status == 403)
            try await bot.bot.set(.removed, of: bot.ann)
            #expect(try await bot.ask("GET", "/web/me", as: ann).status == 401)
            #expect(try await bot.ask("GET", "/terminal/me", as: .key(bot.key)).status == 401)
            #expect(try await bot.ask("GET", "/v1/models", as: .key(bot.key)).status == 401)
        }
    }

    @Loop @Test(arguments: ["", "{", "[]", #"{"text":7}"#, #"{"txt":"a"}"#, "\u{0}"])
    func `a message that is none is 400`(body: String) async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await session(bot, ann)
            let path = "/web/sessions/\(session)/turns"
            let answer = try await bot.ask("POST", path, body, as: ann)
            #expect(answer.status == 400)
            #expect(answer.error?.string("message")?.isEmpty == false)
        }
    }

    @Loop @Test func `a message that is too large is refused, whatever it is`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await session(bot, ann)
            let long = try await say(String(repeating: "a", count: 300_000), session, bot, ann)
            #expect(long.response.status == 400)
            let huge = try await say(String(repeating: "a", count: 3_200_000), session, bot, ann)
            #expect(huge.response.status == 413)
            let held = bot.ann.account.held
            #expect(held == .zero)
        }
    }

    @Loop @Test func `over the quota a message is 429 with its wait`() async throws {
        try await withBot(Setup { $0.quotas.requestsPerDay = 0 }) { bot in
            let ann = try await bot.login(bot.ann)
            let reader = try await say("hi", try await session(bot, ann), bot, ann)
            #expect(reader.response.status == 429)
            let now = bot.clock.timestamp
            let left = (now.endOfDay - now).milliseconds(roundedUp: true)
            #expect(reader.response.headers["retry-after"] == "\((left + 999) / 1000)")
        }
    }

    @Loop @Test func `a conversation too many is 409 and says what to do`() async throws {
        try await withBot { bot in
            let (ann, id, now) = (try await bot.login(bot.ann), bot.ann.row.id, bot.clock.timestamp)
            for number in 0..<Conversations.mostLive {
                let draft = SessionDraft(
                    publicID: "s-\(number)",
                    place: Place(channel: .web),
                    tenant: id
                )
                _ = try await bot.store.openSession(draft, at: now)
            }
            let answer = try await bot.ask("POST", "/web/sessions", "{}", as: ann)
            #expect(answer.status == 409)
            #expect(answer.error?.string("code") == "too_many_conversations")
            #expect(answer.error?.string("message")?.contains("delete one") == true)
            let gone = try await bot.ask("DELETE", "/web/sessions/s-7", as: ann)
            #expect(gone.status < 300)
            #expect(try await bot.ask("POST", "/web/sessions", "{}", as: ann).status < 300)
        }
    }

    @Loop @Test func `an unlisted model is 404 for a change and words for a command`() async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await session(bot, ann)
            let change = try await bot.ask(
                "PATCH",
                "/web/sessions/\(session)",
                #"{"model":"gpt-9"}"#,
                as: ann
            )
            #expect(change.status == 404 && change.error?.string("code") == "model_not_found")
            let events = try await say("/model gpt-9", session, bot, ann).rest()
            #expect(events.map(\.event) == ["turn", "delta", "done"])
            #expect(events[1].text.contains("there is no model"))
        }
    }

    @Loop @Test func `a quiet turn is pinged`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await session(bot, ann)
            let reader = try await say("hello", session, bot, ann)
            _ = try await reader.next()
            _ = try await bot.hand.call()
            bot.clock.advance(by: .seconds(15))
            let piece = try await reader.response.next()
            #expect(piece == SSE.ping)
        }
    }

    @Loop @Test func `the log holds no key, token, cookie or message`() async throws {
        try await withBot { bot in
            let token = try bot.token(of: try await bot.bot.access.link(for: bot.ann))
            _ = try await bot.ask("GET", "/login?token=\(token)")
            let cookie = try #require(bot.cookie(of: try await bot.login(token: token)))
            let ann = BotFixture.Caller.cookie(cookie)
            let session = try await session(bot, ann)
            let message = "a-private-message"
            let reader = try await say(message, session, bot, ann)
            let call = try await bot.hand.call()
            let echo = #"{"error":{"message":"bad: \#(message) sk-upstream-secret"}}"#
            call.answer(.json(Array(echo.utf8), status: 400))
            _ = try await reader.rest()
            let second = try await say(message, session, bot, ann)
            let other = try await bot.hand.call()
            other.say("a-private-answer")
            other.send(SSE.event(Array(echo.utf8)))
            _ = try await second.rest()
            for model in ["401", "too-long", "echo"] {
                _ = try await bot.chat(
                    #"{"model":"fake/\#(model)","messages":[{"role":"user","content":"\#(message)"}]}"#
                )
            }
            _ = try await bot.ask("GET", "/v1/models", as: .key("berth-a-wrong-key"))
            let text = bot.lines.all.joined(separator: "\n")
            #expect(text.contains("api call") && text.contains("outcome=failed"))
            for secret in [
                bot.key, token, cookie, message, "sk-upstream-secret", "private-answer",
                "wrong-key",
                "sk-fake-leak",
            ] { #expect(!text.contains(secret), "\(secret)") }
        }
    }
}
