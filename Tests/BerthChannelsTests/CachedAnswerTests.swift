import BerthBot
import BerthCache
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Cached answers with more than text: a hit has all that the first answer had.
@Suite(.loop, .timeLimit(.minutes(20))) struct CachedAnswerTests {
    private static let setup = Setup { settings in
        settings.cache.scope = .safe
        settings.chatModels.removeAll { $0.provider != "hand" }
    }

    private static let cited =
        #""annotations":[{"type":"url_citation","url_citation":{"url":"https://example.org/a","title":"A","start_index":0,"end_index":3}}]"#

    /// Members of a message beside its text, and members of the answer, each as JSON.
    private static let extras = [
        (#""reasoning_content":"first I think""#, ""), (#""reasoning":"hm\n\"ja\"""#, ""),
        (cited, ""), ("", #""citations":["https://example.org/a","https://example.org/b"]"#),
        ("", #""search_results":[{"title":"B","url":"https://example.org/b","date":null}]"#),
        (#""reasoning_details":[{"type":"reasoning.text","text":"so","signature":"c2ln"}]"#, ""),
        (#""context":{"citations":[{"url":"https://example.org/c","title":"C"}]}"#, ""),
        (#""reasoning_content":"a",\#(cited)"#, #""citations":["https://example.org/a"]"#),
        (#""provider_specific_fields":{"thought":[1,2]}"#, #""system_fingerprint":"fp_1""#),
    ]

    private static let usage =
        #"{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":5}}"#

    private static func with(_ members: String) -> String { members.isEmpty ? "" : "," + members }

    private static func whole(_ message: String, _ answer: String, finish: String = "stop")
        -> String
    {
        #"{"id":"up-1","object":"chat.completion","created":5,"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"So it is."\#(with(message))},"finish_reason":"\#(finish)"}],"usage":\#(usage)\#(with(answer))}"#
    }

    private static func chunk(_ delta: String, _ answer: String = "", finish: String = "null")
        -> String
    {
        #"{"id":"up-1","object":"chat.completion.chunk","created":5,"model":"up","choices":[{"index":0,"delta":{\#(delta)},"finish_reason":\#(finish)}]\#(with(answer))}"#
    }

    private static func events(_ message: String, _ answer: String, finish: String = "stop")
        -> [String]
    {
        [
            chunk(#""role":"assistant","content":"""#), chunk(message, answer),
            chunk(#""content":"So ""#), chunk(#""content":"it is.""#),
            chunk("", finish: "\"\(finish)\""),
            #"{"id":"up-1","choices":[],"usage":\#(usage)}"#, "[DONE]",
        ]
    }

    /// Asks a question, and has the provider answer it unless it is asked nothing.
    @Loop private func ask(
        _ bot: BotFixture,
        _ question: String,
        streamed: Bool,
        message: String,
        answer: String,
        finish: String = "stop"
    ) async throws -> Answer {
        let body =
            #"{"model":"berth","stream":\#(streamed),"stream_options":{"include_usage":true},"#
            + #""messages":[{"role":"user","content":"\#(question)"}]}"#
        let pool = TaskPool()
        pool.spawn {
            guard let call = try? await bot.hand.next() else { return }
            guard streamed else {
                let whole = Self.whole(message, answer, finish: finish)
                return call.answer(.json(Array(whole.utf8)))
            }
            for event in Self.events(message, answer, finish: finish) {
                call.send(SSE.event(Array(event.utf8)))
            }
            call.end()
        }
        let told = try await bot.chat(body)
        pool.cancelAll()
        await pool.drain()
        return told
    }

    /// The answer as its client puts it together, as JSON without its id and time.
    private func read(_ answer: Answer) throws -> [String: String] {
        var builder = CompletionBuilder()
        var usage: [UInt8]?
        guard answer.text.hasPrefix("data:") else {
            let object = try #require(answer.object)
            return try members(of: object)
        }
        var parser = SSEParser()
        for event in try parser.feed(answer.bytes) where event.text != "[DONE]" {
            let chunk = try #require(event.object)
            if chunk.has("usage") { usage = chunk.value("usage").map(Array.init) }
            builder.add(.raw(RawPiece(chunk: chunk, text: "", finish: nil)))
        }
        let whole = try JSONObject(try #require(builder.completion))
        var read = try members(of: whole)
        read["usage"] = usage.map { String(decoding: $0, as: UTF8.self) }
        return read
    }

    private func members(of object: JSONObject) throws -> [String: String] {
        var read: [String: String] = [:]
        func add(_ object: JSONObject?, _ place: String) {
            object?.each { name, value in
                guard value != Array("null".utf8)[...] else { return }
                let name = String(decoding: name, as: UTF8.self)
                read[place + name] = String(decoding: value, as: UTF8.self)
            }
        }
        let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
        add(object, "")
        add(choice, "choice.")
        add(choice?.object("message"), "message.")
        for name in ["id", "created", "choices", "choice.message"] { read[name] = nil }
        return read
    }

    @Loop
    @Test(arguments: [true, false])
    func `a hit has everything that the first answer had`(streamed: Bool) async throws {
        try await withBot(CachedAnswerTests.setup) { bot in
            for (index, (message, answer)) in CachedAnswerTests.extras.enumerated() {
                let question = "Question \(index)?"
                var told: [Answer] = []
                for _ in 0..<2 {
                    told.append(
                        try await ask(
                            bot,
                            question,
                            streamed: streamed,
                            message: message,
                            answer: answer
                        )
                    )
                }
                let (first, again) = (try read(told[0]), try read(told[1]))
                #expect(told[0].headers["x-berth-cache"] == nil)
                #expect(told[1].headers["x-berth-cache"] == "hit")
                #expect(first == again, "\(message) \(answer)")
                #expect(first["message.content"] == #""So it is.""#)
                #expect(first["usage"] == CachedAnswerTests.usage)
                for members in [message, answer] {
                    let object = try JSONObject(Array("{\(members)}".utf8))
                    object.each { name, value in
                        let name = String(decoding: name, as: UTF8.self)
                        let text = String(decoding: value, as: UTF8.self)
                        #expect([again["message." + name], again[name]].contains(text))
                    }
                }
            }
            let received = bot.hand.received
            #expect(received == CachedAnswerTests.extras.count)
        }
    }

    @Loop
    @Test(arguments: [true, false])
    func `a hit in the other form says the same`(streamed: Bool) async throws {
        try await withBot(CachedAnswerTests.setup) { bot in
            for (index, (message, answer)) in CachedAnswerTests.extras.enumerated() {
                let question = "Question \(index)?"
                let first = try await ask(
                    bot,
                    question,
                    streamed: streamed,
                    message: message,
                    answer: answer
                )
                let again = try await ask(
                    bot,
                    question,
                    streamed: !streamed,
                    message: message,
                    answer: answer
                )
                #expect(again.headers["x-berth-cache"] == "hit")
                var (said, repeated) = (try read(first), try read(again))
                for name in ["object", "model"] { (said[name], repeated[name]) = (nil, nil) }
                for name in said.keys where name.hasPrefix("message.") || name == "usage" {
                    #expect(said[name] == repeated[name], "\(name)")
                }
                #expect(said["citations"] == repeated["citations"])
                #expect(
                    again.text.contains(#""object":"chat.completion\#(streamed ? "" : ".chunk")""#)
                )
            }
        }
    }

    private static let unkept = [
        (
            #""tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]"#,
            "stop"
        ),
        (#""reasoning_content":"a""#, "length"), (cited, "content_filter"),
        (#""function_call":{"name":"f","arguments":"{}"}"#, "stop"),
    ]

    @Loop
    @Test(arguments: unkept, [true, false])
    func `an answer that is no whole text is not kept`(row: (String, String), streamed: Bool)
        async throws
    {
        try await withBot(CachedAnswerTests.setup) { bot in
            for _ in 0..<2 {
                let told = try await ask(
                    bot,
                    "Question?",
                    streamed: streamed,
                    message: row.0,
                    answer: "",
                    finish: row.1
                )
                #expect(told.status == 200 && told.headers["x-berth-cache"] == nil)
            }
            let received = bot.hand.received
            #expect(received == 2)
        }
    }

    @Loop
    @Test(
        arguments: [
            #""metadata":{"project":"ann's"}"#, #""user":"ann""#, #""safety_identifier":"ann""#,
        ],
        [true, false]
    )
    func `an answer that repeats what its asker alone has sent is not kept`(
        member: String,
        streamed: Bool
    ) async throws {
        try await withBot(CachedAnswerTests.setup) { bot in
            for _ in 0..<2 {
                let told = try await ask(
                    bot,
                    "Question?",
                    streamed: streamed,
                    message: #""reasoning":"hm""#,
                    answer: member
                )
                #expect(told.text.contains("ann") && told.headers["x-berth-cache"] == nil)
            }
        }
    }

    @Loop
    @Test(arguments: [true, false])
    func `a refusal is not kept`(streamed: Bool) async throws {
        try await withBot(CachedAnswerTests.setup) { bot in
            let pool = TaskPool()
            pool.spawn {
                while let call = try? await bot.hand.next() {
                    let message = #""content":null,"refusal":"I will not.""#
                    let choice = #"{"index":0,"message":{\#(message)},"finish_reason":"stop"}"#
                    guard streamed else {
                        call.answer(.json(Array(#"{"choices":[\#(choice)]}"#.utf8)))
                        continue
                    }
                    call.send(SSE.event(Array(Self.chunk(message, finish: #""stop""#).utf8)))
                    call.end()
                }
            }
            let body =
                #"{"model":"berth","stream":\#(streamed),"#
                + #""messages":[{"role":"user","content":"Why?"}]}"#
            for _ in 0..<2 {
                let told = try await bot.chat(body)
                #expect(told.text.contains("I will not.") && told.headers["x-berth-cache"] == nil)
            }
            pool.cancelAll()
        }
    }

    @Loop
    @Test(arguments: [true, false])
    func `a hit in Redis has everything too`(streamed: Bool) async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let setup = Setup { settings in
            CachedAnswerTests.setup.change(&settings)
            settings.redis = .unix(path: server.path)
        }
        let (message, answer) = (#""reasoning_content":"a",\#(Self.cited)"#, #""citations":["x"]"#)
        var told: [Answer] = []
        for _ in 0..<2 {
            // The second service has an empty memory.
            try await withBot(setup) { bot in
                let redis = try #require(bot.redis)
                #expect(await eventually { redis.fault == nil })
                told.append(
                    try await ask(
                        bot,
                        "Question?",
                        streamed: streamed,
                        message: message,
                        answer: answer
                    )
                )
                // Commands are answered in their order.
                try await redis.ping()
            }
        }
        #expect(told[1].headers["x-berth-cache"] == "hit")
        let (first, again) = (try read(told[0]), try read(told[1]))
        #expect(first == again)
        _ = consume server
    }
}
