import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Turns whose answer was bought by another question.
@Suite(.loop, .timeLimit(.minutes(20))) struct CachedTurnTests {
    private static let setup = Setup { settings in
        settings.cache.scope = .safe
        settings.chatModels.removeAll { $0.provider != "hand" }
    }

    private static let source =
        #""annotations":[{"type":"url_citation","url_citation":{"url":"https://example.org/a","title":"A"}}]"#
    private static let asked = #"[{"role":"user","content":"What is it?"}]"#
    private static let told = #"first I think ["https://example.org/a A"] stop"#

    /// The vendors' forms of an answer with reasoning and a source: members of the message, and
    /// members of the answer.
    private static let forms = [
        (#""reasoning_content":"first I think",\#(source)"#, ""),
        (
            #""reasoning":"first I think""#,
            #","search_results":[{"url":"https://example.org/a","title":"A"}]"#
        ),
        (
            #""reasoning_details":[{"type":"reasoning.text","text":"first I think"}],\#(source)"#,
            ""
        ),
    ]

    /// A chunk of a stream.
    private static func chunk(_ delta: String, _ more: String = "", end: String = "null") -> [UInt8]
    {
        let choice = #"{"index":0,"delta":{\#(delta)},"finish_reason":\#(end)}"#
        return SSE.event(Array(#"{"choices":[\#(choice)]\#(more)}"#.utf8))
    }

    /// Has the provider answer one call, whole or streamed as it was asked.
    @Loop private func answer(_ bot: BotFixture, _ form: (String, String)) async throws {
        let call = try await bot.hand.call()
        guard call.object.boolean("stream") == true else {
            let message = #"{"role":"assistant","content":"So it is.",\#(form.0)}"#
            let choice = #"{"index":0,"message":\#(message),"finish_reason":"stop"}"#
            let whole = #"{"choices":[\#(choice)]\#(form.1)}"#
            return call.answer(.json(Array(whole.utf8)))
        }
        call.send(Self.chunk(form.0, form.1))
        call.say("So it ")
        call.say("is.")
        call.send(Self.chunk("", end: #""stop""#))
        call.end()
    }

    /// Asks in a new conversation, and returns its reasoning, sources and ending.
    @Loop private func turn(
        _ bot: BotFixture,
        by tenant: LiveTenant? = nil
    ) async throws -> String {
        let tenant = tenant ?? bot.ann
        let session = try await bot.session(of: tenant)
        let turn = try await bot.bot.turns.begin("What is it?", in: session, by: tenant)
        return try await shown(turn, in: session, bot, by: tenant)
    }

    @Loop private func shown(
        _ turn: LiveTurn,
        in session: String,
        _ bot: BotFixture,
        by tenant: LiveTenant? = nil
    ) async throws -> String {
        let (text, outcome) = try await turn.ended()
        #expect(text == "So it is." && outcome.end == .done)
        let info = try #require(try await bot.history(session, of: tenant).last)
        let sources = (info.sources ?? []).map { "\($0.url) \($0.title)" }
        return "\(info.reasoning ?? "-") \(sources) \(info.ending ?? "-")"
    }

    @Loop @Test(arguments: 0..<3)
    func `a hit in the page shows reasoning and sources`(form: Int) async throws {
        try await withBot(CachedTurnTests.setup) { bot in
            let pool = TaskPool()
            pool.spawn { try? await answer(bot, Self.forms[form]) }
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (first, again) = (try await turn(bot), try await turn(bot, by: bob))
            #expect(first == Self.told && again == Self.told)
            let received = bot.hand.received
            #expect(received == 1)
        }
    }

    @Loop
    @Test(arguments: 0..<3, [true, false])
    func `a hit on an answer to the API shows them too`(form: Int, streamed: Bool) async throws {
        try await withBot(CachedTurnTests.setup) { bot in
            let pool = TaskPool()
            pool.spawn { try? await answer(bot, Self.forms[form]) }
            let body = #"{"model":"berth","stream":\#(streamed),"messages":\#(Self.asked)}"#
            let api = try await bot.chat(body)
            #expect(api.text.contains("first I think"))
            let page = try await turn(bot)
            #expect(page == Self.told)
            let received = bot.hand.received
            #expect(received == 1)
        }
    }

    @Loop
    @Test(arguments: 0..<3, [true, false])
    func `a turn that shares a call of the API shows them too`(form: Int, streamed: Bool)
        async throws
    {
        try await withBot(CachedTurnTests.setup) { bot in
            let pool = TaskPool()
            let told = Mailbox<String>()
            pool.spawn {
                let body = #"{"model":"berth","stream":\#(streamed),"messages":\#(Self.asked)}"#
                if let answer = try? await bot.chat(body) { told.put(answer.text) }
            }
            #expect(await eventually { bot.hand.received == 1 })
            let session = try await bot.session()
            let turn = try await bot.bot.turns.begin("What is it?", in: session, by: bot.ann)
            await settle()
            try await answer(bot, Self.forms[form])
            let page = try await shown(turn, in: session, bot)
            #expect(page == Self.told)
            let api = try await told.next("the API's answer")
            #expect(api.contains("first I think"))
            let received = bot.hand.received
            #expect(received == 1)
        }
    }
}
