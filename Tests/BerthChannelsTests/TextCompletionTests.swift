import BerthHTTP
import BerthLoop
import BerthStore
import BerthTestKit
import BerthText
import Testing

@testable import BerthChannels

/// `/v1/completions`, which chat models answer.
@Suite(.loop, .timeLimit(.minutes(20))) struct TextCompletionTests {
    @Loop private func complete(
        _ bot: BotFixture,
        _ body: String,
        _ fields: [(String, String)] = []
    ) async throws -> Answer {
        try await bot.ask("POST", "/v1/completions", body, as: .key(bot.key), fields)
    }

    @Loop
    @Test(arguments: [
        #""prompt":"Say \"hi\" \u00e9""#, #""prompt":["Say \"hi\" \u00e9"]"#,
        #""prompt":"Say \"hi\" \u00e9","suffix":"","echo":false,"best_of":1,"logprobs":null,"n":1"#,
    ])
    func `a prompt is answered as a text completion`(members: String) async throws {
        try await withBot { bot in
            let answer = try await complete(bot, #"{"model":"fake/echo",\#(members)}"#)
            let object = try #require(answer.object)
            let choices = try #require(object.elements("choices"))
            let choice = try #require(object.object(at: choices[0]))
            #expect(answer.status == 200 && choices.count == 1)
            #expect(object.string("object") == "text_completion")
            #expect(object.string("id")?.hasPrefix("cmpl-") == true)
            #expect(object.string("model") == "fake/echo")
            #expect(choice.string("text") == "Say \"hi\" é")
            #expect(choice.integer("index") == 0 && choice.string("finish_reason") == "stop")
            #expect(choice.value("logprobs") != nil && !choice.has("message"))
            #expect((object.object("usage")?.integer("total_tokens") ?? 0) > 0)
        }
    }

    @Loop @Test func `a stream has text completions alone`() async throws {
        try await withBot { bot in
            let answer = try await complete(
                bot,
                #"{"model":"fake/plain","prompt":"x","stream":true,"stream_options":{"include_usage":true}}"#
            )
            let lines = answer.text.split(separator: "\n").map { $0.dropFirst(6) }
            let chunks = lines.dropLast().compactMap { try? JSONObject(Array($0.utf8)) }
            let texts = chunks.map { chunk in
                (chunk.elements("choices") ?? []).compactMap {
                    chunk.object(at: $0)?.string("text")
                }.joined()
            }
            #expect(lines.last == "[DONE]" && chunks.count == lines.count - 1)
            #expect(chunks.allSatisfy { $0.string("object") == "text_completion" })
            #expect(texts.joined() == "token1 token2 token3 token4 token5 ")
            #expect(!answer.text.contains("delta") && !answer.text.contains("role"))
            #expect((chunks.last?.object("usage")?.integer("completion_tokens") ?? 0) > 0)
            #expect(Set(chunks.map { $0.string("id") ?? "" }).count == 1)
        }
    }

    @Loop @Test func `the request reaches the provider as a chat`() async throws {
        try await withBot { bot in
            let body = #"{"model":"fake/echo-request","prompt":"x","stop":["a"],"seed":7,"#
            let rows = [(#""top_p":0.5}"#, 16), (#""max_tokens":9,"echo":false}"#, 9)]
            for (members, tokens) in rows {
                let answer = try await complete(bot, body + members)
                let choices = answer.object?.elements("choices") ?? []
                let text = answer.object?.object(at: choices[0])?.string("text") ?? ""
                let sent = try JSONObject(Array(text.utf8))
                #expect(sent.integer("max_tokens") == tokens)
                #expect(sent.integer("seed") == 7 && sent.elements("stop")?.count == 1)
                #expect(!sent.has("prompt") && sent.value("echo") == nil)
                let messages = sent.value("messages").map { String(decoding: $0, as: UTF8.self) }
                #expect(messages == #"[{"role":"user","content":"x"}]"#)
            }
        }
    }

    /// Members that are refused, and the error's `param`.
    private static let bad: [(String, String)] = [
        (#""max_tokens":5"#, "prompt"), (#""prompt":null"#, "prompt"), (#""prompt":"""#, "prompt"),
        (#""prompt":" \n""#, "prompt"), (#""prompt":[]"#, "prompt"), (#""prompt":7"#, "prompt"),
        (#""prompt":["a","b"]"#, "prompt"), (#""prompt":[1,2,3]"#, "prompt"),
        (#""prompt":[[1,2]]"#, "prompt"), (#""prompt":{"a":1}"#, "prompt"),
        (#""prompt":"x","suffix":"y""#, "suffix"), (#""prompt":"x","echo":true"#, "echo"),
        (#""prompt":"x","best_of":3"#, "best_of"), (#""prompt":"x","logprobs":2"#, "logprobs"),
        (#""prompt":"x","messages":[]"#, "messages"), (#""prompt":"x","tools":[]"#, "tools"),
        (#""prompt":"x","max_completion_tokens":3"#, "max_completion_tokens"),
        (#""prompt":"x","max_tokens":0"#, "max_tokens"), (#""prompt":"x","n":99"#, "n"),
        (#""prompt":"x","temperature":9"#, "temperature"),
        (#""prompt":"x","stream":"yes""#, "stream"),
        (#""prompt":"x","web_search_options":{}"#, "web_search_options"),
    ]

    @Loop @Test func `what a chat cannot do is refused in words`() async throws {
        try await withBot { bot in
            for (members, parameter) in Self.bad {
                let answer = try await complete(bot, #"{"model":"fake/echo",\#(members)}"#)
                #expect(answer.status == 400, "\(members)")
                #expect(answer.error?.string("param") == parameter, "\(members)")
                #expect(answer.error?.string("message")?.isEmpty == false)
            }
            #expect(try await bot.used().requests == 0)
        }
    }

    @Loop @Test func `a repeated request with a key has the same text`() async throws {
        try await withBot { bot in
            for stream in ["false", "true"] {
                var texts: [String] = []
                for _ in 0..<2 {
                    let answer = try await complete(
                        bot,
                        #"{"model":"fake/plain","prompt":"x","stream":\#(stream)}"#,
                        [("idempotency-key", "key-\(stream)")]
                    )
                    #expect(answer.status == 200 && answer.text.contains("text_completion"))
                    texts.append(answer.text)
                }
                #expect(texts[0] == texts[1] && !texts[0].contains("chat.completion"))
            }
            #expect(try await bot.used().requests == 2)
        }
    }

    @Loop @Test func `several choices keep their texts and indices`() async throws {
        try await withBot { bot in
            async let asked = complete(bot, #"{"model":"berth","prompt":"x","n":2}"#)
            let call = try await bot.hand.call()
            let choices = [("one", "stop"), ("two", "length")].enumerated().map { index, choice in
                #"{"index":\#(index),"message":{"role":"assistant","content":"\#(choice.0)"},"#
                    + #""finish_reason":"\#(choice.1)"}"#
            }
            call.answer(
                .json(
                    Array(
                        #"{"choices":[\#(choices.joined(separator: ","))],"system_fingerprint":"f"}"#
                            .utf8
                    )
                )
            )
            let answer = try await asked
            let object = try #require(answer.object)
            let texts = (object.elements("choices") ?? []).compactMap { object.object(at: $0) }
            #expect(texts.compactMap { $0.string("text") } == ["one", "two"])
            #expect(texts.compactMap { $0.integer("index") } == [0, 1])
            #expect(texts.compactMap { $0.string("finish_reason") } == ["stop", "length"])
        }
    }

    @Loop @Test func `a call of a tool or a broken stream has no text`() async throws {
        try await withBot { bot in
            let whole = try await complete(bot, #"{"model":"fake/tool","prompt":"x"}"#)
            #expect(whole.status == 200 && whole.text.contains(#""text":"""#))
            let broken = try await complete(
                bot,
                #"{"model":"fake/error-midway","prompt":"x","stream":true}"#
            )
            #expect(broken.text.contains("\"error\"") && !broken.text.contains("[DONE]"))
        }
    }
}
