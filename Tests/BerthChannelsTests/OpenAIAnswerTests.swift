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

@Suite(.loop, .timeLimit(.minutes(20))) struct OpenAIAnswerTests {
    private static let user = #"[{"role":"user","content":"hi"}]"#

    @Loop @Test func `models are listed and shown`() async throws {
        try await withBot { bot in
            let list = try await bot.ask("GET", "/v1/models", as: .key(bot.key))
            let names = try #require(list.object?.elements("data")).compactMap {
                list.object?.object(at: $0)?.string("id")
            }
            #expect(names.prefix(2) == ["berth", "hand/m"])
            #expect(names.last == "dead/d")
            let one = try await bot.ask("GET", "/v1/models/fake/echo", as: .key(bot.key))
            #expect(one.object?.string("id") == "fake/echo")
        }
    }

    @Loop @Test func `a whole answer has Berth's id and model and the provider's words`()
        async throws
    {
        try await withBot { bot in
            let answer = try await bot.chat(
                #"{"model":"echo","messages":[{"role":"user","content":"ß\n\"👍"}]}"#
            )
            #expect(answer.status == 200)
            let object = try #require(answer.object)
            #expect(object.string("id")?.hasPrefix("chatcmpl-") == true)
            #expect(object.string("model") == "fake/echo")
            #expect(object.integer("created") == 1_760_000_000)
            #expect(answer.text.contains(#""content":"ß\n\"👍""#))
            #expect(object.object("usage")?.integer("completion_tokens") == 1)
            let used = try await bot.used()
            #expect(used.outputTokens == 1 && used.reservedTokens == 0)
        }
    }

    @Loop @Test func `what Berth does not know goes to the provider byte for byte`() async throws {
        try await withBot { bot in
            let picture = String(repeating: "QUJD", count: 1000)
            let members = [
                #""messages":[ {"role":"user","content":[{"type":"text","text":"\u00e9 / \/ "},"#
                    + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(picture)"}}]},"#
                    + #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":"#
                    + #"{"name":"f","arguments":"{\"a\": 1e400}"}}]},"#
                    + #"{"role":"tool","tool_call_id":"c","content":"3"}]"#,
                #""tools":[{"type":"function","function":{"name":"f","parameters":{ "x": [] }}}]"#,
                #""seed":12345678901234567890123"#, #""new_thing":{"b":null,  "a":[1.0,1.00]}"#,
                #""temperature":0.10"#,
            ]
            let answers = Mailbox<Int>()
            let pool = TaskPool()
            pool.spawn {
                let body = #"{"model":"berth","user":"anna@example.org","max_tokens":50,"#
                answers.put(
                    (try? await bot.chat(body + members.joined(separator: ",") + "}"))?.status ?? 0
                )
            }
            let call = try await bot.hand.call()
            let text = String(decoding: call.object.bytes, as: UTF8.self)
            for member in members { #expect(text.contains(member)) }
            #expect(call.object.string("model") == "m")
            #expect(call.object.integer("max_tokens") == 50)
            #expect(call.object.string("user")?.hasPrefix("berth-") == true)
            #expect(call.headers["authorization"] == "Bearer sk-upstream-secret")
            #expect(!text.contains("anna@") && !text.contains(bot.key))
            let usage = TokenUsage(input: 1, output: 1, isEstimated: false)
            call.answer(.json(CompletionJSON.completion(text: "ok", finish: "stop", usage: usage)))
            #expect(try await answers.next("the answer") == 200)
        }
    }

    @Loop @Test func `more is never asked for than is reserved`() async throws {
        try await withBot { bot in
            let pool = TaskPool()
            for name in ["max_tokens", "max_completion_tokens"] {
                pool.spawn {
                    _ = try? await bot.chat(
                        #"{"model":"berth","\#(name)":99999,"messages":\#(OpenAIAnswerTests.user)}"#
                    )
                }
                let call = try await bot.hand.call()
                #expect(call.object.integer("max_tokens") == 1000)
                #expect(!call.object.has("max_completion_tokens"))
            }
        }
    }

    @Loop @Test func `tool calls come back as they are, whole and streamed`() async throws {
        try await withBot { bot in
            let tail =
                #""tools":[{"type":"function","function":{"name":"look"}}],"messages":\#(OpenAIAnswerTests.user)}"#
            let whole = try await bot.chat(#"{"model":"fake/tool",\#(tail)"#)
            #expect(whole.text.contains(#""tool_calls":[{"id":"call_1""#))
            #expect(whole.text.contains(#""name":"look""#))
            let reader = try await bot.stream(#"{"model":"fake/tool","stream":true,\#(tail)"#)
            let text = try await reader.rest().map(\.text).joined(separator: "\n")
            #expect(text.contains(#""name":"look""#) && text.contains(#""arguments":"{}""#))
            #expect(text.contains(#""finish_reason":"tool_calls""#))
            #expect(text.hasSuffix("[DONE]"))
        }
    }

    // MARK: Streams

    @Loop @Test func `a stream comes word by word and ends as OpenAI ends it`() async throws {
        try await withBot { bot in
            let events = Mailbox<SSEEvent?>()
            let pool = TaskPool()
            pool.spawn {
                let reader = try? await bot.stream(
                    #"{"model":"berth","stream":true,"messages":\#(OpenAIAnswerTests.user)}"#
                )
                while let event = try? await reader?.next() { events.put(event) }
                events.put(nil)
            }
            let call = try await bot.hand.call()
            #expect(call.object.object("stream_options")?.boolean("include_usage") == true)
            call.say("one ")
            let first = try #require(try await events.next("the first word"))
            #expect(first.text.contains("one "))
            #expect(first.object?.string("model") == "hand/m")
            #expect(first.object?.string("id")?.hasPrefix("chatcmpl-") == true)
            #expect(first.object?.value("usage") == nil)
            call.finish()
            let finish = try #require(try await events.next("the finish"))
            #expect(finish.text.contains(#""finish_reason":"stop""#))
            #expect(finish.object?.string("id") == first.object?.string("id"))
            #expect(try await events.next("the end")?.text == "[DONE]")
            #expect(try await events.next("the good end") == nil)
            #expect(try await bot.used().inputTokens == 7)
        }
    }

    @Loop @Test(arguments: ["plain", "no-usage"])
    func `usage is sent where it is wanted, by the provider or estimated`(model: String)
        async throws
    {
        try await withBot { bot in
            let reader = try await bot.stream(
                #"{"model":"fake/\#(model)","stream":true,"stream_options":{"include_usage":true},"#
                    + #""messages":\#(OpenAIAnswerTests.user)}"#
            )
            let events = try await reader.rest()
            let last = try #require(events.dropLast().last?.object)
            #expect(last.elements("choices")?.isEmpty == true)
            let output = try #require(last.object("usage")?.integer("completion_tokens"))
            #expect(output >= 5)
            for event in events.dropLast(2) {
                #expect(event.object?.value("usage").map { Array($0) } == Array("null".utf8))
            }
            #expect(events.last?.text == "[DONE]")
            #expect(try await bot.used().outputTokens == output)
        }
    }

    @Loop @Test(arguments: ["cut-event", "cut-utf8", "no-done", "error-midway", "huge-line"])
    func `a broken-off answer ends with an error and never with DONE`(model: String) async throws {
        try await withBot { bot in
            let reader = try await bot.stream(
                #"{"model":"fake/\#(model)","stream":true,"messages":\#(OpenAIAnswerTests.user)}"#
            )
            #expect(reader.response.status == 200)
            let events = try await reader.rest()
            #expect(!events.contains { $0.text == "[DONE]" })
            #expect(events.last?.object?.object("error")?.string("message")?.isEmpty == false)
            #expect(try await bot.used().reservedTokens == 0)
        }
    }

    @Loop @Test(arguments: ["bad-json", "drip", "comments", "no-done-finish"])
    func `odd streams end one way or the other`(model: String) async throws {
        try await withBot { bot in
            let reader = try await bot.stream(
                #"{"model":"fake/\#(model)","stream":true,"messages":\#(OpenAIAnswerTests.user)}"#
            )
            let events = try await reader.rest()
            let isGood = ["drip", "comments", "no-done-finish"].contains(model)
            #expect((events.last?.text == "[DONE]") == isGood)
            #expect(isGood || events.last?.object?.has("error") == true)
        }
    }

    @Loop @Test func `a provider that refuses in place of a stream is no stream`() async throws {
        try await withBot { bot in
            let answer = try await bot.chat(
                #"{"model":"fake/json-on-stream","stream":true,"messages":\#(OpenAIAnswerTests.user)}"#
            )
            #expect(answer.status == 502)
            #expect(answer.error?.string("message")?.contains("the fake fails") == true)
        }
    }

    @Loop @Test func `fifteen seconds of silence are bridged by a ping`() async throws {
        try await withBot { bot in
            let client = try RawClient(port: bot.server.port)
            let body = #"{"model":"berth","stream":true,"messages":\#(OpenAIAnswerTests.user)}"#
            try await client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                    + "\(bot.key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let call = try await bot.hand.call()
            call.say("one")
            _ = try await client.read(until: "one")
            for _ in 0..<3 {
                bot.clock.advance(by: .seconds(15))
                _ = try await client.read(until: ": ping\n\n")
            }
            call.say("two")
            let text = try await client.read(until: "two")
            #expect(!text.contains("ping"))
            client.close()
            try await call.gone()
        }
    }

    @Loop @Test(arguments: [true, false])
    func `a client that leaves ends the provider's work, and pays for it`(
        isStream: Bool
    ) async throws {
        try await withBot { bot in
            let client = try RawClient(port: bot.server.port)
            let body =
                #"{"model":"berth","stream":\#(isStream),"messages":\#(OpenAIAnswerTests.user)}"#
            try await client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                    + "\(bot.key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let call = try await bot.hand.call()
            if isStream {
                call.say("twelve bytes")
                _ = try await client.read(until: "twelve bytes")
            }
            client.close()
            try await call.gone()
            let settled = await eventually { bot.ann.account.held == .zero }
            #expect(settled)
            let used = try await bot.used()
            #expect(used.requests == 1 && used.reservedTokens == 0 && used.inputTokens > 0)
            #expect(used.outputTokens == (isStream ? 3 : 0))
        }
    }
}
