import BerthHTTP
import BerthLoop
import BerthMemory
import BerthSimulation
import BerthTestKit
import BerthText
import Testing

@testable import BerthProviders

/// The translation of chat-completions requests to Anthropic's format, byte by byte.
@Suite(.loop, .timeLimit(.minutes(20))) struct AnthropicRequestTests {
    @Loop private func body(
        messages: String = #"[{"role":"user","content":"hi"}]"#,
        more: String = "",
        streaming: Bool = false
    ) throws -> String {
        let call = try Asker().call("m", messages: messages, more: more)
        let request = AnthropicRequest(call, streaming: streaming)
        return String(decoding: try request.body(), as: UTF8.self)
    }

    /// Returns a text block in Anthropic's format.
    private static func text(_ text: String) -> String { #"{"type":"text","text":"\#(text)"}"# }

    private static func user(_ blocks: String...) -> String {
        #"{"role":"user","content":[\#(blocks.joined(separator: ","))]}"#
    }

    private static func assistant(_ blocks: String...) -> String {
        #"{"role":"assistant","content":[\#(blocks.joined(separator: ","))]}"#
    }

    private static func image(_ source: String) -> String {
        #"{"type":"image","source":{\#(source)}}"#
    }

    private static func picture(_ url: String) -> String {
        #"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"\#(url)","detail":"low"}}]}]"#
    }

    static let conversations: [(messages: String, turns: String, system: String?)] = [
        (#"[{"role":"user","content":"h\u00e9 \"x\"\n"}]"#, user(text(#"h\u00e9 \"x\"\n"#)), nil),
        (
            #"[{"role":"system","content":"be kind"},{"role":"user","content":"a"},{"role":"developer","content":[{"type":"text","text":"be short"}]},{"role":"system","content":" "}]"#,
            user(text("a")), text("be kind") + "," + text("be short")
        ),
        (
            #"[{"role":"user","content":"a","name":"ann"},{"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":""}]},{"role":"assistant","content":"c"},{"role":"assistant","content":null,"refusal":null},{"role":"user","content":"d"}]"#,
            [user(text("a"), text("b")), assistant(text("c")), user(text("d"))]
                .joined(separator: ","), nil
        ),
        (
            #"[{"role":"user","content":"a"},{"role":"assistant","content":"","tool_calls":[{"id":"call.1:x","type":"function","function":{"name":"f","arguments":"{\"a\": [1, \"\\u00e9\"]}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":" "}}]},{"role":"tool","tool_call_id":"call.1:x","content":"12 °C"},{"role":"tool","tool_call_id":"c2","content":""},{"role":"user","content":"so?"}]"#,
            [
                user(text("a")),
                assistant(
                    #"{"type":"tool_use","id":"call_1_x","name":"f","input":{"a":[1, "\u00e9"]}}"#,
                    #"{"type":"tool_use","id":"c2","name":"g","input":{}}"#
                ),
                user(
                    #"{"type":"tool_result","tool_use_id":"call_1_x","content":[\#(text("12 °C"))]}"#,
                    #"{"type":"tool_result","tool_use_id":"c2"}"#,
                    text("so?")
                ),
            ].joined(separator: ","), nil
        ),
        (
            #"[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},{"role":"user","content":"b"}]"#,
            [user(text("a")), assistant(text("no")), user(text("b"))].joined(separator: ","), nil
        ),
        (
            picture("data:image/png;base64,iVBORw0KGgo="),
            user(image(#""type":"base64","media_type":"image/png","data":"iVBORw0KGgo=""#)), nil
        ),
        (
            picture(#"DATA:image\/JPG;name=x;base64,a\/b="#),
            user(image(#""type":"base64","media_type":"image/jpeg","data":"a\/b=""#)), nil
        ),
        (
            picture(#"https:\/\/h/a.png?x=\"1"#),
            user(image(#""type":"url","url":"https:\/\/h/a.png?x=\"1""#)), nil
        ),
        (picture("HTTP://h"), user(image(#""type":"url","url":"HTTP://h""#)), nil),
    ]

    @Loop @Test(arguments: conversations)
    func `messages become turns of blocks`(
        messages: String,
        turns: String,
        system: String?
    ) throws {
        // Its tools are not what this table is about.
        let tools = messages.contains("tool_calls") ? "," + Self.mapped : ""
        let body = try body(
            messages: messages,
            more: tools.isEmpty ? "" : ",\"tools\":[\(Self.tool)]"
        )
        let end = system.map { #","system":[\#($0)]}"# } ?? "}"
        #expect(
            body
                == #"{"model":"m","max_tokens":100,"stream":false\#(tools),"messages":[\#(turns)]\#(end)"#
        )
        #expect(throws: Never.self) { try JSONObject(Array(body.utf8)) }
    }

    private static let tool =
        #"{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","x":1},"strict":true}}"#
    private static let mapped =
        #""tools":[{"name":"f","description":"d","strict":true,"input_schema":{"type":"object","x":1}}]"#

    static let settings: [(more: String, mapped: String)] = [
        (#""stop":"END""#, #""stop_sequences":["END"]"#),
        (#""stop":["a","b"]"#, #""stop_sequences":["a","b"]"#), (#""stop":null"#, ""),
        (#""user":"ann@example.org""#, #""metadata":{"user_id":"u-hash"}"#),
        (#""safety_identifier":"ann""#, #""metadata":{"user_id":"u-hash"}"#),
        (
            #""temperature":1,"top_p":1,"seed":7,"presence_penalty":1,"frequency_penalty":1,"n":1,"max_tokens":9,"reasoning_effort":"low","logprobs":false,"logit_bias":{},"service_tier":"auto","stream":true,"stream_options":{},"x":1,"response_format":{"type":"text"},"functions":null"#,
            ""
        ),
        (#""tools":[],"tool_choice":"none""#, ""), (#""tools":[\#(tool)]"#, mapped),
        (
            #""tools":[{"function":{"name":"f"}},{"type":"function","function":{"name":"g","description":null,"strict":false,"parameters":{"properties":{}}}}]"#,
            #""tools":[{"name":"f","input_schema":{"type":"object","properties":{}}},{"name":"g","input_schema":{"properties":{},"type":"object"}}]"#
        ),
        (
            #""tools":[\#(tool)],"tool_choice":"required""#,
            #"\#(mapped),"tool_choice":{"type":"any"}"#
        ),
        (
            #""tools":[\#(tool)],"tool_choice":"auto","parallel_tool_calls":true"#,
            #"\#(mapped),"tool_choice":{"type":"auto"}"#
        ),
        (
            #""tools":[\#(tool)],"parallel_tool_calls":false"#,
            #"\#(mapped),"tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#
        ),
        (
            #""tools":[\#(tool)],"tool_choice":"none","parallel_tool_calls":false"#,
            #"\#(mapped),"tool_choice":{"type":"none"}"#
        ),
        (
            #""tools":[\#(tool)],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false"#,
            #"\#(mapped),"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}"#
        ),
        (
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"a":1}}}"#,
            #""output_config":{"format":{"type":"json_schema","schema":{"a":1}}}"#
        ),
    ]

    @Loop @Test(arguments: settings)
    func `a setting has its counterpart, or is left out`(more: String, mapped: String) throws {
        let body = try body(more: "," + more, streaming: true)
        let middle = mapped.isEmpty ? "" : ",\(mapped)"
        #expect(
            body == #"{"model":"m","max_tokens":100,"stream":true\#(middle),"#
                + #""messages":[\#(Self.user(Self.text("hi")))]}"#
        )
    }

    private static let lacks = "Anthropic's API does not support "

    static let refusals: [(more: String, words: String)] = [
        (#""n":2"#, lacks + "'n' above 1: it returns one answer a call"),
        (#""logprobs":true"#, lacks + "'logprobs': it does not return them"),
        (#""top_logprobs":3"#, lacks + "'logprobs': it does not return them"),
        (#""logit_bias":{"1":2}"#, lacks + "'logit_bias': it has no token ids"),
        (#""functions":[]"#, lacks + "'functions': use 'tools' and 'tool_choice'"),
        (#""audio":{}"#, lacks + "'audio': leave it out or use another model"),
        (#""stop":7"#, "'stop' must be a string or a list of strings"),
        (
            #""response_format":{"type":"json_object"}"#,
            lacks + "a 'response_format' of type 'json_object': use json_schema"
        ),
        (
            #""response_format":{"type":"json_schema"}"#,
            "'response_format.json_schema.schema' is missing"
        ),
        (#""tools":[{"type":"custom"}]"#, lacks + "'tools[0]', which is not a function"),
        (#""tools":[7]"#, "'tools[0].function' must be an object with a 'name'"),
        (
            #""tools":[\#(tool)],"tool_choice":"some""#,
            "'tool_choice' must be auto, required, none or a function"
        ),
        (
            #""tools":[\#(tool)],"tool_choice":{"type":"allowed_tools"}"#,
            lacks + "a 'tool_choice' that is not a function"
        ),
    ]

    static let wrongMessages: [(messages: String, words: String)] = [
        (
            #"{"role":"function","name":"f","content":"x"}"#,
            lacks + "'messages[0].role' 'function'"
        ),
        (
            #"{"role":"user","content":7}"#,
            "'messages[0].content' must be a string or a list of parts"
        ),
        (
            #"{"role":"user","content":[{"type":"input_audio"}]}"#,
            lacks + "'messages[0].content[0]' of type 'input_audio'"
        ),
        (
            #"{"role":"user","content":[{"type":"text"}]}"#,
            "'messages[0].content[0].text' must be a string"
        ),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{}}]}"#,
            "'messages[0].content[0].image_url.url' must be a string"
        ),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}"#,
            "'messages[0].content[0].image_url.url' must be an http address or data:…;base64"
        ),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,x"}}]}"#,
            "'messages[0].content[0].image_url.url' must be an http address or data:…;base64"
        ),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/bmp;base64,x"}}]}"#,
            lacks
                + "'messages[0].content[0]', an image that is none of image/jpeg, image/png, image/gif, image/webp"
        ),
        (
            #"{"role":"system","content":[{"type":"image_url","image_url":{"url":"http://h"}}]}"#,
            lacks + "an image in the system message 'messages[0]'"
        ),
        (
            #"{"role":"assistant","content":"a","function_call":{}}"#,
            lacks + "'messages[0].function_call': use 'tool_calls'"
        ),
        (
            #"{"role":"user","content":"\n "},{"role":"assistant","content":[]}"#,
            "'messages' has no content that can be sent"
        ),
    ]

    @Loop @Test(arguments: refusals)
    func `a setting without a counterpart is refused in words`(more: String, words: String) throws {
        #expect(throws: AnthropicRequest.Refusal(message: words)) { try body(more: "," + more) }
    }

    @Loop @Test(arguments: wrongMessages)
    func `a message without a counterpart is refused in words`(messages: String, words: String)
        throws
    {
        #expect(throws: AnthropicRequest.Refusal(message: words)) {
            try body(messages: "[\(messages)]")
        }
    }

    @Loop @Test func `a refusal is 400 and asks nobody`() async throws {
        let asker = Asker()
        try await withAnthropic { url, fake in
            let call = try asker.call(more: #","n":2"#)
            let told = await asker.stream(try asker.anthropic(url), call)
            let error = ProviderError.untranslatable(
                provider: "fake",
                reason: AnthropicRequestTests.lacks + "'n' above 1: it returns one answer a call"
            )
            #expect(told == Told(error: error))
            let (received, held) = (fake.counts.received, call.account.held)
            #expect(received == 0)
            #expect(held == .zero)
        }
    }

    @Loop @Test(arguments: conversations.indices)
    func `the fake, which checks as Anthropic does, takes each conversation`(index: Int)
        async throws
    {
        let asker = Asker()
        let messages = AnthropicRequestTests.conversations[index].messages
        try await withAnthropic { url, _ in
            let call = try asker.call(messages: messages, more: #","tools":[\#(Self.tool)]"#)
            let told = await asker.complete(try asker.anthropic(url), call)
            #expect(told.error == nil, "\(told)")
        }
    }
}
