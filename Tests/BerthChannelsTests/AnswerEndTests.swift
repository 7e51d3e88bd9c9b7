import BerthBot
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import Testing

/// The words of clients' events about an answer's end, its reasoning and a long wait.
@Suite(.loop, .timeLimit(.minutes(20))) struct AnswerEndTests {
    private static let body =
        #"{"model":"hand/m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#

    private static func chunk(_ delta: String, _ finish: String = "null") -> [UInt8] {
        SSE.event(
            Array(#"{"choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(finish)}]}"#.utf8)
        )
    }

    private static let ends: [(String, String, String)] = [
        ("length", "length", "cut at the model's limit"),
        ("content_filter", "content_filter", "content filter"),
        ("tool_calls", "tool_calls", "asked for a tool"), ("SAFETY", "content_filter", "filter"),
        ("max_tokens", "length", "cut"),
    ]

    @Loop @Test(arguments: ends)
    func `the page is told why an answer ended`(
        reason: String,
        ending: String,
        words: String
    ) async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let session = try await bot.bot.conversations.create(bot.ann, .web).id
            let reader = try await EventReader(
                bot.send(
                    "POST",
                    "/web/sessions/\(session)/turns",
                    Array(#"{"text":"hi"}"#.utf8),
                    as: ann
                )
            )
            let call = try await bot.hand.call()
            call.send(AnswerEndTests.chunk(#"{"reasoning":"hm"}"#))
            call.send(AnswerEndTests.chunk(#"{"content":"The first"}"#))
            call.send(AnswerEndTests.chunk("{}", "\"\(reason)\""))
            call.end()
            let events = try await reader.rest()
            let thought = events.first { $0.event == "reasoning" }?.object
            #expect(thought?.string("reasoning") == "hm")
            let done = try #require(events.last?.object)
            #expect(done.string("state") == "done" && done.string("ending") == ending)
            #expect(done.string("note")?.contains(words) == true)
            let page = try await bot.ask("GET", "/web/sessions/\(session)/turns", as: ann)
            let turns = try #require(page.object)
            let turn = turns.elements("turns")?.first.flatMap { turns.object(at: $0) }
            #expect(turn?.string("ending") == ending && turn?.string("reasoning") == "hm")
            #expect(turn?.string("note")?.contains(words) == true)
        }
    }

    @Loop @Test func `a client gets its header while the provider is silent`() async throws {
        try await withBot { bot in
            let (told, pool) = (Mailbox<EventReader>(), TaskPool())
            pool.spawn {
                if let reader = try? await bot.stream(AnswerEndTests.body) { told.put(reader) }
            }
            let call = try await bot.hand.call()
            bot.clock.advance(by: .seconds(10))
            let reader = try await told.next("the header")
            #expect(reader.response.status == 200)
            call.say("late")
            call.finish()
            let events = try await reader.rest()
            #expect(events.contains { $0.text.contains("late") } && events.last?.text == "[DONE]")
        }
    }

    @Loop @Test func `an error after the header is an event without an end`() async throws {
        try await withBot { bot in
            let (told, pool) = (Mailbox<EventReader>(), TaskPool())
            pool.spawn {
                if let reader = try? await bot.stream(AnswerEndTests.body) { told.put(reader) }
            }
            let call = try await bot.hand.call()
            bot.clock.advance(by: .seconds(10))
            let reader = try await told.next("the header")
            call.answer(.error(400, "the prompt is odd"))
            let events = try await reader.rest()
            let error = events.last?.object?.object("error")
            #expect(error?.string("message")?.contains("the prompt is odd") == true)
        }
    }

    @Loop @Test func `a client that leaves while it waits ends the call`() async throws {
        try await withBot { bot in
            let (told, pool) = (Mailbox<EventReader>(), TaskPool())
            pool.spawn {
                if let reader = try? await bot.stream(AnswerEndTests.body) { told.put(reader) }
            }
            let call = try await bot.hand.call()
            bot.clock.advance(by: .seconds(10))
            try await told.next("the header").leave()
            try await call.gone()
        }
    }

    private static let gzip: [UInt8] = [0x1F, 0x8B, 8, 0]

    @Loop @Test func `a coded request is taken, refused with words, or refused as unknown`()
        async throws
    {
        try await withBot { bot in
            let fields = { (name: String) in [("content-encoding", name)] }
            let unknown = try await bot.ask(
                "POST",
                "/v1/chat/completions",
                "x",
                as: .key(bot.key),
                fields("lzw")
            )
            #expect(unknown.status == 415)
            #expect(unknown.headers["accept-encoding"]?.contains("gzip") == true)
            #expect(unknown.error?.string("code") == "unsupported_encoding")
            for name in ["gzip", "deflate", "zstd", "br"] {
                let broken = try await bot.ask(
                    "POST",
                    "/v1/chat/completions",
                    "x",
                    as: .key(bot.key),
                    fields(name)
                )
                #expect(broken.status == 400)
                #expect(broken.error?.string("message")?.contains("Content-Encoding") == true)
            }
        }
    }
}
