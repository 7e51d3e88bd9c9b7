import BerthLoop
import BerthTestKit
import BerthText
import Testing

@testable import BerthProviders

/// Histories and settings that other vendors accept and Anthropic rejects, as Berth mends them.
@Suite(.loop, .timeLimit(.minutes(20))) struct AnthropicHistoryTests {
    /// Sends `messages` to the fake, which checks as Anthropic does.
    ///
    /// - Returns: "taken", or the error.
    @Loop private func sent(_ messages: String, more: String = "") async throws -> String {
        let asker = Asker()
        var result = ""
        try await withAnthropic { url, _ in
            let call = try asker.call(messages: messages, more: more)
            let told = await asker.complete(try asker.anthropic(url), call)
            result = told.error.map { "\($0)" } ?? "taken"
        }
        return result
    }

    @Loop private func body(_ messages: String, more: String = "") throws -> JSONObject {
        let call = try Asker().call("m", messages: messages, more: more)
        return try JSONObject(AnthropicRequest(call, streaming: false).body())
    }

    /// The turns of a request as text.
    @Loop private func turns(_ messages: String) throws -> String {
        try body(messages).value("messages").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static let user = #"{"role":"user","content":"hi"}"#

    private static func call(_ id: String, _ arguments: String = #""{}""#) -> String {
        #"{"id":"\#(id)","type":"function","function":{"name":"f","arguments":\#(arguments)}}"#
    }

    private static func calls(_ calls: String...) -> String {
        #"{"role":"assistant","content":null,"tool_calls":[\#(calls.joined(separator: ","))]}"#
    }

    private static func result(_ id: String, _ text: String = "r") -> String {
        #"{"role":"tool","tool_call_id":"\#(id)","content":"\#(text)"}"#
    }

    private static let long = String(repeating: "x", count: 2048)

    /// Histories with a broken tool call, and the ids of the results, with `!` for a missing one.
    static let broken: [(name: String, messages: [String], results: [String])] = [
        ("no result", [user, calls(call("a")), user], ["a!"]),
        ("no result at the end", [user, calls(call("a"))], ["a!"]),
        ("no result of one", [user, calls(call("a"), call("b")), result("b")], ["a!", "b"]),
        ("no call", [user, result("a")], []),
        ("no call's id", [user, calls(call("a")), #"{"role":"tool","content":"r"}"#], ["a!"]),
        ("another id", [user, calls(call("a")), result("b")], ["a!"]),
        ("twice a result", [user, calls(call("a")), result("a"), result("a")], ["a"]),
        (
            "another order", [user, calls(call("a"), call("b")), result("b"), result("a")],
            ["a", "b"]
        ),
        ("the user between", [user, calls(call("a")), user, result("a")], ["a"]),
        (
            "the system between",
            [user, calls(call("a")), #"{"role":"system","content":"s"}"#, result("a")], ["a"]
        ),
        (
            "after the next answer",
            [user, calls(call("a")), user, #"{"role":"assistant","content":"x"}"#, result("a")],
            ["a!"]
        ),
        (
            "calls in two messages",
            [user, calls(call("a")), calls(call("b")), result("a"), result("b")], ["a", "b"]
        ),
        (
            "one id in a message", [user, calls(call("a"), call("a")), result("a"), result("a")],
            ["a", "a_1"]
        ),
        (
            "one id in two turns",
            [user, calls(call("a")), result("a"), user, calls(call("a")), result("a")],
            ["a", "a_1"]
        ),
        (
            "ids alike in plain characters",
            [user, calls(call("a.b"), call("a_b")), result("a.b"), result("a_b")],
            ["a_b", "a_b_1"]
        ),
        (
            "an id that a mended one has",
            [user, calls(call("a"), call("a"), call("a_1")), result("a_1")],
            ["a!", "a_1!", "a_1_2"]
        ),
        (
            "no ids",
            [user, calls(#"{"function":{"name":"f"}}"#), #"{"role":"tool","content":"r"}"#],
            ["call"]
        ),
        ("no name", [user, calls(#"{"id":"a","function":{}}"#), result("a")], ["a"]),
        ("no function", [user, calls(#"{"id":"a"}"#, "7"), result("a")], ["a"]),
        ("nothing before", [calls(call("a")), result("a")], ["a"]),
        ("a long id", [user, calls(call(long)), result(long)], ["call"]),
    ]

    @Loop @Test(arguments: broken.indices)
    func `a broken tool call does not end a conversation`(index: Int) async throws {
        let (name, messages, results) = Self.broken[index]
        let list = "[\(messages.joined(separator: ","))]"
        let body = try body(list)
        var written: [String] = []
        for turn in try #require(body.elements("messages")) {
            let turn = try #require(body.object(at: turn))
            for block in turn.elements("content") ?? [] {
                let block = try #require(turn.object(at: block))
                guard let id = block.string("tool_use_id") else { continue }
                written.append(id + (block.boolean("is_error") == true ? "!" : ""))
            }
        }
        #expect(written == results, "\(name)")
        #expect(try await sent(list) == "taken", "\(name)")
    }

    @Loop @Test func `a result without a call stays as words`() throws {
        let turns = try turns("[\(Self.user),\(Self.result("a", "12 °C"))]")
        #expect(
            turns == #"[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"text","#
                + #""text":"The result of a tool call that was not recorded:"},"#
                + #"{"type":"text","text":"12 °C"}]}]"#
        )
    }

    /// Arguments as the client wrote them, and the input that Anthropic gets.
    static let arguments: [(written: String, input: String)] = [
        (#""{\"a\":1}""#, #"{"a":1}"#), (#""""#, "{}"), (#"" \n""#, "{}"), ("null", "{}"),
        (#""null""#, "{}"), (#"{"a":1}"#, #"{"a":1}"#),
        (#""{\"a\":1,\"a\":2}""#, #"{"a":2}"#), (#""{\"a\":NaN}""#, #"{"a":null}"#),
        (#""[1]""#, #"{"arguments":[1]}"#), ("[1]", #"{"arguments":[1]}"#),
        (#""7""#, #"{"arguments":7}"#), ("7", #"{"arguments":7}"#),
        (#""\"{\\\"a\\\":1}\"""#, #"{"a":1}"#),
        (#""{\"city\":\"Ky""#, #"{"arguments":"{\"city\":\"Ky"}"#),
        (#""{}{\"a\":1}""#, #"{"arguments":"{}{\"a\":1}"}"#),
        (#""Kyiv""#, #"{"arguments":"Kyiv"}"#),
    ]

    @Loop @Test(arguments: arguments.indices)
    func `arguments that are no JSON object become a part of one`(index: Int) async throws {
        let (written, input) = Self.arguments[index]
        let list = "[\(Self.user),\(Self.calls(Self.call("a", written))),\(Self.result("a"))]"
        let turns = try turns(list)
        #expect(turns.contains(#""name":"f","input":\#(input)}"#), "\(turns)")
        #expect(try await sent(list) == "taken")
    }

    @Loop @Test func `a request has at most so many tool calls`() throws {
        let many = Array(repeating: Self.call("a"), count: AnthropicTurns.mostCalls)
        let all =
            "[\(Self.user),"
            + #"{"role":"assistant","tool_calls":[\#(many.joined(separator: ","))]}"#
        #expect(throws: Never.self) { try body(all + "]") }
        let refusal = AnthropicRequest.Refusal(message: "'messages' has more than 2048 tool calls")
        #expect(throws: refusal) { try body(all + "," + Self.calls(Self.call("b")) + "]") }
    }

    @Loop @Test func `tools that only the history has are defined and not called`() throws {
        let calls = Self.calls(Self.call("a"), Self.call("b"))
        let body = try body("[\(Self.user),\(calls),\(Self.result("a"))]")
        let tools = body.value("tools").map { String(decoding: $0, as: UTF8.self) }
        #expect(tools == #"[{"name":"f","input_schema":{"type":"object"}}]"#)
        #expect(body.object("tool_choice")?.string("type") == "none")
    }

    /// Stop sequences, and those that Anthropic gets.
    static let stops: [(stop: String, sent: String?)] = [
        (#"["\n"]"#, nil), (#""\n\n""#, nil), (#"["END","\n"]"#, #"["END"]"#),
        (#"["",  "\n"]"#, nil), (#"[" \t"]"#, nil), ("[]", nil), (#""""#, nil),
        (#"["\u00a0","\u2028","\u0020"]"#, nil), ("[\"\u{3000}\u{00A0}\"]", nil),
        (#"["\n\nHuman:"]"#, #"["\n\nHuman:"]"#), (#""é""#, #"["é"]"#),
        (#"["\u200b"]"#, #"["\u200b"]"#), (#"["\\n"]"#, #"["\\n"]"#), (#""🛑""#, #"["🛑"]"#),
    ]

    @Loop @Test(arguments: stops.indices)
    func `a stop sequence without a visible character is left out`(index: Int) async throws {
        let (stop, expected) = Self.stops[index]
        let more = #","stop":\#(stop)"#
        let value = try body("[\(Self.user)]", more: more).value("stop_sequences")
        #expect(value.map { String(decoding: $0, as: UTF8.self) } == expected)
        #expect(try await sent("[\(Self.user)]", more: more) == "taken")
    }

    @Loop @Test func `an answer that a stop sequence cannot end is not the one asked for`()
        throws
    {
        let provider = try Asker().anthropic("http://127.0.0.1:9")
        for (stop, _) in Self.stops {
            let request = try Asker().call(more: #","stop":\#(stop)"#).request
            let expected =
                try body("[\(Self.user)]", more: #","stop":\#(stop)"#)
                .elements("stop_sequences")?.count ?? 0
            let written = AnthropicRequest.stops(of: request)?.count ?? 0
            #expect(provider.followsStops(of: request) == (written == expected), "\(stop)")
        }
    }

    /// Contents of the last message, and the blocks that Anthropic gets.
    static let ends: [(content: String, blocks: String)] = [
        (#""so: ""#, #"{"type":"text","text":"so:"}"#),
        (#""so\n\t\r""#, #"{"type":"text","text":"so"}"#),
        (#""so\u0020\u00a0""#, #"{"type":"text","text":"so"}"#),
        ("\"só\u{3000}\"", #"{"type":"text","text":"só"}"#),
        (#"" so\\n""#, #"{"type":"text","text":" so\\n"}"#),
        (
            #"[{"type":"text","text":"a "},{"type":"text","text":"b "},{"type":"text","text":" "}]"#,
            #"{"type":"text","text":"a "},{"type":"text","text":"b"}"#
        ),
        (
            #"[{"type":"text","text":"a ","cache_control":{"type":"ephemeral"}}]"#,
            #"{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}"#
        ),
    ]

    @Loop @Test(arguments: ends.indices)
    func `the last answer loses the white space at its end`(index: Int) async throws {
        let (content, blocks) = Self.ends[index]
        let answer = #"{"role":"assistant","content":\#(content)}"#
        let end = #"{"role":"assistant","content":[\#(blocks)]}]"#
        #expect(try turns("[\(Self.user),\(answer)]").hasSuffix(end))
        #expect(try await sent("[\(Self.user),\(answer)]") == "taken")
    }

    @Loop @Test func `an answer in the middle keeps the white space at its end`() throws {
        let turns = try turns(#"[\#(Self.user),{"role":"assistant","content":"x "},\#(Self.user)]"#)
        #expect(turns.contains(#""text":"x ""#))
    }

    static let empties: [(messages: String, turns: Int)] = [
        (#"[\#(user),{"role":"assistant","content":""},\#(user)]"#, 1),
        (#"[\#(user),{"role":"assistant","content":null},\#(user)]"#, 1),
        (#"[\#(user),{"role":"assistant","content":[]},\#(user)]"#, 1),
        (#"[\#(user),{"role":"assistant"},\#(user)]"#, 1),
        (#"[\#(user),{"role":"assistant","content":"\u00a0"},\#(user)]"#, 1),
        (#"[{"role":"user","content":[{"type":"text","text":"\n"}]},\#(user)]"#, 1),
        (
            #"[{"role":"system","content":" "},\#(user),{"role":"assistant","content":"a"},{"role":"assistant","content":"b"}]"#,
            2
        ),
        (#"[{"role":"assistant","content":"Welcome!"},\#(user)]"#, 3),
        (#"[{"role":"system","content":"Write a poem."}]"#, 1),
        (
            #"[\#(user),{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"output_text","text":"a"}]},\#(user)]"#,
            3
        ),
    ]

    @Loop @Test(arguments: empties.indices)
    func `empty contents are left out, and turns of one role are one`(index: Int) async throws {
        let (messages, count) = Self.empties[index]
        #expect(try body(messages).elements("messages")?.count == count)
        #expect(try await sent(messages) == "taken")
    }

    // MARK: Cache breakpoints

    private static let control = #""cache_control":{"type":"ephemeral"}"#

    static let breakpoints: [(messages: String, more: String, written: String)] = [
        (
            #"[{"role":"system","content":[{"type":"text","text":"s",\#(control)}]},\#(user)]"#, "",
            #""system":[{"type":"text","text":"s",\#(control)}]"#
        ),
        (
            #"[{"role":"system","content":"s",\#(control)},\#(user)]"#, "",
            #""system":[{"type":"text","text":"s",\#(control)}]"#
        ),
        (
            #"[{"role":"user","content":[{"type":"text","text":"d","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"q"}]}]"#,
            "",
            #"[{"type":"text","text":"d","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"q"}]"#
        ),
        (
            #"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://h/a.png"},\#(control)}]}]"#,
            "", #"{"type":"url","url":"http://h/a.png"},\#(control)}]"#
        ),
        (
            #"[\#(user),\#(calls(call("a"))),{"role":"tool","tool_call_id":"a","content":"r",\#(control)}]"#,
            "", #"[{"type":"text","text":"r"}],\#(control)}]"#
        ),
        (
            #"[\#(user),{"role":"assistant","tool_calls":[\#(call("a"))],\#(control)}]"#, "",
            #""input":{},\#(control)}]"#
        ),
        (
            "[\(user)]", #","tools":[{"type":"function","function":{"name":"f"},\#(control)}]"#,
            #""input_schema":{"type":"object","properties":{}},\#(control)}]"#
        ),
    ]

    @Loop @Test(arguments: breakpoints.indices)
    func `a cache breakpoint is passed on at its block`(index: Int) async throws {
        let (messages, more, written) = Self.breakpoints[index]
        let text = String(decoding: try body(messages, more: more).bytes, as: UTF8.self)
        #expect(text.contains(written), "\(text)")
        #expect(try await sent(messages, more: more) == "taken")
    }

    @Loop @Test func `of many cache breakpoints the last ones of the turns are passed on`()
        async throws
    {
        let part = { (text: String) in #"{"type":"text","text":"\#(text)",\#(Self.control)}"# }
        let parts = ["a", "b", "c", "d", "e"].map(part).joined(separator: ",")
        let messages =
            #"[{"role":"system","content":[\#(part("s"))]},{"role":"user","content":[\#(parts)]}]"#
        let tools = #","tools":[{"type":"function","function":{"name":"f"},\#(Self.control)}]"#
        let body = String(decoding: try body(messages, more: tools).bytes, as: UTF8.self)
        #expect(body.split(separator: Self.control, omittingEmptySubsequences: false).count == 5)
        for text in ["s", "d", "e"] { #expect(body.contains(part(text))) }
        #expect(!body.contains(part("c")))
        #expect(try await sent(messages, more: tools) == "taken")
    }

    @Loop @Test func `of a cache breakpoint only the known members are passed on`() throws {
        let odd =
            #"[{"role":"user","content":[{"type":"text","text":"x","cache_control":"yes"},"#
            + #"{"type":"text","text":"y","cache_control":{"type":"ephemeral","ttl":"9d","x":1}}]}]"#
        #expect(
            try turns(odd) == #"[{"role":"user","content":[{"type":"text","text":"x"},"#
                + #"{"type":"text","text":"y",\#(Self.control)}]}]"#
        )
    }
}
